"""医保结算 against the bureau's sandbox: its whole, its silences, its errors, its statement."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from hospital_app import clock
from hospital_app.adapters.insurance_bureau import Customs, NationalBureau
from hospital_app.domain.calendar import local
from hospital_app.domain.money import Split
from hospital_app.domain.settlement import BureauOrder, BureauQuote, InsuredVisit
from hospital_app.ports import InsuranceBureau, Rejected, Silent, Unreachable
from tests.support.bureau import Bureau
from tests.support.people import resident_id
from tests.support.processes import running

PATIENT = resident_id()
SHORT = 0.5
_numbers = count(1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    world = Bureau(tmp_path_factory.mktemp("bureau"))
    with running(world):
        yield world


@pytest.fixture
def bureau(world: Bureau) -> Iterator[NationalBureau]:
    """The patient has used up the deductible and has 20 yuan on the account."""
    bureau = world.bureau()
    bureau.quote(a_visit())
    world.books("SELECT 1")
    world.provide(PATIENT, balance_fen=20_00)
    yield bureau
    world.calm()


def a_visit(**changed: Any) -> InsuredVisit:
    visit = InsuredVisit(
        no=f"S{next(_numbers):012d}",
        name="王秀芳",
        document_number=PATIENT,
        psn_cert_type="01",
        insurance_number=PATIENT,
        insured_region="110100",
        department_code="0301",
        department_name="心血管内科",
        doctor_no="D1001",
        doctor_name="陈建国",
        starts_at=datetime.now(UTC) + timedelta(days=1),
        total_fen=80_00,
        use_account=True,
    )
    return replace(visit, **changed)


def agreed(bureau: InsuranceBureau, visit: InsuredVisit, quote: BureauQuote) -> BureauOrder:
    return BureauOrder(
        no=visit.no,
        person_no=quote.person_no,
        insured_region=quote.insured_region,
        kind=quote.kind,
        visit_id=quote.visit_id,
        batch_no=quote.batch_no,
        use_account=visit.use_account,
        split=quote.split,
        document_number=visit.document_number,
        message_id=bureau.message_id(),
    )


def ordered(bureau: NationalBureau, **changed: Any) -> BureauOrder:
    visit = a_visit(**changed)
    return agreed(bureau, visit, bureau.quote(visit))


def states(world: Bureau, order: BureauOrder) -> list[str]:
    return [row["state"] for row in world.settlements(order.no)]


def balance(world: Bureau) -> int:
    return int(world.books("SELECT balance_fen FROM means JOIN persons USING (psn_no)")[0]["balance_fen"])


def test_a_quote_takes_nothing_and_is_computed_anew_each_time(world: Bureau, bureau: NationalBureau) -> None:
    visit = a_visit()
    quote = bureau.quote(visit)
    # Of 80: 30 above the limit, 5 first, 45 within: the fund's half rounded down to the fen.
    assert quote.split == Split(80_00, 22_50, 20_00, 37_50)
    assert (quote.balance_fen, quote.insured_region) == (20_00, "110100")
    assert bureau.quote(visit) == quote
    without = bureau.quote(replace(visit, use_account=False))
    assert without.split == Split(80_00, 22_50, 0, 57_50) and without.visit_id == quote.visit_id
    assert world.settlements(visit.no) == [] and balance(world) == 20_00


def test_what_was_agreed_is_settled_once_and_goes_back_whole(world: Bureau, bureau: NationalBureau) -> None:
    order = ordered(bureau)
    settled = bureau.settle(order)
    assert settled.split == order.split and abs(settled.settled_at - clock.now()) < timedelta(minutes=1)
    (row,) = world.settlements(order.no)
    assert (row["setl_id"], row["msgid"], row["state"]) == (settled.settlement_id, order.message_id, "settled")
    assert balance(world) == 0
    done = replace(order, settlement_id=settled.settlement_id)
    for _ in range(2):
        bureau.reverse(done)
        assert states(world, order) == ["reversed"] and balance(world) == 20_00
    bureau.correct(order)
    bureau.drop(order)
    assert states(world, order) == ["reversed"]


def test_an_order_without_cash(bureau: NationalBureau) -> None:
    order = ordered(bureau, total_fen=25_00)
    assert order.split.cash_fen == 0 and order.split.fund_fen == 11_25
    assert bureau.settle(order).split == order.split


@pytest.mark.timeout(60)
@pytest.mark.parametrize("step", ["1101", "2201", "2204", "2206"])
def test_a_patient_who_looks_on_waits_less_long_than_a_settlement(world: Bureau, step: str) -> None:
    world.trouble(step, "silent-before")
    with pytest.raises(Silent):
        world.bureau(timeout_seconds=300, quote_timeout_seconds=SHORT).quote(a_visit())
    assert Customs(timeout_seconds=1, quote_timeout_seconds=20).in_haste().timeout_seconds == 1


def test_after_a_silence_nobody_knows_and_the_correction_makes_sure(world: Bureau, bureau: NationalBureau) -> None:
    quick = world.bureau(timeout_seconds=SHORT)
    for kind, left in (("silent-before", []), ("silent-after", ["settled"]), ("late", ["settled"])):
        order = ordered(bureau)
        world.trouble("2207", kind)
        with pytest.raises(Silent):
            quick.settle(order)
        assert states(world, order) == left
        for _ in range(2):
            bureau.correct(order)
        assert states(world, order) == (["corrected"] if left else []) and balance(world) == 20_00
        again = replace(order, message_id=bureau.message_id())
        settled = bureau.settle(again)
        assert states(world, order) == [*(["corrected"] if left else []), "settled"]
        bureau.reverse(replace(again, settlement_id=settled.settlement_id))


def test_silence_in_reversing_and_in_correcting_is_asked_again(world: Bureau, bureau: NationalBureau) -> None:
    quick = world.bureau(timeout_seconds=SHORT)
    order = ordered(bureau)
    done = replace(order, settlement_id=bureau.settle(order).settlement_id)
    for kind in ("silent-before", "silent-after"):
        world.trouble("2208", kind)
        with pytest.raises(Silent):
            quick.reverse(done)
    bureau.reverse(done)
    assert states(world, order) == ["reversed"] and balance(world) == 20_00
    other = ordered(bureau)
    world.trouble("2207", "silent-after")
    world.trouble("2601", "silent-after")
    for attempt in (quick.settle, quick.correct):
        with pytest.raises(Silent):
            attempt(other)
    bureau.correct(other)
    assert states(world, other) == ["corrected"]


def test_a_refusal_leaves_nothing(world: Bureau, bureau: NationalBureau) -> None:
    world.trouble("2206", "refuse")
    with pytest.raises(Rejected, match="繁忙"):
        bureau.quote(a_visit())
    order = ordered(bureau)
    world.trouble("2207", "refuse")
    with pytest.raises(Rejected):
        bureau.settle(order)
    assert states(world, order) == []


def test_a_refusal_is_not_believed_while_its_message_may_have_settled(world: Bureau, bureau: NationalBureau) -> None:
    order = ordered(bureau)
    bureau.settle(order)
    with pytest.raises(Rejected):  # the bureau: settled already; whoever calls this has forgotten that it was
        bureau.settle(order)
    assert states(world, order) == ["corrected"] and balance(world) == 20_00
    silent = ordered(bureau)
    world.trouble("2207", "refuse")
    world.trouble("2601", "silent-before")
    with pytest.raises(Silent):
        world.bureau(timeout_seconds=SHORT).settle(silent)


def test_wrong_amounts_are_never_agreed_to(world: Bureau, bureau: NationalBureau) -> None:
    world.trouble("2206", "wrong-split")
    with pytest.raises(Rejected, match="之和不等于"):
        bureau.quote(a_visit())
    order = ordered(bureau)
    world.trouble("2207", "wrong-split")
    with pytest.raises(Rejected, match="已冲正"):
        bureau.settle(order)
    assert states(world, order) == ["corrected"]
    wrong = ordered(bureau)
    world.trouble("2207", "wrong-split")
    world.trouble("2601", "refuse")
    with pytest.raises(Unreachable):  # it stands there, wrongly: to be corrected until it does not
        bureau.settle(wrong)
    assert states(world, wrong) == ["settled"]
    bureau.correct(wrong)


def test_a_split_that_changed_meanwhile_is_asked_about_again(world: Bureau, bureau: NationalBureau) -> None:
    order = ordered(bureau)
    world.provide(PATIENT, balance_fen=5_00)
    with pytest.raises(Rejected, match="有变化"):
        bureau.settle(order)
    assert states(world, order) == []


def test_who_is_not_insured_gets_no_quote(bureau: NationalBureau) -> None:
    for changed in (
        {"insurance_number": "9912345678"},
        {
            "insurance_number": "9812345678",
            "document_number": resident_id(born="19800229", order="113"),
            "name": "李雷",
        },
        {"document_number": resident_id(born="19900101", order="117"), "insurance_number": PATIENT},
    ):
        with pytest.raises(Rejected) as refused:
            bureau.quote(a_visit(**changed))
        assert PATIENT not in str(refused.value)


def test_the_region_s_own_letters_are_sent(world: Bureau, bureau: NationalBureau) -> None:
    lettered = world.bureau(suffixes={"2203": "A", "2206": "A", "2207": "A"})
    order = ordered(lettered)
    lettered.settle(order)
    assert world.settlements(order.no)[0]["infno"] == "2207A"
    lettered.correct(order)
    assert states(world, order) == ["corrected"]


def test_a_sign_in_that_ended_is_renewed_by_itself(world: Bureau, bureau: NationalBureau) -> None:
    order = ordered(bureau)
    with closing(sqlite3.connect(world.directory / "insurance.sqlite3", timeout=10)) as books, books:
        books.execute("DELETE FROM sign_ins")
    bureau.settle(order)
    assert states(world, order) == ["settled"] and len(world.books("SELECT * FROM sign_ins")) == 1
    bureau.correct(order)


def test_the_statement_is_the_bureau_s_books(world: Bureau, bureau: NationalBureau) -> None:
    numbers, orders = {}, []
    for total_fen in (80_00, 25_00, 51_37):
        orders.append(ordered(bureau, total_fen=total_fen))
        numbers[orders[-1].no] = bureau.settle(orders[-1]).settlement_id
    kept, back, corrected = orders
    bureau.reverse(replace(back, settlement_id=numbers[back.no]))
    bureau.correct(corrected)
    lines = bureau.statement(local(clock.now()).date())
    ours = {(line.number, line.reversed): line for line in lines}
    assert {key for key in ours if key[0] in numbers} == {(kept.no, False), (back.no, False), (back.no, True)}
    line = ours[back.no, True]
    assert (line.settlement_id, line.fund_fen, line.account_fen, line.cash_fen) == (
        numbers[back.no],
        back.split.fund_fen,
        back.split.insurance_account_fen,
        back.split.cash_fen,
    )
    assert abs(line.at - clock.now()) < timedelta(minutes=1)
    everything = world.books("SELECT * FROM settlements WHERE state != 'corrected'")
    assert len(lines) == len(everything) + sum(row["state"] == "reversed" for row in everything)
    assert sum(line.fund_fen * (-1 if line.reversed else 1) for line in lines) == sum(
        row["fund_fen"] for row in everything if row["state"] == "settled"
    )
    assert bureau.statement(local(clock.now()).date() - timedelta(days=1)) == []


def test_message_ids_are_one_another_s_alone(world: Bureau) -> None:
    gateway = world.gateway()
    ids = [gateway.message_id() for _ in range(5000)]
    assert len(set(ids)) == 5000 and {len(each) for each in ids} == {30}


def test_chaos_comes_from_a_seed(world: Bureau, bureau: NationalBureau) -> None:
    def struck(seed: int) -> list[bool]:
        order = {"seed": seed, "rates": {"refuse": 50}, "seconds": 0}
        assert world.post("/sandbox/insurance", json=order).status_code == 200
        found = []
        for _ in range(8):
            try:
                bureau.quote(a_visit())
                found.append(False)
            except Rejected:
                found.append(True)
        return found

    assert struck(7) == struck(7) and len({*struck(7)}) == 2
    assert world.post("/sandbox/insurance", json={"rates": {"refuse": 101}}).status_code == 422


def test_two_processes_without_redis_do_not_share_a_serial(world: Bureau) -> None:
    here, there = world.gateway(), world.gateway()
    ids = [gateway.message_id() for _ in range(200) for gateway in (here, there)]
    assert len(set(ids)) == 400
