"""Money between the house and the insurance bureau: each call is made between transactions, and may be made twice."""

import logging
from dataclasses import replace
from datetime import timedelta

from hospital_app.container import container
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.settlement import BureauOrder, BureauQuote, InsuredVisit, agreed
from hospital_app.flows import insurance_authorising
from hospital_app.flows.outside import place_at
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.ports import InsuranceBureau, RefundNotice, RefundOrder, Rejected, Unreachable
from hospital_app.services import insurance_orders, payment_views, quoting, registering, settling
from hospital_app.services.payment_views import PaymentView
from hospital_app.services.settling import Errand

log = logging.getLogger(__name__)

#: Errands of one job: a correction, a new order, the settlement, another correction; the rest waits for its next turn.
ERRANDS = 5
#: So many times the time-out of one call no quote lasts: sign-in, 1101, 2201, 2203, 2205, 2204, 2206.
LONGEST_QUOTE = 8


def start(
    actor: Actor, *, no: str, use_account: bool, channel: str | None, method: str = "", reason: Reason | None = None
) -> PaymentView:
    """The open payment of a held appointment with the split that the bureau computed, made if there is none.

    Asked again without a `channel`, a payer who was shown that no cash is left agrees, and it is settled.
    Raises Refusal authorisation_needed, insurance_unavailable, insurance_down, insurance_refused, insurance_nothing,
    cash_needed, ...
    """
    number = insurance_authorising.number_for(actor, no=no)
    open_now = look(actor, quoting.standing, no=no)
    if open_now is None or open_now.use_account != use_account:
        return _quote(actor, number, no=no, use_account=use_account, channel=channel, method=method, reason=reason)
    if not open_now.cash_fen:
        if channel is None:
            perform(actor, quoting.agree, no=no, payment_no=open_now.payment_no)
    elif channel is None or channel != open_now.channel or method not in ("", open_now.method):
        return _quote(actor, number, no=no, use_account=use_account, channel=channel, method=method, reason=reason)
    seen = look(actor, payment_views.latest, no=no)
    if seen is None:
        raise AssertionError("the open payment is there")
    return seen


def _quote(
    actor: Actor, number: str, *, no: str, use_account: bool, channel: str | None, method: str, reason: Reason | None
) -> PaymentView:
    bureau = container().bureau
    if bureau is None:
        raise Refusal("insurance_unavailable", "本院暂未开通医保支付，请选择自费支付或到窗口办理。", 422)
    settings = container().settings
    step = min(settings.insurance_quote_timeout_seconds, settings.insurance_timeout_seconds)
    patience = timedelta(seconds=LONGEST_QUOTE * step)
    try:
        with place_at("insurance"):
            noted = perform(actor, registering.begin, no=no, use_account=use_account, patience=patience)
            asked = replace(noted, pay_auth_no=number)
            quote = bureau.quote(asked)
    except Unreachable as error:
        log.warning("insurance of %s could not be computed: %s", no, error)
        raise Refusal("insurance_down", "医保局暂时没有回应，号仍为您保留，请稍后再试或选择自费支付。", 503) from error
    except Rejected as error:
        log.warning("insurance of %s was refused: %s", no, error)
        raise Refusal("insurance_refused", "医保局没有受理这次挂号，请选择自费支付或到窗口办理。", 422) from error
    try:
        split = agreed(quote.split, total_fen=asked.total_fen)
        if split.cash_fen == split.total_fen:
            raise Refusal("insurance_nothing", "按医保规定，这次挂号费需全部自付，请选择自费支付。", 422)
        return perform(
            actor, registering.keep, no=no, channel=channel, method=method, asked=asked, quote=quote, reason=reason
        )
    except Refusal:
        _drop_unkept(bureau, _registered(asked, quote))
        raise


def settle(*, payment_no: str) -> None:
    """Settle what the cash has arrived for: at once, or after 2601 has cleared up a message that nobody knows of.

    Raises Unreachable to be run again; bounded by attempts and by the patience of the rules, then the cash goes back.
    """
    bureau = _bureau()
    for _ in range(ERRANDS):
        step = perform(SYSTEM, settling.begin, payment_no=payment_no, message_id=bureau.message_id())
        if step is None:
            return
        if step.errand is Errand.CORRECT:
            _correct(bureau, step.order)
            perform(SYSTEM, settling.corrected, payment_no=payment_no, message_id=step.order.message_id)
        elif step.errand is Errand.PLACE:
            if not _place(payment_no, step.order):
                return
        elif _settle(bureau, payment_no, step.order):
            return
    raise Unreachable("the bureau has not settled it yet")


def _settle(bureau: InsuranceBureau, payment_no: str, order: BureauOrder) -> bool:
    try:
        answer = bureau.settle(order)
    except Rejected as error:
        log.warning("the settlement of payment %s was refused: %s", payment_no, error)
        perform(SYSTEM, settling.refused, payment_no=payment_no, message_id=order.message_id, error=str(error))
        return True
    done = perform(SYSTEM, settling.settled, payment_no=payment_no, message_id=order.message_id, answer=answer)
    if not done:  # somebody else has given this message up meanwhile
        _correct(bureau, order)
    return done


def _place(payment_no: str, order: BureauOrder) -> bool:
    """False: it comes to nothing, and the cash goes back."""
    mobile = container().mobile
    if mobile is None:
        raise Unreachable("mobile insurance payment is not configured any more")
    try:
        quote = mobile.place(order, look(SYSTEM, quoting.again, payment_no=payment_no))
    except (Rejected, Refusal) as error:  # Refusal: the patient has taken the insurance number back meanwhile
        log.warning("the mobile order of payment %s was not placed again: %s", payment_no, error)
        perform(SYSTEM, settling.refused, payment_no=payment_no, message_id="", error=str(error))
        return False
    return perform(SYSTEM, settling.placed, payment_no=payment_no, quote=quote)


def _correct(bureau: InsuranceBureau, order: BureauOrder) -> None:
    """Nobody gives up a correction: without it nobody knows what was taken."""
    try:
        bureau.correct(order)
    except Rejected as error:
        raise Unreachable(f"2601 was refused: {error}") from error


def reverse(order: RefundOrder) -> RefundNotice:
    """2208 and 2202: the insurance leg goes back, whole. Harmless if it was reversed before."""
    settled = look(SYSTEM, insurance_orders.of_payment, payment_no=order.payment_no)
    if settled is None:
        raise Rejected("no_settlement", order.payment_no)
    _bureau().reverse(settled)
    return RefundNotice(
        order.refund_no, order.payment_no, "done", order.amount_fen, channel_refund_id=settled.settlement_id
    )


def drop(*, payment_no: str) -> None:
    """2202: the registration of a quote that came to nothing. If the bureau will not, nobody is worse off."""
    quoted = look(SYSTEM, insurance_orders.of_payment, payment_no=payment_no)
    if quoted is None:
        return
    try:
        _bureau().drop(quoted)
    except Rejected as error:
        log.warning("the registration of payment %s stays at the bureau: %s", payment_no, error)


def _drop_unkept(bureau: InsuranceBureau, order: BureauOrder) -> None:
    """What we have no row of: tried at once, and by `forget` later."""
    try:
        bureau.drop(order)
    except (Unreachable, Rejected) as error:
        log.warning("registration %s is still at the bureau: %s", order.no, error)
    else:
        perform(SYSTEM, registering.dropped, number=order.no)


def forget(*, appointment_no: str, number: str) -> None:
    """The job: take back what a quote has registered that nobody kept, since it failed, or its process died."""
    asked = look(SYSTEM, registering.unkept, appointment_no=appointment_no, number=number)
    if asked is None:
        return
    try:
        _bureau().forget(asked)
    except Rejected as error:
        log.warning("registration %s stays at the bureau, if it is there: %s", number, error)


def _registered(asked: InsuredVisit, quote: BureauQuote) -> BureauOrder:
    return BureauOrder(
        no=asked.no,
        person_no=quote.person_no,
        insured_region=quote.insured_region,
        kind=quote.kind,
        visit_id=quote.visit_id,
        batch_no=quote.batch_no,
        use_account=asked.use_account,
        split=quote.split,
        document_number=asked.document_number,
        pay_order_id=quote.pay_order_id,
        pay_token=quote.pay_token,
    )


def _bureau() -> InsuranceBureau:
    bureau = container().bureau
    if bureau is None:
        raise Unreachable("no insurance bureau is configured")
    return bureau
