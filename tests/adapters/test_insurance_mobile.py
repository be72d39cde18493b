"""医保移动支付 against the platform's sandbox: the same port, sealed by 国密."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from hospital_app.adapters.insurance_mobile import MobileBureau
from hospital_app.domain.calendar import local
from hospital_app.domain.money import Split
from hospital_app.domain.settlement import BureauOrder
from hospital_app.ports import Forged, Rejected, Silent, Unreachable
from hospital_app.sandbox.insurance.mobile import callback, platform_envelope
from tests.adapters.test_insurance_bureau import PATIENT, a_visit, agreed
from tests.support.bureau import Bureau
from tests.support.processes import running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    world = Bureau(tmp_path_factory.mktemp("mobile"))
    with running(world):
        yield world


@pytest.fixture
def mobile(world: Bureau) -> Iterator[MobileBureau]:
    mobile = world.mobile()
    mobile.quote(a_visit())
    world.provide(PATIENT, balance_fen=20_00)
    yield mobile
    world.calm()


def ordered(world: Bureau, mobile: MobileBureau, **changed: Any) -> BureauOrder:
    visit = a_visit(pay_auth_no=world.pay_auth_no(PATIENT), **changed)
    quote = mobile.quote(visit)
    order = agreed(mobile, visit, quote)
    return replace(order, pay_order_id=quote.pay_order_id, pay_token=quote.pay_token)


def states(world: Bureau, order: BureauOrder) -> list[str]:
    return [row["state"] for row in world.settlements(order.no)]


def test_what_was_agreed_is_settled_once_and_goes_back_whole(world: Bureau, mobile: MobileBureau) -> None:
    order = ordered(world, mobile)
    assert order.split == Split(80_00, 22_50, 20_00, 37_50) and world.settlements(order.no) == []
    settled = mobile.settle(order)
    assert mobile.settle(order).settlement_id == settled.settlement_id
    (row,) = world.settlements(order.no)
    assert (row["setl_id"], row["msgid"]) == (settled.settlement_id, order.message_id)
    assert [line.number for line in mobile.statement(local(settled.settled_at).date()) if line.number == order.no] == [
        order.no
    ]
    for _ in range(2):
        mobile.reverse(order)
        assert states(world, order) == ["reversed"]


@pytest.mark.timeout(60)
def test_a_patient_who_looks_on_waits_less_long_than_a_settlement(world: Bureau) -> None:
    visit = a_visit(pay_auth_no=world.pay_auth_no(PATIENT))
    world.trouble("6201", "silent-before")
    with pytest.raises(Silent):
        world.mobile(timeout_seconds=300, quote_timeout_seconds=0.7).quote(visit)


def test_silences_are_cleared_up(world: Bureau, mobile: MobileBureau) -> None:
    quick = world.mobile(timeout_seconds=0.7)
    for kind, left in (("silent-before", []), ("silent-after", ["reversed"])):
        order = ordered(world, mobile)
        world.trouble("6202", kind)
        with pytest.raises(Silent):
            quick.settle(order)
        for _ in range(2):
            mobile.correct(order)
            assert states(world, order) == left
        with pytest.raises(Rejected):  # never again under this order
            mobile.settle(order)
        ended = replace(order, pay_order_id="", message_id="")
        anew = mobile.place(ended, a_visit(no=order.no))
        assert (anew.split, anew.visit_id) == (order.split, order.visit_id) and anew.pay_order_id != order.pay_order_id
        second = replace(
            order, pay_order_id=anew.pay_order_id, pay_token=anew.pay_token, message_id=mobile.message_id()
        )
        mobile.settle(second)
        assert states(world, order) == [*left, "settled"]
        mobile.reverse(second)
        assert states(world, order) == [*left, "reversed"]


def test_without_an_authorisation_it_is_the_national_interface(world: Bureau, mobile: MobileBureau) -> None:
    visit = a_visit()
    order = agreed(mobile, visit, mobile.quote(visit))
    assert (order.pay_order_id, order.pay_token) == ("", "")
    settled = mobile.settle(order)
    assert states(world, order) == ["settled"] and settled.settlement_id.startswith("S")
    mobile.reverse(replace(order, settlement_id=settled.settlement_id))
    assert states(world, order) == ["reversed"]


def test_refusals_and_wrong_amounts_leave_nothing(world: Bureau, mobile: MobileBureau) -> None:
    for infno, kind in (("6201", "refuse"), ("6201", "wrong-split")):
        world.trouble(infno, kind)
        with pytest.raises(Rejected):
            ordered(world, mobile)
    order = ordered(world, mobile)
    world.trouble("6202", "refuse")
    with pytest.raises(Rejected, match="繁忙"):
        mobile.settle(order)
    assert states(world, order) == []
    world.trouble("6202", "wrong-split")
    with pytest.raises(Rejected, match="已退回"):
        mobile.settle(order)
    assert states(world, order) == ["reversed"]
    with pytest.raises(Rejected):  # without the patient's authorisation
        mobile.settle(replace(ordered(world, mobile), pay_token="x "))


def test_only_the_platform_is_believed(world: Bureau, mobile: MobileBureau) -> None:
    order = ordered(world, mobile)
    mobile.settle(order)
    (row,) = world.books("SELECT * FROM mobile_orders WHERE med_org_ord = ?", order.no)
    platform = platform_envelope(world.mobile_keys)
    body = json.dumps(platform.seal(callback(row))).encode()
    notice = mobile.read_callback(body)
    assert (notice.number, notice.pay_order_id, notice.split) == (order.no, order.pay_order_id, order.split)
    strange = replace(platform, app_secret="0" * 32)
    changed = bytearray(body)
    changed[len(body) // 2] ^= 1
    for forged in (json.dumps(strange.seal(callback(row))).encode(), bytes(changed), b"", b"[]", b"{}"):
        with pytest.raises(Forged):
            mobile.read_callback(forged)
    # A door that is not ours to open, and a door that somebody else answers.
    door = f"{world.url}/org/local/api/hos/query_order_info"
    answer = world.post(door, json=strange.seal({"payOrdId": order.pay_order_id})).json()
    assert answer["code"] == "-1" and platform_envelope(world.mobile_keys).app_id == answer["appId"]
    world.switch(up=False)
    with pytest.raises(Unreachable):
        mobile.settle(order)
    world.switch(up=True)
