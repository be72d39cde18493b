"""排班：what the periodic worker and the administrators start."""

from datetime import date

from hospital_app.container import container
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import releases, schedules, templates
from hospital_app.services.capacity import Effect
from hospital_app.services.schedules import TemplateEntry
from hospital_app.services.templates import ProviderChoice, TemplateView

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


def providers(actor: Actor, *, department_code: str) -> list[ProviderChoice]:
    return look(actor, templates.providers, department_code=department_code)


def template_week(actor: Actor, *, department_code: str, doctor_id: int | None, room: str) -> list[TemplateView]:
    return look(actor, templates.week, department_code=department_code, doctor_id=doctor_id, room=room)


def template_list(actor: Actor, *, department_code: str | None) -> list[TemplateView]:
    return look(actor, templates.listing, department_code=department_code)


def next_open_day(actor: Actor) -> date:
    return look(actor, templates.next_open_day)


def add_template(actor: Actor, *, entry: TemplateEntry, since: date) -> int:
    """Days that were generated already get the new clinic at once."""
    template_id = perform(actor, templates.add, entry=entry, since=since)
    generate_ahead()
    return template_id


def preview_change(actor: Actor, *, template_id: int, entry: TemplateEntry, since: date) -> Effect:
    return look(actor, templates.preview, template_id=template_id, entry=entry, since=since)


def change_template(actor: Actor, *, template_id: int, entry: TemplateEntry, since: date, generated: bool) -> Effect:
    return perform(actor, templates.change, template_id=template_id, entry=entry, since=since, generated=generated)


def preview_end(actor: Actor, *, template_id: int, since: date) -> Effect:
    return look(actor, templates.preview_end, template_id=template_id, since=since)


def end_template(actor: Actor, *, template_id: int, since: date, generated: bool) -> Effect:
    return perform(actor, templates.end, template_id=template_id, since=since, generated=generated)
