"""窗口代办: whoever acts for a patient says why, in the same transaction as the act itself."""

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.on_behalf import Reason, reason_needed
from hospital_app.work import Work


def note(work: Work, *, right: Right, act: str, subject: str, reason: Reason | None) -> None:
    """Patients, kiosks and the house itself need none. `act`: the action that follows, as on the trail.

    Raises Refusal `reason_needed`.
    """
    if not authority.acts_for_others(work.actor, right):
        return
    if reason is None:
        raise reason_needed()
    work.record("counter.on-behalf", subject, act=act, **reason.told())
