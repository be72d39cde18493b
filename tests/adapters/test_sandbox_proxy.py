"""The sandboxes through the public port: people's pages only, and one clear word when one is down."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from hospital_app.api.errors import add_error_handlers
from hospital_app.api.sandbox_proxy import sandbox_router
from tests.adapters.merchant import Merchant
from tests.adapters.test_alipay_identity import alipay_at
from tests.adapters.test_wechat_identity import wechat_at
from tests.adapters.world import Ear, Sandbox
from tests.support.outside import IdentitySandbox
from tests.support.waiting import free_port


class Public:
    """The public port with the proxy on it; every request in an event loop of its own."""

    def __init__(self, **ports: int) -> None:
        self.api = FastAPI()
        add_error_handlers(self.api)
        self.api.include_router(sandbox_router({"wechat": 0, "his": 0, "sms": 0, "identity": 0, **ports}))

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(self.api),
                base_url="http://hospital.example",
                cookies={"guahao_session": "secret"},
            ) as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)


@pytest.fixture
def browser(wechat: Sandbox, his_world: Sandbox, sms_world: Sandbox) -> Public:
    return Public(wechat=wechat.port, his=his_world.port, sms=sms_world.port)


@pytest.mark.parametrize(
    "path",
    [
        "/sandbox",
        "/sandbox/cashier",
        "/sandbox/sms",
        "/sandbox/his",
        "/sandbox/his/Appointment?identifier=A1",
        "/sandbox/static/sandbox.css",
        "/sandbox/static/cashier.js",
    ],
)
def test_people_see_the_pages(browser: Public, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200 and answer.content


def test_a_payment_made_through_the_public_port(browser: Public, merchant: Merchant) -> None:
    payment_no = merchant.placed()
    page = browser.get(f"/sandbox/cashier/{payment_no}?redirect_url=%2Fpay%2FA1")
    assert 'value="/pay/A1"' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    paid = browser.post(f"/sandbox/cashier/{payment_no}", data={"outcome": "success", "redirect_url": "/pay/A1"})
    assert (paid.status_code, paid.headers["location"]) == (303, "/pay/A1")
    merchant.ear.wait_for(1)
    again = browser.post(f"/sandbox/cashier/{payment_no}", json={"outcome": "success"})
    assert again.status_code == 409


def test_somebody_agrees_through_the_public_port(identity_world: IdentitySandbox) -> None:
    public = Public(identity=identity_world.port)
    for adapter in (wechat_at(identity_world), alipay_at(identity_world)):
        address = adapter.authorize_url(state="a1", return_url="http://localhost:8000/back?x=1").partition("#")[0]
        assert "小满" in public.get(address).text
        back = public.post(address, data={"person": "林小满"}).headers["location"]
        assert back.startswith("/back?x=1&") and "state=a1" in back


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v3/pay/transactions/out-trade-no/P000000?mchid=1"),
        ("GET", "/sns/oauth2/access_token?appid=wx"),
        ("POST", "/gateway.do"),
        ("GET", "/fhir/R4/Slot"),
        ("POST", "/v1/messages"),
        ("GET", "/sandbox/cashier/%2e%2e"),
        ("GET", "/sandbox/his/../../fhir/R4/metadata"),
        ("GET", "/sandbox/his/%2e%2e/%2e%2e/_history"),
        ("GET", "/sandbox/static/..%2f..%2fkeys.py"),
        ("GET", "/sandbox/healthz"),
        ("DELETE", "/sandbox/sms"),
    ],
)
def test_nothing_else_is_reachable(browser: Public, method: str, path: str) -> None:
    assert browser.request(method, path).status_code in (404, 405)


def test_cookies_stay_with_us(ear: Ear) -> None:
    port = urlsplit(ear.url).port or 0
    told = {"Authorization": "Bearer x", "X-Forwarded-For": "1.2.3.4"}
    Public(sms=port).post("/sandbox/sms", json={"phone": "13812345678"}, headers=told)
    ((headers, body),) = ear.heard
    assert body == b'{"phone":"13812345678"}'
    assert not {"cookie", "authorization", "x-forwarded-for"} & {name.lower() for name in headers}


def test_one_that_is_down_says_so_and_the_others_go_on(sms_world: Sandbox) -> None:
    public = Public(wechat=free_port(), sms=sms_world.port)
    page = public.get("/sandbox/cashier", headers={"Accept": "text/html"})
    assert page.status_code == 503 and "沙箱没有在运行" in page.text
    told = public.post("/sandbox/cashier/P000000", json={"outcome": "success"})
    assert told.status_code == 503 and told.json()["error"] == "sandbox_down"
    assert public.get("/sandbox").status_code == 200
    assert public.get("/sandbox/sms").status_code == 200


def test_what_is_not_configured_does_not_exist(sms_world: Sandbox) -> None:
    assert Public(sms=sms_world.port).get("/sandbox/his").status_code == 404
    assert [Public().get(path).status_code for path in ("/sandbox", "/sandbox/sms")] == [404, 404]
