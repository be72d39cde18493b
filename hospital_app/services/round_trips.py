"""到别处去再回来: a browser leaves the cashier for somebody else's page; who comes back with the state must be the same
session, for the same order, once."""

from hospital_app.domain.authority import Right, check_holder
from hospital_app.domain.errors import Refusal
from hospital_app.services import ceremonies
from hospital_app.services.appointments import own
from hospital_app.work import Work


def begin(work: Work, *, kind: str, no: str) -> str:
    """The state that comes back."""
    account_id = check_holder(work.actor, Right.BOOK)
    own(work, no=no)
    payload = {"no": no, "session": work.actor.session_id}
    return ceremonies.begin(work, kind=kind, payload=payload, account_id=account_id)


def come_back(work: Work, *, kind: str, no: str, state: str) -> None:
    """Use a state up. Raises Refusal `ceremony_over`; `other_browser`, which uses nothing up."""
    kept = ceremonies.peek(work, kind=kind, handle=state)
    here = (work.actor.account_id, work.actor.session_id, no)
    if (kept.account_id, kept.payload["session"], kept.payload["no"]) != here or work.actor.account_id is None:
        raise Refusal("other_browser", "这一步不是在这里开始的，没有采用；请在本页重新开始。", 409)
    ceremonies.use_up(work, kind=kind, handle=state)
