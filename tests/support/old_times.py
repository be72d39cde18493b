"""Years of appointments that are over, written by the database itself: what the tables of an old house are like."""

from sqlalchemy import Connection, text

from tests.support.builders import AREA, DEPARTMENT

PER_CLINIC = 400
#: Days into the past over which they are spread.
DAYS = 3000


def fill(connection: Connection, *, appointments: int, persons: list[tuple[int, int]]) -> None:
    """So many old appointments of these (account, patient), each with its slot, in clinics of the past.

    MariaDB only (its sequences). Foreign keys are not looked at meanwhile, and are right.
    """
    values = {
        "per": PER_CLINIC,
        "days": DAYS,
        "clinics": appointments // PER_CLINIC + 1,
        "count": appointments,
        "accounts": min(account for account, _ in persons),
        "patients": min(patient for _, patient in persons),
        "persons": len(persons),
        "area": AREA,
        "department": DEPARTMENT,
    }
    for table in ("schedule", "slot"):
        values[table] = connection.scalar(text(f"SELECT COALESCE(MAX(id), 0) FROM {table}"))
    day = "DATE_SUB('2026-11-20', INTERVAL (seq - 1) DIV :per MOD :days DAY)"
    connection.execute(text("SET foreign_key_checks = 0, unique_checks = 0"))
    connection.execute(
        text(f"""INSERT INTO schedule (id, provider, department_code, area_code, `on`, session, service_type, room,
            fee_fen, capacity, starts_at, ends_at, released_at, suspended)
            SELECT :schedule + seq, CONCAT('old:', seq), :department, :area,
            DATE_SUB('2026-11-20', INTERVAL (seq - 1) MOD :days DAY), 'morning', 'chief', '1', 5000, :per,
            '2016-01-01', '2016-01-01 04:00', '2015-12-25', 0 FROM {_numbers("clinics", values)}"""),
        values,
    )
    connection.execute(
        text(f"""INSERT INTO slot (id, schedule_id, seq, starts_at, ends_at, status, overbooked, channel, version)
            SELECT :slot + seq, :schedule + 1 + (seq - 1) DIV :per, (seq - 1) MOD :per + 1, {day}, {day}, 'busy', 0,
            'online', 3 FROM {_numbers("count", values)}"""),
        values,
    )
    connection.execute(
        text(f"""INSERT INTO appointment (no, account_id, patient_id, schedule_id, slot_id, provider_day,
            department_code, `on`, seq, starts_at, ends_at, status, cancel_reason, fee_fen, changes, terminal, channel,
            code, version, created_at)
            SELECT CONCAT('OL', seq), :accounts + seq MOD :persons, :patients + seq MOD :persons,
            :schedule + 1 + (seq - 1) DIV :per, :slot + seq, CONCAT('old:', seq), :department, {day},
            (seq - 1) MOD :per + 1, {day}, {day}, IF(seq MOD 7 = 0, 'cancelled', 'fulfilled'),
            IF(seq MOD 7 = 0, 'patient', ''), 5000, 0, 'web', 'online', LPAD(seq, 8, '0'), 4, {day}
            FROM {_numbers("count", values)}"""),
        values,
    )
    connection.execute(text("SET foreign_key_checks = 1, unique_checks = 1"))


def fill_ledgers(connection: Connection, *, rows: int) -> None:
    """Effects long carried out, counters and keys of other days."""
    for statement in (
        """INSERT INTO outbox (kind, lane, payload, attempts, created_at, run_at, done_at, last_error)
            SELECT 'his.sync', CONCAT('his:', 1000000 + seq), '{}', 1, '2026-10-01', '2026-10-01', '2026-10-01', ''""",
        """INSERT INTO booking_count (subject, `on`, bookings, lapses)
            SELECT CONCAT('a', seq MOD 500), DATE_SUB('2026-11-20', INTERVAL seq DIV 500 DAY), 1, 0""",
        """INSERT INTO idempotency_key (account_id, `key`, body_hash, appointment_no, created_at)
            SELECT seq MOD 500, CONCAT('old-', seq), '', CONCAT('OL', seq), '2026-11-01'""",
        """INSERT INTO waitlist_entry (account_id, patient_id, provider, department_code, `on`, precedence, status,
            created_at, closes_at, ended_at)
            SELECT account.id, patient.id, CONCAT('doctor:', seq MOD 60), '03', DATE_SUB('2026-11-20', INTERVAL seq DIV
            500 DAY), 1, 'cleared', '2026-10-01', '2026-10-02', '2026-10-02'
            FROM (SELECT MIN(id) AS id FROM account) AS account, (SELECT MIN(id) AS id FROM patient) AS patient,""",
    ):
        source = "" if statement.endswith(",") else "FROM"
        connection.execute(text(f"{statement} {source} seq_1_to_{rows}"))


def _numbers(name: str, values: dict[str, object]) -> str:
    return f"seq_1_to_{values[name]}"
