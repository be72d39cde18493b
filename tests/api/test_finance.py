"""财务 over REST: what was entered is read back in fen, by day, by account, as a sheet, and a day is closed once."""

from datetime import date, time, timedelta
from io import BytesIO

from openpyxl import load_workbook

from hospital_app.domain.calendar import instant
from hospital_app.domain.identity import SYSTEM, Role
from hospital_app.domain.ledger import Event, captured, owed
from hospital_app.domain.policy import Rules
from hospital_app.services import ledger
from hospital_app.work import transaction
from tests.api.test_schedules import at_work
from tests.support.builders import a_department
from tests.support.house import House
from tests.support.terminal import Terminal, refusal

ON = date(2026, 11, 24)
DAYS = f"since={ON}&until={ON}"


def an_office(house: House) -> Terminal:
    """A finance office, with 50.00 taken and 40.00 of it owed back on the day before."""
    a_department(house.sessions)
    with transaction(house.sessions, now=instant(ON, time(10)), actor=SYSTEM, rules=Rules()) as work:
        ledger.enter(work, Event.CAPTURED, "GP1", captured("wechat", 5000), "03.01")
        ledger.enter(work, Event.OWED, "GR1", owed("wechat", "cash", 4000), "03.01")
    house.at(instant(ON + timedelta(days=1), time(10)))
    return at_work(house, Role.HOSPITAL_ADMIN)


def test_what_was_taken_is_read_back(house: House) -> None:
    office = an_office(house)
    whole = office.get(f"/api/v1/finance/takings?{DAYS}").json()["whole"]
    assert whole["captured_fen"] == 5000
    book = office.get(f"/api/v1/finance/ledger/balances?on={ON}").json()
    balances = {each["account"]: each["balance_fen"] for each in book["accounts"]}
    assert balances["channel:wechat"] == 5000 and sum(balances.values()) == 0 and book["closed_at"] is None
    entries = office.get(f"/api/v1/finance/ledger/entries?on={ON}").json()["entries"]
    assert sorted(each["subject"] for each in entries) == ["GP1", "GR1"]
    for path in (f"takings.xlsx?{DAYS}", f"ledger/entries.xlsx?on={ON}"):
        sheet = load_workbook(BytesIO(office.get(f"/api/v1/finance/{path}").content)).active
        assert sheet is not None and sheet.max_row > 1


def test_a_day_is_closed_once(house: House) -> None:
    office = an_office(house)
    assert office.get("/api/v1/finance/ledger/days").json()["until"] == ON.isoformat()
    closing = office.post("/api/v1/finance/ledger/closing", {"until": ON.isoformat()})
    assert ON.isoformat() in closing.json()["closed"]
    assert office.post("/api/v1/finance/ledger/closing", {"until": ON.isoformat()}).json()["closed"] == []
    assert office.get(f"/api/v1/finance/ledger/balances?on={ON}").json()["closed_at"]
    assert refusal(office.post("/api/v1/finance/ledger/closing", {"until": "2026-11-25"}))[0] in (409, 422)


def test_the_desk_reads_what_is_not_there(house: House) -> None:
    office = an_office(house)
    assert office.get(f"/api/v1/finance/payments?on={ON}").status_code == 200
    assert office.get("/api/v1/finance/refunds").json() == []
    assert office.get(f"/api/v1/shifts?on={ON}").json() == []
    assert refusal(office.get("/api/v1/finance/payments/GP261125000000001")) == (404, "not_found")
