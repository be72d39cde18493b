"""The short way lets nobody pass whom the long one refuses."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.models.identity import Account, Consent, FamilyMember, Patient
from hospital_app.services import eligible
from hospital_app.work import Work
from tests.support.builders import people
from tests.support.house import House

SOON = timedelta(hours=1)


CASES: list[tuple[Any, Any]] = [
    (Patient.name, ""),
    (Patient.document_number, None),
    (Patient.born_on, None),
    (Patient.born_on, date(2015, 1, 1)),
    (Patient.gender, "unknown"),
    (Patient.noshow_banned_until, SOON),
    (Account.frozen_until, SOON),
    (Account.booking_banned_until, SOON),
    (Consent.withdrawn_at, -SOON),
    (FamilyMember.account_id, None),
    (Patient.gender, "female"),
]


def spoil(house: House, pair: tuple[int, int], column: Any, value: Any) -> None:
    """Of this pair: one column of its row, or the row itself."""
    model = column.class_
    mine = {Patient: col(Patient.id) == pair[1], Account: col(Account.id) == pair[0]}
    with house.sessions.begin() as session:
        if model is FamilyMember:
            session.execute(delete(FamilyMember).where(col(FamilyMember.patient_id) == pair[1]))
            return
        row = session.scalars(select(model).where(mine.get(model, col(Consent.account_id) == pair[0]))).one()
        setattr(row, column.key, house.now + value if isinstance(value, timedelta) else value)
        if column.key == "name":
            row.name_masked = ""
        if column.key == "document_number":
            row.document_index, row.document_masked = None, ""


def test_both_ways_agree(house: House) -> None:
    pairs = people(house.sessions, len(CASES))
    for pair, (column, value) in zip(pairs, CASES, strict=True):
        spoil(house, pair, column, value)

    def ask(work: Work, pair: tuple[int, int]) -> tuple[bool, bool]:
        short = eligible.plainly(work, pairs=[pair])
        try:
            eligible.check(work, account_id=pair[0], patient_id=pair[1])
        except Refusal:
            return bool(short), False
        return bool(short), True

    for pair, (column, value) in zip(pairs, CASES, strict=True):
        assert house.do(ask, pair=pair) == ((value == "female"), (value == "female")), column
