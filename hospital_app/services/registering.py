"""挂号登记 at the bureau (2201), which a quote makes: noted before it is asked for, so that none is left behind.

Whoever dies between the bureau's answer and our own row leaves nothing but this note. It is worked off once no quote
can still be under way: the registration that nobody kept is taken back (2202).
"""

from datetime import timedelta

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.settlement import BureauQuote, InsuredVisit
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.operation import OutboxRow
from hospital_app.services import quoting
from hospital_app.services.payment_views import PaymentView
from hospital_app.work import Work

KIND = "registration.forget"


def begin(work: Work, *, no: str, use_account: bool, patience: timedelta) -> InsuredVisit:
    """What the bureau is asked about. `patience`: longer than a quote can last. Raises Refusal as `quoting.visit`."""
    asked = quoting.visit(work, no=no, use_account=use_account)
    run_at = work.now + patience
    work.later(KIND, lane=_lane(asked.no), run_at=run_at, appointment_no=no, number=asked.no)
    return asked


def keep(
    work: Work,
    *,
    no: str,
    channel: str | None,
    method: str,
    asked: InsuredVisit,
    quote: BureauQuote,
    reason: Reason | None = None,
) -> PaymentView:
    """It has a row of ours from now on. Raises Refusal as `quoting.keep`, and if the note is being worked off."""
    seen = quoting.keep(work, no=no, channel=channel, method=method, asked=asked, quote=quote, reason=reason)
    if not _tick_off(work, asked.no, late=False):
        raise Refusal("insurance_down", "医保局暂时没有回应，号仍为您保留，请稍后再试或选择自费支付。", 503)
    return seen


def dropped(work: Work, *, number: str) -> None:
    """It is taken back already."""
    _tick_off(work, number, late=True)


def unkept(work: Work, *, appointment_no: str, number: str) -> InsuredVisit | None:
    """For the job: a registration that may stand at the bureau alone; None: it is ours, or its person is unknown by
    now.
    """
    ours = select(col(InsuranceSettlement.id)).where(col(InsuranceSettlement.no) == number)
    if work.session.scalar(ours) is not None:
        return None
    try:
        return quoting.named(work, no=appointment_no, number=number)
    except Refusal:
        return None


def _lane(number: str) -> str:
    return f"registration:{number}"


def _tick_off(work: Work, number: str, *, late: bool) -> bool:
    """`late`: also when it has been handed to a worker."""
    waiting = [col(OutboxRow.lane) == _lane(number), col(OutboxRow.done_at).is_(None)]
    if not late:
        waiting += [col(OutboxRow.attempts) == 0, col(OutboxRow.run_at) > work.now]
    return work.change(update(OutboxRow).where(*waiting).values(done_at=work.now)) == 1
