"""排班：what the periodic worker and the administrators start."""

from hospital_app.container import container
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.flows.unit import perform
from hospital_app.services import releases, schedules

DAYS_AHEAD = 14


def generate(actor: Actor, *, days: int = DAYS_AHEAD) -> schedules.Generated:
    """Schedules and numbers for today and the following days; what exists is left alone."""
    return perform(actor, schedules.generate, start=clinic_day(container().clock()), days=days)


def generate_ahead() -> schedules.Generated:
    """The periodic worker's run."""
    return generate(SYSTEM)


def follow_rules() -> int:
    """The periodic worker's: clinics that are not released yet open when the rules in force say."""
    return perform(SYSTEM, releases.follow_rules)
