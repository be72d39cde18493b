"""Signing in through Alipay: signed calls and signed answers, and what becomes of wrong ones."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from hospital_app.adapters.alipay_identity import AlipayIdentity
from hospital_app.ports import Forged, Rejected, Unreachable
from hospital_app.sandbox.keys import rsa_pair
from tests.adapters.vendor import Vendor
from tests.support.outside import IdentitySandbox
from tests.support.waiting import free_port

BACK = "http://localhost:8000/api/v1/identity/alipay/callback"
AUTHORIZE = "/sandbox/identity/alipay/oauth2/publicAppAuthorize.htm"


def alipay_at(world: IdentitySandbox, *, private_key: str = "", public_key: str = "", url: str = "") -> AlipayIdentity:
    known = world.applications
    return AlipayIdentity(
        app_id=known.alipay_app_id,
        private_key=private_key or known.hospital_key,
        public_key=public_key or known.alipay_public,
        authorize_url=AUTHORIZE,
        gateway_url=url or f"{world.url}/gateway.do",
    )


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor().open() as opened:
        yield opened


def test_somebody_who_agrees_is_known_by_one_lasting_id(identity_world: IdentitySandbox) -> None:
    alipay = alipay_at(identity_world)
    known = []
    for _ in range(2):
        brought = identity_world.agree(alipay.authorize_url(state="abc123", return_url=BACK), "林小满")
        assert (brought["state"], brought["source"]) == ("abc123", "alipay_wallet")
        known.append(alipay.identify(brought["auth_code"]))
    assert known[0] == known[1]
    assert known[0].nickname == "林小满" and known[0].subject.startswith("2088")
    stranger = identity_world.agree(alipay.authorize_url(state="x", return_url=BACK), "陈建国")
    assert alipay.identify(stranger["auth_code"]).subject != known[0].subject


def test_a_nickname_that_the_signature_check_stumbles_over_keeps_nobody_out(identity_world: IdentitySandbox) -> None:
    alipay = alipay_at(identity_world)
    brought = identity_world.agree(alipay.authorize_url(state="x", return_url=BACK), "{小括号")
    proven = alipay.identify(brought["auth_code"])
    assert proven.subject.startswith("2088") and proven.nickname == ""


def test_refusing_brings_back_no_code(identity_world: IdentitySandbox) -> None:
    brought = identity_world.refuse(alipay_at(identity_world).authorize_url(state="a1", return_url=BACK))
    assert brought["state"] == "a1" and "auth_code" not in brought


def test_a_code_is_good_once_and_not_for_long(identity_world: IdentitySandbox) -> None:
    alipay = alipay_at(identity_world)
    address = alipay.authorize_url(state="a1", return_url=BACK)
    code = identity_world.agree(address, "林小满")["auth_code"]
    alipay.identify(code)
    late = identity_world.agree(address, "林小满")["auth_code"]
    identity_world.expire_codes()
    for worthless in (code, late, "nonsense"):
        with pytest.raises(Rejected) as refused:
            alipay.identify(worthless)
        assert refused.value.code == "isv.code-invalid"


def test_a_call_signed_by_another_key_gets_no_answer(identity_world: IdentitySandbox) -> None:
    alipay = alipay_at(identity_world)
    code = identity_world.agree(alipay.authorize_url(state="a1", return_url=BACK), "林小满")["auth_code"]
    with pytest.raises(Unreachable, match="invalid-signature"):
        alipay_at(identity_world, private_key=rsa_pair()[0]).identify(code)
    assert alipay.identify(code).subject  # the code was not used up


def test_an_answer_signed_by_another_key_names_nobody(identity_world: IdentitySandbox) -> None:
    alipay = alipay_at(identity_world)
    code = identity_world.agree(alipay.authorize_url(state="a1", return_url=BACK), "林小满")["auth_code"]
    with pytest.raises(Forged):
        alipay_at(identity_world, public_key=rsa_pair()[1]).identify(code)


def test_a_changed_answer_names_nobody(identity_world: IdentitySandbox, vendor: Vendor) -> None:
    """A true answer of the sandbox, with another person's id put in on the way."""
    address = alipay_at(identity_world).authorize_url(state="a1", return_url=BACK)
    code = identity_world.agree(address, "林小满")["auth_code"]
    vendor.answers = [(502, b"")]
    eavesdropper = alipay_at(identity_world, url=f"{vendor.url}/gateway.do")
    with pytest.raises(Unreachable):
        eavesdropper.identify(code)
    true = identity_world.get(vendor.asked[0]).content
    assert b'"user_id":"2088' in true
    vendor.answers = [(200, true.replace(b'"user_id":"2088', b'"user_id":"2099'))]
    with pytest.raises(Forged):
        eavesdropper.identify(code)


def test_the_call_carries_no_secret_and_chinas_time(identity_world: IdentitySandbox, vendor: Vendor) -> None:
    vendor.answers = [(502, b"")]
    with pytest.raises(Unreachable):
        alipay_at(identity_world, url=f"{vendor.url}/gateway.do").identify("C1")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(vendor.asked[0]).query).items()}
    assert asked["method"] == "alipay.system.oauth.token" and asked["sign_type"] == "RSA2"
    assert (asked["grant_type"], asked["code"]) == ("authorization_code", "C1")
    assert "PRIVATE" not in vendor.asked[0]


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>busy</html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"alipay_system_oauth_token_response":{"user_id":"2088000000000001"}}'),  # unsigned
        (200, b'{"error_response":{"code":"20000","sub_code":"isp.unknow-error"}}'),
        (200, b'{"error_response":"no"}'),
        (502, b"bad gateway"),
        (200, b"\xff\xfe"),
    ],
)
def test_an_odd_answer_lets_nobody_in(
    identity_world: IdentitySandbox, vendor: Vendor, answer: tuple[int, bytes]
) -> None:
    vendor.answers = [answer]
    with pytest.raises(Unreachable):
        alipay_at(identity_world, url=f"{vendor.url}/gateway.do").identify("code")


def test_a_vendor_that_is_gone_is_said_so(identity_world: IdentitySandbox) -> None:
    with pytest.raises(Unreachable):
        alipay_at(identity_world, url=f"http://127.0.0.1:{free_port()}/gateway.do").identify("code")


def test_an_application_that_alipay_does_not_know_is_turned_away(identity_world: IdentitySandbox) -> None:
    address = alipay_at(identity_world).authorize_url(state="a1", return_url=BACK)
    assert identity_world.get(address).status_code == 200
    for wrong in (
        address.replace(identity_world.applications.alipay_app_id, "2021000000000000"),
        address.replace("auth_user", "auth_everything"),
        address.replace("state=a1", "state=" + "a" * 101),
    ):
        assert identity_world.get(wrong).status_code == 400
