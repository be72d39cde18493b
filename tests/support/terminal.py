"""A client of the REST API: a browser with its cookies, a machine with its token, nobody at all."""

import asyncio
from functools import cache
from typing import Any

import httpx
from starlette.types import ASGIApp

from hospital_app.api.app import make_api
from hospital_app.api.limits import BodyLimit
from hospital_app.api.origin import SameOriginOnly
from hospital_app.domain.identity import Role
from hospital_app.services import second_factor
from tests.support import totp
from tests.support.house import House
from tests.support.people import PASSWORD, a_member_of_staff

ORIGIN = "http://localhost:8000"


@cache
def the_api() -> ASGIApp:
    """The API behind the same limits as in the house; its stores are whatever container is in use."""
    return SameOriginOnly(BodyLimit(make_api()), public_url=ORIGIN, cookie="guahao_session")


class Terminal:
    """`token` makes it a machine; otherwise it keeps cookies, and its writes name their origin as browsers do."""

    def __init__(
        self, *, token: str | None = None, address: str = "127.0.0.1", origin: str | None = ORIGIN, **headers: str
    ) -> None:
        self.cookies = httpx.Cookies()
        self.address = address
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            self.headers["authorization"] = f"Bearer {token}"
        elif origin is not None:
            self.headers["origin"] = origin

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {**self.headers, **request.pop("headers", {})}

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(the_api(), raise_app_exceptions=True, client=(self.address, 4711))
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=self.cookies) as client:
                answer = await client.request(method, path, headers=headers, **request)
                self.cookies = client.cookies
                return answer

        return asyncio.run(send())

    def get(self, path: str, **request: Any) -> httpx.Response:
        return self.ask("GET", path, **request)

    def post(self, path: str, body: Any = None, **request: Any) -> httpx.Response:
        return self.ask("POST", path, json=body, **request)

    def patch(self, path: str, body: Any = None) -> httpx.Response:
        return self.ask("PATCH", path, json=body)

    def delete(self, path: str) -> httpx.Response:
        return self.ask("DELETE", path)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """(status, code) of a refusal, whose shape is checked on the way."""
    content = answer.json()
    assert set(content) >= {"error", "detail"}, content
    assert content["detail"].endswith(("。", ".")) and len(content["detail"]) > 5, content
    return answer.status_code, content["error"]


def an_admin(house: House) -> Terminal:
    """A hospital admin with a complete sign-in."""
    staff_id = a_member_of_staff(house, role=Role.HOSPITAL_ADMIN, staff_no="A9001")
    house.do(second_factor.install, staff_id=staff_id, secret=totp.SECRET)
    given = {"staff_no": "A9001", "password": PASSWORD, "otp": totp.code_at(house.now.timestamp())}
    answer = Terminal().post("/api/v1/staff/sessions", given)
    assert answer.status_code == 201, answer.text
    return Terminal(token=answer.json()["token"])
