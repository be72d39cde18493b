"""The national insurance interface against the bureau's sandbox, over HTTP and signed."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hospital_app.adapters.insurance_gateway import Institution, sign
from hospital_app.domain.documents import DocumentKind
from hospital_app.domain.insurance import Claim
from hospital_app.ports import Rejected, Unreachable
from tests.support.bureau import Bureau
from tests.support.people import resident_id
from tests.support.processes import running
from tests.support.waiting import free_port

WOMAN = resident_id()
#: base64(HMAC-SHA1) of that text under "secret", computed with openssl.
SIGNATURE = "e4AHhozQBunv5N1GgtSqVeyFEIU="
CLAIM = Claim("王秀芳", DocumentKind.RESIDENT_ID, WOMAN, "31012345678")


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    world = Bureau(tmp_path_factory.mktemp("insurance"))
    with running(world):
        yield world


def test_the_signature_is_that_of_the_gateway() -> None:
    """Of `_api_access_key=ak&_api_name=1101&_api_timestamp=1700000000&_api_version=1.0`, whatever the order given."""
    headers = {"_api_version": "1.0", "_api_timestamp": "1700000000", "_api_name": "1101", "_api_access_key": "ak"}
    assert sign("secret", headers) == SIGNATURE
    assert sign("secret", headers | {"_api_name": "2201"}) != SIGNATURE


def test_somebody_is_known_by_card_and_by_id(bureau: Bureau) -> None:
    by_card = bureau.registry().person(CLAIM)
    by_id = bureau.registry().person(replace(CLAIM, insurance_number=WOMAN))
    assert by_card is not None and by_card == by_id
    assert (by_card.name, by_card.document_number) == ("王秀芳", WOMAN)
    assert [(each.region, each.status) for each in by_card.enrolments] == [("110100", "1")]


def test_anothers_card_shows_whose_it_is_and_nobodys_shows_nobody(bureau: Bureau) -> None:
    bureau.registry().person(CLAIM)
    other = Claim("李雷", DocumentKind.RESIDENT_ID, resident_id(born="19800229", order="113"), "31012345678")
    known = bureau.registry().person(other)
    assert known is not None and known.document_number == WOMAN
    assert bureau.registry().person(replace(other, insurance_number="9912345678")) is None


def test_a_foreigner_is_insured_where_they_are_treated(bureau: Bureau) -> None:
    known = bureau.registry().person(Claim("Anna", DocumentKind.PASSPORT, "E12345678", "55512345"))
    assert known is not None and known.enrolments[0].region == "420300"


def test_an_unsigned_or_strange_caller_learns_nothing(bureau: Bureau) -> None:
    before = bureau.books("SELECT count(*) AS n FROM persons")[0]["n"]
    stranger = Institution("H99999999999", "x", "110100")
    for gateway in (
        bureau.gateway(secret_key="wrong"),
        bureau.gateway(access_key="wrong"),
        bureau.gateway(institution=stranger),
    ):
        with pytest.raises(Rejected):
            gateway.call("1101", {"data": {}})
    for infno, given in (("1101", {}), ("1101", {"data": {"mdtrt_cert_type": "03"}}), ("9999", {})):
        with pytest.raises(Rejected):
            bureau.gateway().call(infno, given)
    assert bureau.books("SELECT count(*) AS n FROM persons")[0]["n"] == before
    assert bureau.post("/csb", json={"infno": "1101"}).json()["infcode"] == -1
    assert bureau.post("/csb", content=b"[").status_code == 400


def test_away_is_away_until_it_is_back(bureau: Bureau) -> None:
    bureau.switch(up=False)
    with pytest.raises(Unreachable):
        bureau.registry().person(CLAIM)
    bureau.switch(up=True)
    assert bureau.registry().person(CLAIM) is not None
    with pytest.raises(Unreachable):
        bureau.gateway(url=f"http://127.0.0.1:{free_port()}/csb").call("1101", {})
    assert bureau.post("/sandbox/insurance", json={"up": "perhaps"}).status_code == 422


def test_its_page_shows_nobody_in_full(bureau: Bureau) -> None:
    bureau.registry().person(CLAIM)
    page = bureau.get("/sandbox/insurance").text
    assert "王*芳" in page and WOMAN not in page and "正常参保" in page
