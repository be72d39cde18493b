"""对账 over REST: finance sees days, both sides of a difference and its history, resolves it, takes the sheet."""

import io
from datetime import timedelta

from openpyxl import load_workbook

from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.reconciling import Entry, compare
from hospital_app.services import our_movements, reconciling
from tests.support.booked import a_booked_appointment
from tests.support.builders import a_schedule
from tests.support.house import House
from tests.support.people import signed_in
from tests.support.terminal import Terminal, an_admin, refusal


def a_day_with_a_difference(house: House) -> str:
    """Yesterday's address: the channel has one payment that we know nothing of, under a formula for its number."""
    a_booked_appointment(house.sessions, schedule_id=a_schedule(house.sessions))
    on = clinic_day(house.now) - timedelta(days=1)
    house.later(hours=3)
    house.do(reconciling.open_days, channels=["wechat"])
    foreign = Entry("payment", "=1+1", 4999, "captured", house.now - timedelta(days=1), "T1")
    compared = compare(on, theirs=[foreign], ours=house.do(our_movements.of_day, channel="wechat", on=on))
    house.do(reconciling.write, channel="wechat", on=on, compared=compared, appointments={})
    return f"/api/v1/reconciliations/wechat/{on}"


def test_finance_resolves_a_difference_and_takes_the_sheet(house: House) -> None:
    address, admin = a_day_with_a_difference(house), an_admin(house)
    (listed,) = admin.get("/api/v1/reconciliations").json()
    assert (listed["status"], listed["still_open"], listed["bill_fen"], listed["our_fen"]) == (
        "differences", 1, 4999, 0,
    )  # fmt: skip
    (wrong,) = admin.get(address).json()["differences"]
    assert (wrong["kind"], wrong["number"], wrong["their_fen"], wrong["our_fen"]) == (
        "missing-here",
        "=1+1",
        4999,
        None,
    )
    of_it = f"/api/v1/reconciliation-differences/{wrong['id']}"
    wish = {"resolution": "refunded-there", "note": "在商户后台退回付款人"}
    done = admin.post(f"{of_it}/resolution", wish)
    assert (done.status_code, done.json()["status"]) == (200, "resolved")
    assert refusal(admin.post(f"{of_it}/resolution", wish)) == (409, "already_handled")
    steps = admin.get(f"{of_it}/history").json()["steps"]
    assert [step["code"] for step in steps] == ["reconciliation.resolve"]
    sheet = admin.get(f"{address}/differences.xlsx")
    head, row = load_workbook(io.BytesIO(sheet.content)).active.iter_rows(values_only=True)  # type: ignore[union-attr]
    told = dict(zip(head, row, strict=True))
    assert (told["我方单号"], told["对方金额（元）"], told["处理方式"]) == ("'=1+1", "49.99", "已在渠道后台退款")
    assert admin.post(f"{address}/run", {}).status_code == 202
    assert admin.get("/api/v1/reconciliations").json()[0]["attempts"] == 1
    gauges = admin.get("/metrics").text
    assert "guahao_reconciliation_open 0.0" in gauges and "guahao_reconciliation_waiting 0.0" in gauges


def test_nobody_else_is_told_anything(house: House) -> None:
    address = a_day_with_a_difference(house)
    patient = Terminal(token=signed_in(house, "13800138000").token)
    for path in ("/api/v1/reconciliations", address, f"{address}/differences.xlsx"):
        assert patient.get(path).status_code == 403
        assert Terminal().get(path).status_code == 401
    admin = an_admin(house)
    assert refusal(admin.get("/api/v1/reconciliations/wechat/2020-01-01")) == (404, "not_found")
    assert admin.get("/api/v1/reconciliations/We'/2020-01-01").status_code == 422
