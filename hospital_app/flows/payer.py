"""微信内付款 (JSAPI): who pays is asked of WeChat without a question to the payer (snsapi_base), once for a session."""

import logging

from hospital_app.container import container
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.exchange import Method
from hospital_app.domain.identity import Actor
from hospital_app.domain.payment import Channel
from hospital_app.flows.outside import place_at
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.ports import Forged, Rejected, Unreachable
from hospital_app.services import payers

log = logging.getLogger(__name__)

IN_WECHAT = "MicroMessenger"
STATE_MAX, CODE_MAX = 100, 512


def to_ask(actor: Actor, *, no: str, user_agent: str) -> str:
    """Where a browser inside WeChat goes before it pays; empty: nowhere, since it is no such browser, or known."""
    asking = container().payer
    if asking is None or IN_WECHAT not in user_agent or not _opens_inside() or actor.account_id is None:
        return ""
    if actor.session_id is None or look(actor, payers.known):
        return ""
    state = perform(actor, payers.begin, no=no)
    back = f"{container().settings.public_url}/api/v1/appointments/{no}/payers/return"
    return asking.authorize_url(state=state, return_url=back)


def finish(actor: Actor, *, no: str, state: str, code: str) -> None:
    """Back from WeChat. Raises Refusal ceremony_over, other_browser, payer_unknown."""
    asking = container().payer
    if asking is None:
        raise not_found("这个支付通道")
    perform(actor, payers.come_back, no=no, state=state[:STATE_MAX])
    unknown = Refusal("payer_unknown", "微信没有告诉我们付款人，请在浏览器中打开本页付款。", 409)
    if not code or len(code) > CODE_MAX:
        raise unknown
    try:
        with place_at("payer"):
            openid = asking.openid(code)
    except (Rejected, Forged, Unreachable) as error:
        log.warning("WeChat did not say who pays: %s", error)
        raise unknown from error
    perform(actor, payers.keep, openid=openid)


def inside_wechat(actor: Actor, *, user_agent: str) -> str:
    """The openid with which WeChat's cashier opens right here; empty: as in any browser."""
    if IN_WECHAT not in user_agent or not _opens_inside():
        return ""
    return look(actor, payers.known)


def _opens_inside() -> bool:
    gateway = container().payments.get(Channel.WECHAT)
    return gateway is not None and Method.JSAPI in gateway.methods
