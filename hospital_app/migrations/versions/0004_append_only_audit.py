"""the audit trail is append-only, and found by who acted

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = {"audit_entry": "at", "audit_seal": "sealed_at"}  # table -> the column that tells a row's age
KEPT_DAYS = 180
SAYS = "the audit trail is append-only"
#: No TRIGGER privilege; binary log on, and neither SUPER nor log_bin_trust_function_creators.
DENIED = {1142, 1227, 1419}


def upgrade() -> None:
    op.create_index("ix_audit_actor", "audit_entry", ["actor", "id"], unique=False)
    make = _on_sqlite if op.get_bind().dialect.name == "sqlite" else _on_mysql
    try:
        for table, age in TABLES.items():
            for statement in make(table, age):
                op.execute(statement)
    except sa.exc.DBAPIError as fault:
        if not fault.orig or fault.orig.args[0] not in DENIED:
            raise
        op.drop_index("ix_audit_actor", table_name="audit_entry")
        raise SystemExit(
            "The database refuses the triggers that keep the audit trail append-only: give the migrating user the"
            " TRIGGER privilege, and, when the binary log is on, set log_bin_trust_function_creators=1 while migrating"
            f" (see docs/operation.md); then migrate again. The server said: {fault.orig.args[1]}"
        ) from None


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER IF EXISTS {table}_no_update")
        op.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")
    op.drop_index("ix_audit_actor", table_name="audit_entry")


def _on_mysql(table: str, age: str) -> list[str]:
    refuse = f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{SAYS}'"
    young = f"OLD.{age} >= UTC_TIMESTAMP() - INTERVAL {KEPT_DAYS} DAY"
    return [
        f"DROP TRIGGER IF EXISTS {table}_no_update",
        f"DROP TRIGGER IF EXISTS {table}_no_delete",
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW IF {young} THEN {refuse}; END IF",
    ]


def _on_sqlite(table: str, age: str) -> list[str]:
    young = f"OLD.{age} >= datetime('now', '-{KEPT_DAYS} days')"
    refuse = f"BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN {young} {refuse}",
    ]
