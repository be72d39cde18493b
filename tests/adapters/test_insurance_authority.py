"""医保移动支付授权 against the platform's sandbox: its page, its code, and what the code is good for, once."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from hospital_app.ports import Rejected, Unreachable
from tests.adapters.test_insurance_bureau import PATIENT, a_visit
from tests.support.bureau import Bureau
from tests.support.processes import running

BACK = "https://hospital.example/api/v1/appointments/GH1/insurance-authorisations/return?state=abc"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    world = Bureau(tmp_path_factory.mktemp("authority"))
    with running(world):
        world.bureau().quote(a_visit())
        yield world


def test_who_agrees_gives_a_code_that_is_good_once(world: Bureau) -> None:
    authority = world.authority()
    page = authority.authorize_url(return_url=BACK)
    assert "同意" in world.get(page).text and PATIENT not in world.get(page).text
    target, _, query = world.agree(page, PATIENT).partition("?")
    said = dict(parse_qsl(query))
    assert target == urlsplit(BACK).path and (said["state"], said["retCode"]) == ("abc", "0")
    given = authority.authorised(said["authCode"])
    assert given.pay_auth_no.startswith("AUTH") and given.document_number == PATIENT and given.name == "王秀芳"
    for code in (said["authCode"], "nothing", ""):
        with pytest.raises(Rejected):
            authority.authorised(code)
    refused = dict(parse_qsl(urlsplit(world.refuse(page)).query))
    assert refused["state"] == "abc" and "authCode" not in refused


def test_only_this_hospital_is_answered(world: Bureau) -> None:
    page = world.authority().authorize_url(return_url=BACK)
    code = dict(parse_qsl(urlsplit(world.agree(page, PATIENT)).query))["authCode"]
    with pytest.raises(Rejected):
        world.authority(secret="0" * 32).authorised(code)
    assert world.authority().authorised(code).pay_auth_no, "a wrong signature uses nothing up"
    for name in ("bizType", "orgCodg", "orgChnlCrtfCodg", "orgAppId", "channel"):
        assert world.get(page.replace(f"{name}=", f"{name}=x")).status_code == 400
    world.switch(up=False)
    with pytest.raises(Unreachable):
        world.authority().authorised(code)
    world.switch(up=True)
