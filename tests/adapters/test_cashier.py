"""The cashier as a person's browser and as a test's JSON meets it."""

import pytest

from hospital_app.sandbox.intake import own_path
from tests.adapters.merchant import Merchant


def test_the_page_names_amount_and_goods_and_escapes_them(merchant: Merchant) -> None:
    payment_no = merchant.placed(amount_fen=1205, description="<script>alert(1)</script>")
    page = merchant.world.http.get(f"/sandbox/cashier/{payment_no}")
    assert page.status_code == 200
    assert "沙箱收银台" in page.text and "12.05" in page.text
    assert "<script>alert" not in page.text and "&lt;script&gt;alert" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("outcome", "lands"),
    [("success", "/pay/A1"), ("timeout", "/pay/A1"), ("late", "/pay/A1"), ("failure", "/sandbox/cashier/")],
)
def test_a_choice_leads_back_to_the_merchant(merchant: Merchant, outcome: str, lands: str) -> None:
    payment_no = merchant.placed()
    answer = merchant.world.http.post(
        f"/sandbox/cashier/{payment_no}",
        data={"outcome": outcome, "redirect_url": "https://hospital.example/pay/A1", "late_seconds": "1"},
    )
    assert answer.status_code == 303 and answer.headers["location"].startswith(lands)


def test_a_second_payment_is_refused_in_words(merchant: Merchant) -> None:
    payment_no = merchant.paid()
    answer = merchant.world.http.post(f"/sandbox/cashier/{payment_no}", data={"outcome": "success"})
    assert answer.status_code == 409 and 'role="alert"' in answer.text
    repeated = merchant.world.http.post(f"/sandbox/cashier/{payment_no}", json={"outcome": "success"})
    assert repeated.json()["error"] == "success"


def test_a_paid_order_can_be_told_again(merchant: Merchant) -> None:
    payment_no = merchant.paid()
    assert merchant.choose(payment_no, "duplicate") == 202
    merchant.ear.wait_for(4)


@pytest.mark.parametrize(
    "body",
    [{}, {"outcome": "free"}, {"outcome": "late", "late_seconds": "NaN"}, {"outcome": "late", "capture": "never"}],
)
def test_an_outcome_that_does_not_exist_changes_nothing(merchant: Merchant, body: dict[str, str]) -> None:
    payment_no = merchant.placed()
    assert merchant.world.http.post(f"/sandbox/cashier/{payment_no}", json=body).status_code == 422
    found = merchant.gateway.query(payment_no)
    assert found is not None and found.state == "pending"


@pytest.mark.parametrize("body", [b"[1]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_refused(merchant: Merchant, body: bytes) -> None:
    assert merchant.world.http.post(f"/sandbox/cashier/{merchant.placed()}", content=body).status_code == 400


def test_an_unknown_order_is_not_found(merchant: Merchant) -> None:
    assert merchant.world.http.get("/sandbox/cashier/P000000").status_code == 404
    assert merchant.choose("P000000", "success") == 404


def test_the_list_shows_the_latest_orders(merchant: Merchant) -> None:
    payment_no = merchant.paid()
    assert payment_no in merchant.world.http.get("/sandbox/cashier").text


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://hospital.example/pay/A1?x=1", "/pay/A1?x=1"),
        ("/pay/A1", "/pay/A1"),
        ("https://evil.example//other.example/x", "/other.example/x"),
        ("//evil.example/x", "/x"),
        ("/\\evil.example/x", "/x"),
        ("javascript:alert(1)", "/alert(1)"),
        ("", ""),
    ],
)
def test_the_way_back_stays_on_our_own_origin(url: str, path: str) -> None:
    assert own_path(url) == path
