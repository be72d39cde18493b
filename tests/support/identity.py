"""A house where people sign in through WeChat and Alipay, and their browsers."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import col

from hospital_app.domain.identity import ANONYMOUS, Actor
from hospital_app.domain.linking import Provider
from hospital_app.flows import quick_login, signin
from hospital_app.flows.quick_login import Arrived, Begun
from hospital_app.models.identity import LinkedIdentity, LoginSession
from hospital_app.services.sessions import SignedIn
from tests.support.house import House
from tests.support.outside import IdentitySandbox
from tests.support.people import code_sent

CODE_NAMES = {Provider.WECHAT: "code", Provider.ALIPAY: "auth_code"}


@dataclass
class Gate:
    """The house, and the vendors' pages in front of it."""

    house: House
    world: IdentitySandbox

    def begin(self, provider: Provider, *, next: str = "/me", actor: Actor = ANONYMOUS) -> Begun:
        return quick_login.start(actor, provider=provider, next=next)

    def agreed(self, begun: Begun, provider: Provider, person: str) -> dict[str, str]:
        """State and code as the browser brings them back."""
        brought = self.world.agree(begun.url, person)
        return {"state": brought["state"], "code": brought[CODE_NAMES[provider]]}

    def arrive(self, provider: Provider, person: str, **more: Any) -> Arrived:
        """All the way to the vendor and back, in one browser."""
        begun = self.begin(provider, **more)
        brought = self.agreed(begun, provider, person)
        return quick_login.finish(ANONYMOUS, provider=provider, nonce=begun.nonce, **brought)

    def bind(self, arrived: Arrived, phone: str) -> SignedIn:
        signin.request_code(ANONYMOUS, phone=phone)
        code = code_sent(self.house, phone) or ""
        return quick_login.bind(ANONYMOUS, handle=arrived.binding, phone=phone, code=code)

    def link(self, actor: Actor, provider: Provider, person: str) -> Arrived:
        """From the account's settings."""
        begun = quick_login.start_linking(actor, provider=provider, next="/me/security")
        brought = self.agreed(begun, provider, person)
        return quick_login.finish(actor, provider=provider, nonce=begun.nonce, **brought)

    def links(self) -> list[tuple[int, str]]:
        """(account, vendor) of every link there is."""
        with self.house.sessions() as session:
            rows = session.scalars(select(LinkedIdentity).order_by(col(LinkedIdentity.id)))
            return [(row.account_id, row.provider) for row in rows]

    def methods(self) -> list[str]:
        """How each session was opened."""
        with self.house.sessions() as session:
            return list(session.scalars(select(LoginSession.method).order_by(col(LoginSession.id))))


def house_with_gate(engine: Engine, redis_url: str, world: IdentitySandbox) -> Gate:
    return Gate(House(engine, redis_url, **world.settings()), world)
