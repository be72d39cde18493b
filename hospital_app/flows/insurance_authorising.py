"""医保移动支付授权: to the platform's own page and back. The platform is asked between two transactions."""

import logging

from hospital_app.container import container
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor
from hospital_app.domain.settlement import FAMILY_NUMBER
from hospital_app.flows.outside import place_at
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.ports import InsuranceAuthority, Rejected, Unreachable
from hospital_app.services import authorising, quoting

log = logging.getLogger(__name__)

STATE_MAX, CODE_MAX = 100, 512


def needed(actor: Actor, *, no: str) -> bool:
    """Whether the patient has to agree at the platform's page before insurance can pay for this order.

    At the counter, where the patient stands, the national interface settles.
    """
    return _asks(actor) and not look(actor, authorising.given, no=no)


def for_relative(actor: Actor, *, no: str) -> bool:
    """Whether somebody else than the holder of the account must agree, because it is their insurance."""
    return _asks(actor) and look(actor, quoting.of_relative, no=no)


def number_for(actor: Actor, *, no: str) -> str:
    """payAuthNo to quote with; empty where none is wanted. Raises Refusal `authorisation_needed`."""
    if not _asks(actor):
        return ""
    number = look(actor, authorising.given, no=no)
    if not number:
        look(actor, quoting.visit, no=no, use_account=False)  # what else is wrong comes first
        raise Refusal("authorisation_needed", "用医保支付前要先在医保页面授权，请重新点“用医保支付”。", 422)
    return number


def start(actor: Actor, *, no: str) -> str:
    """Where the browser goes now. Raises Refusal authorisation_not_used, hold_expired, insurance_unknown, ..."""
    authority, state = _authority(), perform(actor, authorising.begin, no=no)
    back = f"{container().settings.public_url}/api/v1/appointments/{no}/insurance-authorisations/return?state={state}"
    return authority.authorize_url(return_url=back)


def finish(actor: Actor, *, no: str, state: str, code: str) -> None:
    """Back from the platform. Raises Refusal ceremony_over, other_browser, authorisation_refused,
    authorisation_unproven, authorisation_unreachable, family_authorised, other_insured, hold_expired."""
    authority = _authority()
    perform(actor, authorising.come_back, no=no, state=state[:STATE_MAX])
    if not code or len(code) > CODE_MAX:
        raise Refusal("authorisation_refused", "您没有同意医保授权，没有产生任何费用；可以再试，或选择自费支付。", 409)
    try:
        with place_at("insurance"):
            given = authority.authorised(code)
    except Rejected as error:
        log.warning("an insurance authorisation of %s is good for nothing: %s", no, error)
        if error.code == FAMILY_NUMBER:
            raise Refusal(
                "family_authorised",
                "暂时不能用亲情账户替家人付医保，请由就诊人本人授权，或带家人的医保卡到窗口挂号，也可以先自费。",
                409,
            ) from error
        raise Refusal(
            "authorisation_unproven", "医保授权没有成功或已经过期，请重新点“用医保支付”，或选择自费支付。", 409
        ) from error
    except Unreachable as error:
        log.warning("insurance authorisations could not be asked for: %s", error)
        raise Refusal(
            "authorisation_unreachable", "医保授权暂时没有回应，号仍为您保留，请稍后再试或选择自费支付。", 503
        ) from error
    minutes = container().settings.insurance_authorisation_minutes
    if not perform(actor, authorising.keep, no=no, given=given, minutes=minutes):
        raise Refusal("other_insured", "授权的不是这位就诊人本人的医保，请由就诊人本人授权，或选择自费支付。", 409)


def _asks(actor: Actor) -> bool:
    return container().authority is not None and actor.account_id is not None


def _authority() -> InsuranceAuthority:
    authority = container().authority
    if authority is None:
        raise Refusal("authorisation_not_used", "本院的医保支付不需要授权，请直接点“用医保支付”。", 404)
    return authority
