"""Alembic: the schema comes from migrations only, the URL from HOSPITAL_DATABASE_URL (or -x url=...)."""

from alembic import context
from sqlmodel import SQLModel

import hospital_app.models  # noqa: F401  (fills the metadata)
from hospital_app.db import make_engine
from hospital_app.settings import get_settings


def run() -> None:
    url = context.config.attributes.get("url") or context.get_x_argument(as_dictionary=True).get("url")
    engine = make_engine(url or get_settings().database_url)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=SQLModel.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
