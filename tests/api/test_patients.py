"""就诊人 over HTTP: one's own, masked, exact types only."""

from typing import Any

import pytest

from tests.support.house import House
from tests.support.people import resident_id, signed_in
from tests.support.terminal import Terminal, refusal

WOMAN = resident_id()


def a_browser(house: House, phone: str = "13800138000") -> Terminal:
    return Terminal(token=signed_in(house, phone).token)


def test_a_family_over_http(house: House) -> None:
    browser = a_browser(house)
    assert browser.get("/api/v1/patients").json() == []
    me = browser.post("/api/v1/patients", {"name": "王秀芳", "relation": "self"})
    assert me.status_code == 201 and me.json()["missing"] == ["document_number", "born_on", "gender"]
    path = f"/api/v1/patients/{me.json()['id']}"
    whole = browser.patch(path, {"document_number": WOMAN, "insurance_number": "31012345678"}).json()
    assert whole == {
        "id": me.json()["id"],
        "name": "王*芳",
        "relation": "self",
        "document_kind": "resident-id",
        "document": f"110***********{WOMAN[-4:]}",
        "born_on": "1974-03-01",
        "age": 52,
        "gender": "female",
        "insurance_number": "*******5678",
        "insurance_verified": False,
        "insurance_region": "",
        "missing": [],
    }
    assert browser.get("/api/v1/patients").json() == [whole]
    assert browser.delete(path).status_code == 204
    assert browser.get("/api/v1/patients").json() == []


def test_a_passport_with_everything(house: House) -> None:
    given = {
        "name": "Anna Schmidt",
        "relation": "spouse",
        "document_kind": "passport",
        "document_number": "c01x 00t47",
        "born_on": "1990-05-05",
        "gender": "female",
    }
    answer = a_browser(house).post("/api/v1/patients", given)
    assert answer.status_code == 201 and answer.json()["document"] == "*****0T47"
    assert answer.json()["missing"] == []


def test_refusals_keep_their_codes(house: House) -> None:
    browser, other = a_browser(house), a_browser(house, "13700137000")
    browser.post("/api/v1/patients", {"name": "王秀芳", "relation": "self", "document_number": WOMAN})
    answer = other.post("/api/v1/patients", {"name": "李雷", "relation": "self", "document_number": WOMAN})
    assert refusal(answer) == (409, "document_taken")
    answer = other.post("/api/v1/patients", {"name": "李雷", "relation": "self", "document_number": "123"})
    assert refusal(answer) == (422, "bad_document")
    answer = other.post("/api/v1/patients", {"name": "李\u0000雷", "relation": "self"})
    assert refusal(answer) == (422, "bad_name")


def test_anothers_family_member_is_404_and_stays(house: House) -> None:
    browser, other = a_browser(house), a_browser(house, "13700137000")
    member = browser.post("/api/v1/patients", {"name": "王秀芳", "relation": "self"}).json()
    path = f"/api/v1/patients/{member['id']}"
    assert refusal(other.patch(path, {"name": "李雷"})) == (404, "not_found")
    assert refusal(other.delete(path)) == (404, "not_found")
    assert browser.get("/api/v1/patients").json() == [member]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, "body"),
        ([], "body"),
        ("王芳", "body"),
        ({"relation": "self"}, "name"),
        ({"name": "王芳"}, "relation"),
        ({"name": 5, "relation": "self"}, "name"),
        ({"name": ["王芳"], "relation": "self"}, "name"),
        ({"name": "王" * 41, "relation": "self"}, "name"),
        ({"name": "王芳", "relation": "boss"}, "relation"),
        ({"name": "王芳", "relation": "self", "id": 7}, "id"),
        ({"name": "王芳", "relation": "self", "account_id": 1}, "account_id"),
        ({"name": "王芳", "relation": "self", "born_on": 19740301}, "born_on"),
        ({"name": "王芳", "relation": "self", "born_on": "1974-02-30"}, "born_on"),
        ({"name": "王芳", "relation": "self", "document_number": 11010519491231002}, "document_number"),
        ({"name": "王芳", "relation": "self", "document_number": "1" * 41}, "document_number"),
        ({"name": "王芳", "relation": "self", "document_kind": "library-card"}, "document_kind"),
        ({"name": "王芳", "relation": "self", "gender": True}, "gender"),
    ],
)
def test_wrong_types_are_named_and_change_nothing(house: House, body: Any, field: str) -> None:
    browser = a_browser(house)
    answer = browser.post("/api/v1/patients", body)
    assert refusal(answer) == (422, "invalid_request")
    assert field in answer.json()["detail"]
    assert browser.get("/api/v1/patients").json() == []


def test_broken_json_and_bad_encodings_are_refused(house: House) -> None:
    browser = a_browser(house)
    for content in (b"{", b"\xff\xfe", b'{"name": "\\ud800", "relation": "self"}'):
        answer = browser.ask("POST", "/api/v1/patients", content=content, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 422), answer.text
        refusal(answer)
    assert browser.get("/api/v1/patients").json() == []


@pytest.mark.parametrize("number", ["0", "-1", "abc", "1.5", "99999999999999999999"])
def test_ids_that_cannot_be_are_refused(house: House, number: str) -> None:
    browser = a_browser(house)
    assert browser.delete(f"/api/v1/patients/{number}").status_code == 422


def test_an_oversized_body_is_refused(house: House) -> None:
    browser = a_browser(house)
    answer = browser.post("/api/v1/patients", {"name": "王" * 30_000, "relation": "self"})
    assert refusal(answer) == (413, "too_large")


def test_english_on_request_keeps_the_code(house: House) -> None:
    answer = Terminal(accept_language="en").get("/api/v1/patients")
    assert answer.json()["error"] == "signed_out"
