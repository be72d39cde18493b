"""微信付款人: the openid by which WeChat's cashier opens inside WeChat, kept sealed with the session."""

from hospital_app.services import ceremonies, round_trips
from hospital_app.work import Work

ASKING, KNOWN = "payer-asking", "payer"
KEPT_MINUTES = 12 * 60


def begin(work: Work, *, no: str) -> str:
    """The state that comes back from WeChat's silent authorisation."""
    return round_trips.begin(work, kind=ASKING, no=no)


def come_back(work: Work, *, no: str, state: str) -> None:
    round_trips.come_back(work, kind=ASKING, no=no, state=state)


def keep(work: Work, *, openid: str) -> None:
    ceremonies.remember(
        work,
        kind=KNOWN,
        name=str(work.actor.session_id),
        payload={"openid": openid},
        account_id=work.actor.account_id,
        minutes=KEPT_MINUTES,
    )


def known(work: Work) -> str:
    """The openid of this session's payer; empty: WeChat was not asked yet."""
    if work.actor.session_id is None or work.actor.account_id is None:
        return ""
    kept = ceremonies.recall(work, kind=KNOWN, name=str(work.actor.session_id))
    return "" if kept is None or kept.account_id != work.actor.account_id else str(kept.payload["openid"])
