"""What the cashier asks of the house: an order with or without insurance, and whose insurance may be used."""

import json
from dataclasses import dataclass

from hospital_app.domain.exchange import Method
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.payment import Channel
from hospital_app.flows import cashier, counter, insurance_authorising, payer, payment
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.payment_views import PaymentView
from state import wording
from state.session import Reader

#: `insurance` in the address of the cashier, when the payer comes back from the platform's page.
AUTHORISED = "authorised"
AUTHORISATION_WORDS = {
    "authorisation_refused": "您没有同意医保授权，没有产生任何费用。可以再点“用医保支付”，或直接自费。",
    "authorisation_unreachable": "医保授权暂时没有回应，号仍为您保留。请稍后再试，或直接自费。",
    "other_insured": "授权的不是这位就诊人本人的医保。请由就诊人本人授权，或带医保卡到窗口挂号，也可以先自费。",
    "family_authorised": "暂时不能用亲情账户替家人付医保。请由就诊人本人授权，或带医保卡到窗口挂号，也可以先自费。",
}
ANY_OTHER = "医保授权没有成功或已经过期，没有产生任何费用。请重新点“用医保支付”，或直接自费。"


@dataclass(frozen=True)
class Wish:
    """How the payer wants to pay; `channel` None agrees to a split that leaves nothing to be paid."""

    channel: str | None
    method: Method | None
    insurance: bool
    use_account: bool
    payer_id: str = ""


def wish_of(
    reader: Reader, way: str, method: Method | None, *, user_agent: str, insured: bool, use_account: bool
) -> Wish:
    """`method` None: as this browser pays; inside WeChat by its own cashier, once it is known who pays."""
    inside = method is None and way == Channel.WECHAT
    payer_id = payer.inside_wechat(reader.actor(), user_agent=user_agent) if inside else ""
    return Wish(way, Method.JSAPI if payer_id else method, insured, insured and use_account, payer_id)


def asking_wechat(reader: Reader, no: str, *, user_agent: str) -> str:
    """Where a page inside WeChat goes, unseen, to learn who pays; empty: nowhere."""
    return payer.to_ask(reader.actor(), no=no, user_agent=user_agent)


def open_payment(reader: Reader, no: str, wish: Wish, reason: Reason | None) -> PaymentView:
    return payment.start(
        reader.actor(),
        no=no,
        channel=wish.channel,
        method=wish.method,
        payer_id=wish.payer_id,
        insurance=wish.insurance,
        use_account=wish.use_account,
        reason=reason,
    )


def platform_page(reader: Reader, no: str) -> str:
    """医保移动支付授权: where the payer must agree before insurance can pay; empty: nowhere."""
    actor = reader.actor()
    return insurance_authorising.start(actor, no=no) if insurance_authorising.needed(actor, no=no) else ""


def authorisation_words(outcome: str) -> str:
    """What is said of an authorisation that came to nothing; empty if it is good, or there was none."""
    return AUTHORISATION_WORDS.get(outcome, ANY_OTHER if outcome not in ("", AUTHORISED) else "")


def insurance_of(reader: Reader, seen: AppointmentView) -> str:
    """absent, unverified or ready; empty where it is not offered: no bureau, a difference, or a clerk, who links
    nobody's number.
    """
    actor = reader.actor()
    if not cashier.insures() or seen.rescheduling:
        return ""
    found = cashier.insured(actor, no=seen.no)
    return found if found == "ready" or actor.account_id is not None else ""


def for_relative(reader: Reader, no: str) -> bool:
    """Whether insurance waits for a relative's own word."""
    return insurance_authorising.for_relative(reader.actor(), no=no)


def take_cash(reader: Reader, no: str, payment_no: str) -> None:
    """What insurance leaves of this order, into the clerk's hand."""
    counter.collect(reader.actor(), no=no, payment_no=payment_no)


def order_of(paying: PaymentView) -> str:
    """What WeChat's cashier opens with inside WeChat, as JSON; empty: it opens by an address."""
    return json.dumps(dict(paying.parameters)) if paying.parameters else ""


def split_words(paying: PaymentView) -> tuple[str, str, str]:
    """统筹、个账、自付."""
    money = wording.money
    return money(paying.fund_fen), money(paying.insurance_account_fen), money(paying.cash_fen)
