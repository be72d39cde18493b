"""Commands typed beside a house by hand. With other secrets than the house has they would judge and write wrongly."""

import argparse
import os

from dotenv import dotenv_values

from hospital_app import audit
from hospital_app.domain.errors import Refusal
from hospital_app.flows import his_comparison
from hospital_app.launch.bootstrap import ROOT, RUN
from hospital_app.launch.quarters import Quarters, furnish
from hospital_app.ports import OutsideError
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


def compare_his(arguments: list[str]) -> int:
    """`python -m hospital_app compare-his`: 0 if both sides are equal now, 1 if not or the HIS could not be asked."""
    parser = argparse.ArgumentParser(prog="python -m hospital_app compare-his")
    parser.add_argument("--days", type=int, help="visits since so many days ago; left out: as the rules say")
    asked = parser.parse_args(arguments)
    start_beside_the_house()
    try:
        found = his_comparison.run(days=asked.days)
    except Refusal as refusal:
        print(f"compare-his: {refusal.message}")
        return 1
    except OutsideError as error:
        print(f"compare-his: {error}. It goes on from here when it is called again.")
        return 1
    print("compare-his: " + ", ".join(f"{number} {name}" for name, number in found.counts.items()))
    print(f"compare-his: {found.waiting} still on their way, {found.differences} differed, {found.repaired} repaired")
    for name, elements, equal in found.examples:
        print(f"compare-his: {name}: {elements}{'' if equal else ' (still different)'}")
    print(f"compare-his: {found.only_there} are only there")
    for name, told in found.strangers:
        print(f"compare-his: {name}: {told} (only there)")
    return 1 if found.open else 0
