"""Commands typed beside a house by hand. With other secrets than the house has they would judge and write wrongly."""

import os

from dotenv import dotenv_values

from hospital_app import audit
from hospital_app.launch.bootstrap import ROOT, RUN
from hospital_app.launch.quarters import Quarters, furnish
from hospital_app.settings import Settings, get_settings, start_safely

TOLD_BY = "HOSPITAL_SIGNING_KEY"


def start_beside_the_house(quarters: Quarters | None = None) -> Settings:
    """The caller's settings; those of the demonstration in `quarters` (.run) if the caller brings no secrets."""
    here = quarters or Quarters(RUN)
    told = TOLD_BY in os.environ or TOLD_BY in dotenv_values(ROOT / ".env")
    if not told and here.secrets.exists():
        os.environ.update(furnish(here, host="127.0.0.1", port=8000).environment)
        get_settings.cache_clear()
    return start_safely()


def audit_books(arguments: list[str]) -> int:
    """`python -m hospital_app audit`: 0 if everything holds, 1 with the list if not."""
    start_beside_the_house()
    return audit.main(arguments)
