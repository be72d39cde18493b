"""第二因素的绑定: the key as a picture for an authenticator app, its confirmation, the codes for a lost phone."""

import base64
from dataclasses import dataclass

from hospital_app.container import container
from hospital_app.domain.identity import Actor
from hospital_app.flows.reading import look
from hospital_app.flows.slips import draw
from hospital_app.flows.unit import perform
from hospital_app.services import second_factor
from hospital_app.services.second_factor import Standing


@dataclass(frozen=True, slots=True)
class Offer:
    """A new key, to scan or to type. `handle` belongs to the one who asked, and stays on the server."""

    handle: str
    secret: str
    picture: str


def standing(actor: Actor) -> Standing:
    return look(actor, second_factor.standing)


def begin(actor: Actor) -> Offer:
    """Raises Refusal second_factor_required if there is one that this session has not given."""
    new = perform(actor, second_factor.begin, issuer=container().settings.hospital_name)
    picture = base64.b64encode(draw(new.uri)).decode()
    return Offer(new.handle, new.secret, f"data:image/png;base64,{picture}")


def confirm(actor: Actor, *, handle: str, code: str) -> list[str]:
    """The recovery codes, to be shown once. Raises Refusal wrong_code, enrolment_over."""
    return perform(actor, second_factor.confirm, handle=handle, code=code)


def renew_codes(actor: Actor) -> list[str]:
    return perform(actor, second_factor.renew_codes)


def reset(actor: Actor, *, staff_id: int) -> None:
    perform(actor, second_factor.reset, staff_id=staff_id)
