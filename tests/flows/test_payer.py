"""微信内付款: who pays is asked of WeChat without a question, once a session; then its own cashier opens (JSAPI)."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from hospital_app import container as containers
from hospital_app.adapters.wechat_identity import WeChatIdentity
from hospital_app.domain.errors import Refusal
from hospital_app.domain.exchange import Method
from hospital_app.flows import payer, payment
from hospital_app.services import sessions
from tests.support.outside import Door, IdentitySandbox, Outside, plain_client
from tests.support.processes import running
from tests.support.town import Order, Town

PHONE = "Mozilla/5.0 (iPhone) AppleWebKit/605 MicroMessenger/8.0.50"
BROWSER = "Mozilla/5.0 (iPhone) AppleWebKit/605 Safari"


@pytest.fixture(scope="module")
def wechat(tmp_path_factory: pytest.TempPathFactory, world: Outside) -> Iterator[IdentitySandbox]:
    started = IdentitySandbox(tmp_path_factory.mktemp("payers"), wechat_appid=world.wechat.keys.appid)
    with running(started):
        yield started


@pytest.fixture
def inside(mariadb_town: Town, wechat: IdentitySandbox) -> Town:
    house, known = mariadb_town.house, wechat.applications
    asking = WeChatIdentity(
        appid=known.wechat_appid,
        secret=known.wechat_secret,
        scope="snsapi_base",
        authorize_url="/sandbox/identity/wechat/connect/oauth2/authorize",
        api_url=wechat.url,
    )
    house.container = replace(house.container, payer=asking)
    containers.use(house.container)
    return mariadb_town


def signed_in(town: Town, order: Order) -> tuple[Order, dict[str, str]]:
    opened = town.house.do(sessions.open_for_account, account_id=order.actor.account_id)
    actor = town.house.do(sessions.find, token=opened.token).actor
    return replace(order, actor=actor), {"Authorization": f"Bearer {opened.token}"}


def silently(wechat: IdentitySandbox, address: str) -> str:
    """Where WeChat sends the browser at once."""
    answer: httpx.Response = wechat.get(address.partition("#")[0])
    assert answer.status_code == 303
    return answer.headers["location"]


def test_inside_wechat_its_own_cashier_opens_for_whom_wechat_named(
    inside: Town, wechat: IdentitySandbox, door: Door
) -> None:
    town = inside
    order, at_home = signed_in(town, town.held(town.clinic()))
    other, theirs = signed_in(town, town.held(town.clinic()))
    assert payer.to_ask(order.actor, no=order.no, user_agent=BROWSER) == ""
    assert payer.inside_wechat(order.actor, user_agent=PHONE) == "", "not asked yet"
    back = silently(wechat, payer.to_ask(order.actor, no=order.no, user_agent=PHONE))
    with plain_client(door.url) as browser:
        for headers, outcome in ((theirs, "other_browser"), ({}, "other_browser"), (at_home, "known")):
            answer = browser.get(back, headers=headers)
            assert answer.headers["location"] == f"/pay/{order.no}?payer={outcome}"
        assert browser.get(back, headers=at_home).headers["location"].endswith("?payer=ceremony_over"), "once"
        assert browser.get(back.partition("?")[0], headers=at_home).headers["location"].endswith("=ceremony_over")
    openid = payer.inside_wechat(order.actor, user_agent=PHONE)
    assert openid.startswith("o") and payer.inside_wechat(order.actor, user_agent=BROWSER) == ""
    assert payer.inside_wechat(other.actor, user_agent=PHONE) == ""
    assert payer.to_ask(order.actor, no=order.no, user_agent=PHONE) == "", "known for this session"
    opened = payment.start(order.actor, no=order.no, channel="wechat", method=Method.JSAPI, payer_id=openid)
    assert set(opened.parameters) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert opened.parameters["appId"] == wechat.applications.wechat_appid
    assert town.world.choose(opened.no, "success") == 202
    town.world.delivered(opened.no)
    assert town.seen(order).status == "booked" and town.house.broken() == []


def test_a_code_that_wechat_does_not_know_names_nobody(inside: Town, wechat: IdentitySandbox) -> None:
    town = inside
    order, _ = signed_in(town, town.held(town.clinic()))
    back = silently(wechat, payer.to_ask(order.actor, no=order.no, user_agent=PHONE))
    state = back.partition("state=")[2]
    with pytest.raises(Refusal) as refused:
        payer.finish(order.actor, no=order.no, state=state, code="nonsense")
    assert refused.value.code == "payer_unknown"
    assert payer.inside_wechat(order.actor, user_agent=PHONE) == ""
