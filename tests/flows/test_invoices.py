"""电子票据 and 我的账单: issued once, red-lettered and issued anew as the money goes; nobody sees another's."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import zxingcpp
from pypdfium2 import PdfDocument
from sqlalchemy import Engine
from sqlmodel import select

from hospital_app.adapters.invoice_platform import InvoicePlatform
from hospital_app.domain.errors import Refusal
from hospital_app.domain.invoicing import InvoiceOrder
from hospital_app.domain.policy import Rules
from hospital_app.flows import booking, invoices
from hospital_app.models.finance import Invoice
from hospital_app.ports import Rejected, Unreachable
from hospital_app.sandbox.invoice import keys as invoice_keys
from tests.support.builders import FEE_FEN
from tests.support.house import House
from tests.support.outside import Door, Outside, Sandbox
from tests.support.processes import running
from tests.support.town import Order, Town
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    fresh = Sandbox("invoice", tmp_path_factory.mktemp("invoice"))
    with running(fresh):
        yield fresh


@pytest.fixture
def town(mariadb_engine: Engine, redis_url: str, world: Outside, platform: Sandbox, door: Door) -> Town:
    return a_town(mariadb_engine, redis_url, world, platform, door)


def a_town(engine: Engine, redis_url: str, world: Outside, platform: Sandbox, door: Door, **rules: bool) -> Town:
    known = invoice_keys.product_settings(platform.directory / "invoice-keys")
    settings = world.settings(door=door.url) | {
        name.removeprefix("HOSPITAL_").lower(): value for name, value in known.items()
    }
    own = {"invoice_url": platform.url, "rules": Rules(**rules)}
    return Town(House(engine, redis_url, **{**settings, **own}), world)


def issued(platform: Sandbox, payment_no: str) -> list[tuple[str, str, bool]]:
    """(busNo, amount, red-lettered) of all that the platform has issued for a payment."""
    rows = platform.books("SELECT * FROM bills WHERE bus_no LIKE ? ORDER BY seq", f"{payment_no}-%")
    return [(row["bus_no"], row["amount"], row["voided_at"] is not None) for row in rows]


def opened(content: bytes) -> tuple[str, list[str]]:
    """Text without blanks, and QR codes, of what a browser's own reader shows."""
    with PdfDocument(content) as paper:
        (page,) = paper
        text, picture = page.get_textpage().get_text_bounded(), page.render(scale=3).to_pil()
    return "".join(text.split()), [each.text for each in zxingcpp.read_barcodes(picture)]


def refunded(town: Town, order: Order) -> None:
    def back() -> bool:
        town.house.later(seconds=5)
        town.house.work_off()
        return all(refund.status == "done" for refund in town.refunds(order))

    wait_until(back, what="the refund arriving")


def test_the_patient_asks_once_and_sees_it_on_the_bill(town: Town, platform: Sandbox) -> None:
    order = town.booked()
    (number,) = town.payments(order)
    town.house.work_off()
    (bill,) = invoices.listing(order.actor)
    assert (bill.payment_no, bill.kept_fen, bill.invoice) == (number, FEE_FEN, None)
    asked = [invoices.request(order.actor, payment_no=number) for _ in range(3)]
    assert [each.status for each in asked] == ["requested"] * 3
    town.house.work_off()
    assert issued(platform, number) == [(f"{number}-1", "50.00", False)]
    found = invoices.one(order.actor, payment_no=number)
    assert (found.status, found.amount_fen) == ("issued", FEE_FEN)
    assert found.batch_code and found.number and found.check_code
    shown = platform.get(found.url)
    assert shown.is_success and found.number in shown.text
    text, codes = opened(invoices.printed(order.actor, payment_no=number).content)
    assert codes == [f"{town.house.container.settings.public_url}{found.url}"]
    for said in (found.number, found.check_code, order.no, "个人现金支付：50.00", "伍拾元整", "演示票据"):
        assert said in text
    assert "冲红" not in text
    assert invoices.listing(order.actor)[0].invoice == found


def test_refunded_in_full_it_is_red_lettered(town: Town, platform: Sandbox) -> None:
    order = town.booked()
    (number,) = town.payments(order)
    invoices.request(order.actor, payment_no=number)
    town.house.work_off()
    booking.cancel(order.actor, no=order.no)
    refunded(town, order)
    assert issued(platform, number) == [(f"{number}-1", "50.00", True)]
    (bill,) = invoices.listing(order.actor)
    assert bill.invoice is not None and bill.invoice.status == "voided"
    text, _ = opened(invoices.printed(order.actor, payment_no=number).content)
    assert "已冲红作废" in text and "不得作为报销凭证" in text and "（小写）50.00" in text
    assert [refund.status for refund in bill.refunds] == ["done"]
    with pytest.raises(Refusal) as refusal:
        invoices.request(order.actor, payment_no=number)
    assert refusal.value.code == "nothing_kept"


def test_refunded_in_part_it_is_issued_anew(town: Town, platform: Sandbox) -> None:
    order = town.booked()
    (number,) = town.payments(order)
    invoices.request(order.actor, payment_no=number)
    town.house.work_off()
    starts_at = town.seen(order).starts_at
    town.house.at(starts_at - timedelta(hours=1))  # a fee is kept
    booking.cancel(order.actor, no=order.no)
    town.house.work_off()
    kept = FEE_FEN - sum(refund.amount_fen for refund in town.refunds(order))
    assert 0 < kept < FEE_FEN
    assert issued(platform, number) == [
        (f"{number}-1", "50.00", True),
        (f"{number}-2", f"{kept / 100:.2f}", False),
    ]
    found = invoices.one(order.actor, payment_no=number)
    assert (found.status, found.amount_fen) == ("issued", kept)
    text, _ = opened(invoices.printed(order.actor, payment_no=number).content)
    assert f"个人现金支付：{kept / 100:.2f}" in text and "冲红" not in text


def test_the_rule_issues_by_itself(
    mariadb_engine: Engine, redis_url: str, world: Outside, platform: Sandbox, door: Door
) -> None:
    town = a_town(mariadb_engine, redis_url, world, platform, door, invoice_automatic=True)
    order = town.booked()
    (number,) = town.payments(order)
    town.house.work_off()
    assert issued(platform, number) == [(f"{number}-1", "50.00", False)]


def test_a_platform_that_is_down_issues_it_later_and_once(town: Town, platform: Sandbox) -> None:
    order = town.booked()
    (number,) = town.payments(order)
    platform.post("/sandbox/invoice", json={"up": False})
    invoices.request(order.actor, payment_no=number)
    town.house.work_off()
    assert invoices.one(order.actor, payment_no=number).status == "requested"
    with pytest.raises(Refusal) as refusal:
        invoices.printed(order.actor, payment_no=number)
    assert refusal.value.code == "invoice_pending"
    platform.post("/sandbox/invoice", json={"up": True})
    town.house.later(minutes=6)
    town.house.work_off()
    town.house.work_off()
    assert len(issued(platform, number)) == 1
    assert invoices.one(order.actor, payment_no=number).status == "issued"


def test_nobody_sees_or_asks_for_anothers(town: Town) -> None:
    clinic = town.clinic(numbers=2)
    order, other = town.booked(clinic), town.booked(clinic)
    (number,) = town.payments(order)
    for attempt in (invoices.request, invoices.one, invoices.printed):
        with pytest.raises(Refusal) as refusal:
            attempt(other.actor, payment_no=number)
        assert refusal.value.code == "not_found"
    assert [bill.appointment_no for bill in invoices.listing(other.actor)] == [other.no]
    with town.house.sessions() as session:
        assert session.scalars(select(Invoice)).all() == []


def test_what_is_not_signed_is_not_taken(town: Town, platform: Sandbox) -> None:
    known = invoice_keys.generate(platform.directory / "invoice-keys")
    order = InvoiceOrder("X-1", "张三", 100, "GH1", "内科", town.house.now)
    stranger = InvoicePlatform(platform.url, known.appid, "wrong", place_code="001")
    with pytest.raises(Unreachable, match="signed"):
        stranger.issue(order)
    ours = InvoicePlatform(platform.url, known.appid, known.key, place_code="001")
    first = ours.issue(order)
    assert ours.issue(order) == first
    with pytest.raises(Rejected):
        ours.issue(InvoiceOrder("X-1", "张三", 200, "GH1", "内科", town.house.now))
    for _ in range(2):
        ours.void("X-1", first, reason="退款")
    assert issued(platform, "X") == [("X-1", "1.00", True)]
