"""Money between the house and its channels: the call is made between transactions, and may be made twice."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from hospital_app.container import container
from hospital_app.domain.authority import Right, scope_of
from hospital_app.domain.errors import Refusal, malformed, not_found
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.payment import OPEN, Channel, PaymentStatus
from hospital_app.flows import settlement
from hospital_app.flows.outside import place_at
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.ports import (
    Forged,
    Method,
    PaymentGateway,
    PaymentNotice,
    RefundNotice,
    RefundOrder,
    Rejected,
    Unreachable,
)
from hospital_app.services import capturing, onsite, payment_views, payments, refunds
from hospital_app.services.payment_views import PaymentView

log = logging.getLogger(__name__)

#: No channel to ask: all is the insurance's, or the rest is taken by a clerk.
_NOBODYS = frozenset({Channel.INSURANCE.value, Channel.ONSITE.value})


def start(
    actor: Actor,
    *,
    no: str,
    channel: str | None,
    method: Method | None = None,
    payer_id: str = "",
    insurance: bool = False,
    use_account: bool = False,
    reason: Reason | None = None,
) -> PaymentView:
    """Open (or find) the payment of a held appointment at its channel; the answer says how it is paid.

    `onsite`: booked at once, due at the window before check-in.
    `insurance`: the bureau computes the split first, and the cash part is paid at `channel` (a clerk may say `onsite`,
    and takes it). Nothing is taken before the payer has seen the split: where no cash is left, asking again without a
    `channel` agrees to it and settles.
    `method` None: as a phone's browser pays. `payer_id`: the payer's openid, which a page inside WeChat knows.
    """
    look(actor, payment_views.latest, no=no)  # whose it is comes before what is wrong with the wish
    if channel == Channel.ONSITE and not insurance:
        return perform(actor, onsite.promise, no=no, reason=reason)
    at_window = channel == Channel.ONSITE and scope_of(actor, Right.REGISTER) is not None
    if channel is not None and channel not in container().payments and not at_window:
        raise Refusal("channel_unavailable", "这种支付方式暂时不能使用，请选择微信支付。", 422)
    if channel is not None and not at_window:
        _check_method(container().payments[channel], method, payer_id)
    if insurance:
        opened = settlement.start(
            actor, no=no, use_account=use_account, channel=channel, method=method or "", reason=reason
        )
    elif channel is None:
        raise Refusal("channel_unavailable", "请选择支付方式。", 422)
    else:
        opened = perform(actor, payments.start, no=no, channel=channel, method=method or "", reason=reason)
    if opened.status == PaymentStatus.PENDING and opened.cash_fen and not opened.opened and not at_window:
        open_at_channel(actor, payment_no=opened.no, payer_id=payer_id)
        latest = look(actor, payment_views.latest, no=no)
        if latest is not None:
            return latest
    return opened


def open_at_channel(actor: Actor, *, payment_no: str, payer_id: str = "") -> None:
    """Place the order at the channel and keep its cashier's address. Repeating it gives the same order."""
    found = look(actor, payments.order, payment_no=payment_no)
    if found is None:
        return
    channel, order = found
    try:
        with place_at(channel):
            prepay = _gateway(channel).create(replace(order, payer_id=payer_id))
    except (Unreachable, Rejected) as error:
        log.warning("payment %s could not be opened: %s", payment_no, error)
        raise Refusal("channel_down", "支付通道暂时没有回应，号仍为您保留，请稍后再点支付。", 503) from error
    perform(SYSTEM, payments.save_cashier, payment_no=payment_no, prepay=prepay)


def latest(actor: Actor, *, no: str) -> PaymentView | None:
    """The newest payment of an own appointment."""
    return look(actor, payment_views.latest, no=no)


def check(actor: Actor, *, no: str) -> PaymentView | None:
    """ "I have paid and nothing happens": ask the channel now."""
    newest = look(actor, payment_views.latest, no=no)
    if newest is None or newest.status not in {PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.CLOSED}:
        return newest
    try:
        with place_at(newest.channel):
            _ask(newest.no)
    except (Unreachable, Rejected) as error:
        log.warning("payment %s could not be queried: %s", newest.no, error)
        raise Refusal("channel_down", "支付通道暂时没有回应，请稍后再查；钱不会丢。", 503) from error
    return look(actor, payment_views.latest, no=no)


def query(*, payment_no: str) -> None:
    """Active query when no callback comes; raises Unreachable to be asked again while the answer is open."""
    if not _ask(payment_no):
        raise Unreachable("not paid yet")


def close(*, payment_no: str) -> None:
    """The hold is over: the channel must not take money any more. Money that was quicker is recorded."""
    channel, status = look(SYSTEM, payments.status, payment_no=payment_no)
    if status not in OPEN:
        return
    if channel not in _NOBODYS and _gateway(channel).close(payment_no) == "captured":
        _ask(payment_no)
        return
    _record(PaymentNotice(payment_no=payment_no, state="closed", amount_fen=0))


def refund(*, refund_no: str) -> None:
    """Carry out one refund; its number makes repeating harmless. Raises Unreachable while it runs.

    One that the channel refuses, or that does not come through for too long, is left to finance (retry_refund).
    """
    found = look(SYSTEM, refunds.order, refund_no=refund_no)
    if found is None:
        return
    channel, order = found
    try:
        notice = _give_back(channel, order)
    except Unreachable as error:
        if not perform(SYSTEM, refunds.note_attempt, refund_no=refund_no, error=str(error)):
            raise
        return
    except Rejected as error:
        log.error("refund %s was refused: %s", refund_no, error)
        perform(SYSTEM, refunds.note_attempt, refund_no=refund_no, error=str(error), final=True)
        return
    if notice.state != "processing":
        perform(SYSTEM, refunds.record_notice, notice=notice)
        return
    working = "the channel is still working on it"
    if not perform(SYSTEM, refunds.note_attempt, refund_no=refund_no, error=working, taken_on=True):
        raise Unreachable(working)


def retry_refund(actor: Actor, *, refund_no: str) -> None:
    """财务：try a refund in trouble again. Raises Refusal `wrong_status` if it is none."""
    perform(actor, refunds.retry, refund_no=refund_no)


def _give_back(channel: str, order: RefundOrder) -> RefundNotice:
    if channel == Channel.INSURANCE:
        return settlement.reverse(order)
    gateway = _gateway(channel)
    return gateway.query_refund(order.refund_no, order.payment_no) or gateway.refund(order)


def callback(channel: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes, str]:
    """A signed message of a channel; (status, body, content type) of the answer that its vendor expects."""
    gateway = container().payments.get(channel)
    if gateway is None:
        raise not_found("这个支付通道")
    try:
        notice = gateway.read_callback(headers, body)
    except Forged as forged:
        log.warning("forged callback on %s: %s", channel, forged)
        return gateway.acknowledgement(False)
    try:
        _record(notice)
    except Refusal as refusal:
        log.error("callback on %s does not fit our books: %s", channel, refusal.code)
        return gateway.acknowledgement(False)
    gateway.remember(headers, body)
    return gateway.acknowledgement(True)


def _ask(payment_no: str) -> bool:
    """True once the payment's fate is known and recorded."""
    channel, status = look(SYSTEM, payments.status, payment_no=payment_no)
    if status not in OPEN or channel in _NOBODYS:
        return True
    notice = _gateway(channel).query(payment_no)
    if notice is None or notice.state == "pending":
        return False
    _record(notice)
    return notice.state in {"captured", "closed"}


def _record(notice: PaymentNotice | RefundNotice) -> None:
    if isinstance(notice, PaymentNotice):
        perform(SYSTEM, capturing.record_notice, notice=notice)
    else:
        perform(SYSTEM, refunds.record_notice, notice=notice)


def _check_method(gateway: PaymentGateway, method: Method | None, payer_id: str) -> None:
    if method is not None and method not in gateway.methods:
        raise Refusal("method_unavailable", "这个支付通道没有这种打开方式，请换一种再付。", 422)
    if method is Method.JSAPI and not payer_id:
        raise Refusal("payer_needed", "在微信内支付需要付款人的 openid，请在微信中重新打开本页。", 422)


def _gateway(channel: str) -> PaymentGateway:
    gateway = container().payments.get(channel)
    if gateway is None:
        raise malformed("支付方式")
    return gateway
