"""Signing in through WeChat: the real client against the sandbox, and against a vendor that answers oddly."""

import json
from collections.abc import Iterator

import pytest

from hospital_app.adapters.wechat_identity import WeChatIdentity
from hospital_app.ports import Rejected, Silent, Unreachable
from tests.adapters.vendor import Vendor
from tests.support.outside import IdentitySandbox
from tests.support.waiting import free_port

BACK = "http://localhost:8000/api/v1/identity/wechat/callback"
AUTHORIZE = "/sandbox/identity/wechat/connect/oauth2/authorize"


def wechat_at(world: IdentitySandbox, *, secret: str = "", scope: str = "snsapi_userinfo") -> WeChatIdentity:
    known = world.applications
    return WeChatIdentity(
        appid=known.wechat_appid,
        secret=secret or known.wechat_secret,
        scope=scope,
        authorize_url=AUTHORIZE,
        api_url=world.url,
    )


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor().open() as opened:
        yield opened


def test_somebody_who_agrees_is_known_by_one_lasting_id(identity_world: IdentitySandbox) -> None:
    wechat = wechat_at(identity_world)
    known = []
    for _ in range(2):
        brought = identity_world.agree(wechat.authorize_url(state="abc123", return_url=BACK), "小满的妈妈🌸")
        assert brought["state"] == "abc123"
        known.append(wechat.identify(brought["code"]))
    assert known[0] == known[1]
    assert known[0].nickname == "小满的妈妈🌸"  # UTF-8, though it is called text/plain
    stranger = identity_world.agree(wechat.authorize_url(state="x", return_url=BACK), "别人")
    assert wechat.identify(stranger["code"]).subject != known[0].subject


def test_the_barest_scope_names_somebody_without_a_profile(identity_world: IdentitySandbox) -> None:
    wechat = wechat_at(identity_world, scope="snsapi_base")
    brought = identity_world.agree(wechat.authorize_url(state="s", return_url=BACK), "老陈头")
    proven = wechat.identify(brought["code"])
    assert proven.subject.startswith("o") and proven.nickname == ""


def test_the_address_has_the_one_order_that_wechat_knows() -> None:
    wechat = WeChatIdentity(appid="wx0123456789abcdef", secret="s")
    assert wechat.authorize_url(state="a1", return_url=BACK) == (
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef"
        "&redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Fapi%2Fv1%2Fidentity%2Fwechat%2Fcallback"
        "&response_type=code&scope=snsapi_userinfo&state=a1#wechat_redirect"
    )
    website = WeChatIdentity(appid="wx0123456789abcdef", secret="s", scope="snsapi_login")
    assert website.authorize_url(state="a1", return_url=BACK).startswith(
        "https://open.weixin.qq.com/connect/qrconnect?"
    )


def test_another_order_or_another_application_is_turned_away(identity_world: IdentitySandbox) -> None:
    address = wechat_at(identity_world).authorize_url(state="a1", return_url=BACK).partition("#")[0]
    assert identity_world.get(address).status_code == 200
    path, _, query = address.partition("?")
    shuffled = "&".join(reversed(query.split("&")))
    other = query.replace(identity_world.applications.wechat_appid, "wxffffffffffffffff")
    for wrong in (shuffled, other, query.replace("&state=a1", ""), query.replace("state=a1", "state=a-1")):
        assert identity_world.get(f"{path}?{wrong}").status_code == 400
        assert identity_world.post(f"{path}?{wrong}", data={"person": "老陈头"}).status_code == 400


def test_refusing_brings_back_no_code(identity_world: IdentitySandbox) -> None:
    assert identity_world.refuse(wechat_at(identity_world).authorize_url(state="a1", return_url=BACK)) == {
        "state": "a1"
    }


def test_a_code_is_good_once_and_not_for_long(identity_world: IdentitySandbox) -> None:
    wechat = wechat_at(identity_world)
    address = wechat.authorize_url(state="a1", return_url=BACK)
    code = identity_world.agree(address, "老陈头")["code"]
    wechat.identify(code)
    late = identity_world.agree(address, "老陈头")["code"]
    identity_world.expire_codes()
    for worthless, errcode in ((code, "40163"), (late, "42003"), ("nonsense", "40029")):
        with pytest.raises(Rejected) as refused:
            wechat.identify(worthless)
        assert refused.value.code == errcode


def test_a_wrong_secret_is_ours_to_mend_and_uses_up_no_code(identity_world: IdentitySandbox) -> None:
    wechat = wechat_at(identity_world)
    code = identity_world.agree(wechat.authorize_url(state="a1", return_url=BACK), "老陈头")["code"]
    with pytest.raises(Unreachable, match="40125"):
        wechat_at(identity_world, secret="0" * 32).identify(code)
    assert wechat.identify(code).subject


def test_the_secret_is_in_the_exchange_and_nowhere_else(vendor: Vendor) -> None:
    vendor.answers = [
        (200, b'{"access_token":"T","expires_in":7200,"openid":"oA","scope":"snsapi_userinfo"}'),
        (200, json.dumps({"openid": "oA", "nickname": "老陈头"}, ensure_ascii=False).encode()),
    ]
    wechat = WeChatIdentity(appid="wx01", secret="hush", api_url=vendor.url)
    proven = wechat.identify("C&=1")
    assert (proven.subject, proven.nickname) == ("oA", "老陈头")  # no unionid: the application stands alone
    exchange, profile = vendor.asked
    assert exchange == ("/sns/oauth2/access_token?grant_type=authorization_code&code=C%26%3D1&appid=wx01&secret=hush")
    assert profile == "/sns/userinfo?access_token=T&openid=oA&lang=zh_CN"
    assert "hush" not in wechat.authorize_url(state="a1", return_url=BACK)


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>busy</html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"errcode":-1,"errmsg":"system error"}'),
        (502, b"bad gateway"),
        (200, b"\xff\xfe"),
    ],
)
def test_an_odd_answer_lets_nobody_in(vendor: Vendor, answer: tuple[int, bytes]) -> None:
    vendor.answers = [answer]
    with pytest.raises(Unreachable):
        WeChatIdentity(appid="wx01", secret="s", api_url=vendor.url).identify("code")


def test_nobody_named_is_nobody(vendor: Vendor) -> None:
    vendor.answers = [(200, b'{"access_token":"T","expires_in":7200,"scope":"snsapi_base"}')]
    with pytest.raises(Unreachable, match="nobody"):
        WeChatIdentity(appid="wx01", secret="s", scope="snsapi_base", api_url=vendor.url).identify("code")


def test_a_vendor_that_is_gone_or_silent_is_said_so(identity_world: IdentitySandbox) -> None:
    with pytest.raises(Unreachable):
        WeChatIdentity(appid="wx01", secret="s", api_url=f"http://127.0.0.1:{free_port()}").identify("code")
    identity_world.pause()
    try:
        with pytest.raises(Silent):
            WeChatIdentity(appid="wx01", secret="s", api_url=identity_world.url, timeout_seconds=0.3).identify("code")
    finally:
        identity_world.resume()
