"""The database before anything else: newest schema, and a seeded hospital if there is none."""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import select
from sqlalchemy.orm import Session

from hospital_app.db import make_engine
from hospital_app.launch.bootstrap import ROOT
from hospital_app.models.hospital import Department
from hospital_app.seed import seed
from hospital_app.settings import get_settings, start_safely


def migrate(_: list[str]) -> int:
    """Bring the database of the settings to the newest schema."""
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "hospital_app" / "migrations"))
    command.upgrade(config, "head")
    return 0


def empty() -> bool:
    """Whether the database holds no hospital yet."""
    engine = make_engine(get_settings().database_url)
    try:
        with Session(engine) as session:
            return session.execute(select(Department).limit(1)).first() is None
    finally:
        engine.dispose()


def seed_hospital(_: list[str]) -> int:
    """Fill an empty database with the demonstration hospital; a filled one is left alone."""
    start_safely()
    if not empty():
        print("数据库已有数据，未作改动。 The database is not empty; nothing was changed.", file=sys.stderr)
        return 1
    seed()
    return 0


def prepare(arguments: list[str]) -> int:
    """`migrate`, then `seed` if the database is empty; the first argument names the file that marks the seeding."""
    migrate([])
    if empty():
        mark = Path(arguments[0])
        mark.touch()
        seed()
        mark.unlink()
    return 0
