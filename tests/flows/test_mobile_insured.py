"""医保移动支付: the patient agrees at the platform's page, once, for one order, in one session; then both legs move."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import select, text, update
from sqlmodel import col

from hospital_app import container as containers
from hospital_app.adapters.insurance_authority import MobileAuthority
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor
from hospital_app.flows import booking, insurance_authorising, outbox, payment
from hospital_app.models.booking import Appointment
from hospital_app.models.identity import Patient
from hospital_app.models.operation import AuditEntry
from hospital_app.services import sessions
from tests.flows.test_insured import cash_paid, insured, settled_there, settlement, until_quiet
from tests.support.bureau import Bureau
from tests.support.outside import Door, plain_client
from tests.support.town import Order, Town
from tests.support.town_fixtures import SHORT


@pytest.fixture
def mobile_town(mariadb_town: Town, bureau: Bureau) -> Iterator[Town]:
    house = mariadb_town.house
    mobile = bureau.mobile(timeout_seconds=SHORT)
    house.container = replace(house.container, bureau=mobile, mobile=mobile)
    containers.use(house.container)
    yield mariadb_town
    bureau.calm()


def asks(town: Town, authority: MobileAuthority | None) -> None:
    town.house.container = replace(town.house.container, authority=authority)
    containers.use(town.house.container)


def ordered(town: Town, bureau: Bureau) -> Order:
    """A hold by somebody whom the bureau knows, at a hospital that uses mobile insurance payment."""
    asks(town, None)
    order = insured(town, bureau)
    asks(town, bureau.authority())
    return replace(order, actor=replace(order.actor, session_id=1))


def number_of(town: Town, order: Order) -> str:
    with town.house.sessions() as session:
        patient = session.scalars(
            select(Patient)
            .join(Appointment, col(Appointment.patient_id) == col(Patient.id))
            .where(col(Appointment.no) == order.no)
        ).one()
        assert patient.document_number is not None
        return patient.document_number


def gone_there(order: Order) -> str:
    return insurance_authorising.start(order.actor, no=order.no)


def back(order: Order, address: str, *, actor: Actor | None = None, no: str = "") -> None:
    said = dict(parse_qsl(urlsplit(address).query))
    insurance_authorising.finish(
        actor or order.actor, no=no or order.no, state=said["state"], code=said.get("authCode", "")
    )


def authorised(town: Town, bureau: Bureau, order: Order) -> None:
    back(order, bureau.agree(gone_there(order), number_of(town, order)))


def opened(order: Order) -> payment.PaymentView:
    return payment.start(order.actor, no=order.no, channel="wechat", insurance=True)


def deeds(town: Town, action: str) -> list[str]:
    with town.house.sessions() as session:
        return list(session.scalars(select(col(AuditEntry.subject)).where(col(AuditEntry.action) == action)))


def refusal_of(order: Order, address: str, **other: object) -> str:
    with pytest.raises(Refusal) as refused:
        back(order, address, **other)  # type: ignore[arg-type]
    return refused.value.code


def test_who_agreed_is_quoted_settled_and_given_back(mobile_town: Town, bureau: Bureau) -> None:
    town, order = mobile_town, ordered(mobile_town, bureau)
    with pytest.raises(Refusal) as refused:
        opened(order)
    assert refused.value.code == "authorisation_needed"
    authorised(town, bureau, order)
    shown = opened(order)
    assert shown.fund_fen > 0 and shown.cash_fen < 5000 and opened(order) == shown
    kept = settlement(town, shown.no)
    assert kept.pay_order_id and "AUTH" not in kept.pay_token
    with town.house.engine.connect() as raw:
        assert all("AUTH" not in row.payload for row in raw.execute(text("SELECT payload FROM ceremony")))
    cash_paid(town, shown.no)
    town.house.work_off()
    assert town.seen(order).status == "booked" and settled_there(bureau, kept.no) == 1
    booking.cancel(order.actor, no=order.no)
    until_quiet(town)
    assert settlement(town, shown.no).status == "reversed" and settled_there(bureau, kept.no) == 0
    assert {each.leg for each in town.refunds(order)} == {"cash", "insurance"}
    assert town.house.broken() == []


def test_over_http_the_browser_goes_to_the_platform_and_comes_back_to_the_cashier(
    mobile_town: Town, bureau: Bureau, door: Door
) -> None:
    town, order = mobile_town, ordered(mobile_town, bureau)
    signed_in = town.house.do(sessions.open_for_account, account_id=order.actor.account_id)
    at_home = {"Authorization": f"Bearer {signed_in.token}"}
    path = f"/api/v1/appointments/{order.no}"
    wish = {"insurance": True, "use_account": False, "cash": "wechat"}
    with plain_client(door.url) as browser:
        needed = browser.post(f"{path}/payments", json=wish, headers=at_home)
        assert (needed.status_code, needed.json()["error"]) == (422, "authorisation_needed")
        asked = browser.post(f"{path}/insurance-authorisations", headers=at_home)
        assert asked.status_code == 201
        back = bureau.agree(asked.json()["url"], number_of(town, order))
        stranger = browser.get(back)
        assert (stranger.status_code, stranger.headers["location"]) == (303, f"/pay/{order.no}?insurance=other_browser")
        for outcome in ("authorised", "ceremony_over"):
            returned = browser.get(back, headers=at_home)
            assert (returned.status_code, returned.headers["location"]) == (
                303,
                f"/pay/{order.no}?insurance={outcome}",
            )
        shown = browser.post(f"{path}/payments", json=wish, headers=at_home).json()
        split = shown["split"]
        assert split["fund_fen"] > 0 and sum(split.values()) == 5000
        cash_paid(town, shown["payment_no"])
        town.house.work_off()
        assert browser.get(path, headers=at_home).json()["status"] == "booked"
        assert browser.post(f"{path}/insurance-authorisations", headers=at_home).json()["error"] == "already_paid"


def test_an_authorisation_is_of_one_session_one_order_and_one_person(mobile_town: Town, bureau: Bureau) -> None:
    town, order = mobile_town, ordered(mobile_town, bureau)
    other = ordered(town, bureau)
    page, own = gone_there(order), number_of(town, order)
    agreed = bureau.agree(page, own)
    assert refusal_of(order, agreed, actor=replace(order.actor, session_id=2)) == "other_browser"
    assert refusal_of(order, agreed, actor=other.actor) == "other_browser"
    assert refusal_of(order, agreed, no=other.no) == "other_browser"
    back(order, agreed)
    assert refusal_of(order, agreed) == "ceremony_over", "once"
    assert not insurance_authorising.needed(order.actor, no=order.no)
    assert insurance_authorising.needed(other.actor, no=other.no)
    assert refusal_of(other, bureau.agree(gone_there(other), own)) == "other_insured"
    assert deeds(town, "insurance.authorised-other") == [f"appointment:{other.no}"]
    theirs = number_of(town, other)
    assert refusal_of(other, bureau.agree(gone_there(other), theirs, family=True)) == "family_authorised"
    assert refusal_of(other, bureau.refuse(gone_there(other))) == "authorisation_refused"
    late = bureau.agree(gone_there(other), number_of(town, other))
    town.house.later(minutes=11)
    assert refusal_of(other, late) == "ceremony_over"
    assert insurance_authorising.needed(other.actor, no=other.no)


def test_an_old_authorisation_is_asked_for_again(mobile_town: Town, bureau: Bureau) -> None:
    town, order = mobile_town, ordered(mobile_town, bureau)
    settings = town.house.container.settings.model_copy(update={"insurance_authorisation_minutes": 5})
    town.house.container = replace(town.house.container, settings=settings)
    containers.use(town.house.container)
    authorised(town, bureau, order)
    opened(order)
    town.house.later(minutes=6)
    with pytest.raises(Refusal) as refused:
        opened(order)
    assert refused.value.code == "authorisation_needed"


def test_a_silent_platform_is_corrected_and_the_order_is_placed_anew(mobile_town: Town, bureau: Bureau) -> None:
    """It did settle, and never said so: that goes back, and a second order settles once."""
    town, order = mobile_town, ordered(mobile_town, bureau)
    authorised(town, bureau, order)
    shown = opened(order)
    first = settlement(town, shown.no).pay_order_id
    bureau.trouble("6202", "silent-after", seconds=2)
    cash_paid(town, shown.no)
    town.house.work_off()
    outbox._silent_until.clear()
    until_quiet(town)
    kept = settlement(town, shown.no)
    assert town.seen(order).status == "booked" and kept.pay_order_id != first
    assert [row["state"] for row in bureau.settlements(kept.no)] == ["reversed", "settled"]
    assert town.refunds(order) == [] and town.house.broken() == []


@pytest.mark.parametrize("trouble", ["refuse", "wrong-split", "taken back"])
def test_what_cannot_be_placed_anew_gives_the_cash_back_at_once(
    mobile_town: Town, bureau: Bureau, trouble: str
) -> None:
    town, order = mobile_town, ordered(mobile_town, bureau)
    authorised(town, bureau, order)
    shown = opened(order)
    bureau.trouble("6202", "silent-before", seconds=2)
    cash_paid(town, shown.no)
    if trouble == "taken back":
        with town.house.sessions.begin() as session:
            session.execute(update(Patient).values(insurance_number=None))
    else:
        bureau.trouble("6201", trouble)
    town.house.work_off()
    outbox._silent_until.clear()
    until_quiet(town)
    kept = settlement(town, shown.no)
    assert (kept.status, settled_there(bureau, kept.no)) == ("failed", 0)
    assert [(each.leg, each.amount_fen) for each in town.refunds(order)] == [("cash", shown.cash_fen)]
    assert town.told(order).count("insurance-unsettled") == 1 and town.house.broken() == []
