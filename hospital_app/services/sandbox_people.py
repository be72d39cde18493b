"""Fresh accounts for load tests: each with one complete, invented patient and a living session."""

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from hospital_app.domain.consent import ConsentKind
from hospital_app.domain.documents import DocumentKind, Gender, Relation
from hospital_app.domain.masking import mask_id_number, mask_name
from hospital_app.models.identity import Account, Consent, FamilyMember, LoginSession, Patient
from hospital_app.services import consents
from hospital_app.services.id_documents import document_index
from hospital_app.services.lottery import digits
from hospital_app.services.sessions import TOKEN_BYTES, fingerprint
from hospital_app.services.sms_codes import phone_index
from hospital_app.work import Work

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚"
FIRST_BIRTH, BIRTH_DAYS = date(1950, 1, 1), 18_000  # all of them grown up


@dataclass(frozen=True, slots=True)
class Invented:
    """One account ready to book."""

    token: str
    account_id: int
    patient_id: int
    phone: str


@dataclass(frozen=True, slots=True)
class _Person:
    """A passport's 13 random digits meet no other one; phones are fewer, and looked up before."""

    phone: str
    phone_index: str
    passport: str
    passport_index: str
    token: str


def create(work: Work, *, number: int) -> list[Invented]:
    """So many accounts in a handful of statements, in one transaction."""
    people = _new_people(work, number)
    work.session.execute(
        insert(Account),
        [{"phone": p.phone, "phone_index": p.phone_index, "created_at": work.now} for p in people],
    )
    work.session.execute(insert(Patient), [_patient(work, p) for p in people])
    accounts = _ids(work, col(Account.phone_index), col(Account.id), [p.phone_index for p in people])
    patients = _ids(work, col(Patient.document_index), col(Patient.id), [p.passport_index for p in people])
    made = [Invented(p.token, accounts[p.phone_index], patients[p.passport_index], p.phone) for p in people]
    work.session.execute(insert(FamilyMember), [_link(work, one) for one in made])
    agreed = [consents.new_row(work, account_id=one.account_id, kind=ConsentKind.HEALTH_DATA) for one in made]
    work.session.execute(insert(Consent), agreed)
    work.session.execute(insert(LoginSession), [_session(work, one) for one in made])
    work.record("sandbox.accounts", "sandbox", count=number)
    return made


def _ids(work: Work, index: Mapped[str | None], identity: Mapped[int | None], wanted: list[str]) -> dict[str, int]:
    found = work.session.execute(select(index, identity).where(index.in_(wanted)))
    return {text: number for text, number in found if text is not None and number is not None}


def _new_people(work: Work, number: int) -> list[_Person]:
    """With phones that have no account yet."""
    found: dict[str, _Person] = {}
    while len(found) < number:
        drawn = {p.phone_index: p for p in (_draw() for _ in range(number - len(found)))}
        known = work.session.scalars(select(col(Account.phone_index)).where(col(Account.phone_index).in_(drawn)))
        for index in known:
            del drawn[index]
        found |= drawn
    return list(found.values())


def _draw() -> _Person:
    phone = f"1{secrets.choice('3456789')}{digits(9)}"
    passport = f"E{digits(13)}"
    return _Person(
        phone=phone,
        phone_index=phone_index(phone),
        passport=passport,
        passport_index=document_index(DocumentKind.PASSPORT, passport),
        token=secrets.token_urlsafe(TOKEN_BYTES),
    )


def _patient(work: Work, person: _Person) -> dict[str, Any]:
    name = secrets.choice(SURNAMES) + secrets.choice(GIVEN) + secrets.choice(GIVEN)
    return {
        "name": name,
        "name_masked": mask_name(name),
        "document_kind": DocumentKind.PASSPORT.value,
        "document_number": person.passport,
        "document_index": person.passport_index,
        "document_masked": mask_id_number(person.passport),
        "born_on": FIRST_BIRTH + timedelta(days=secrets.randbelow(BIRTH_DAYS)),
        "gender": secrets.choice([Gender.FEMALE.value, Gender.MALE.value]),
        "created_at": work.now,
    }


def _link(work: Work, one: Invented) -> dict[str, Any]:
    return {
        "account_id": one.account_id,
        "patient_id": one.patient_id,
        "relation": Relation.SELF.value,
        "created_at": work.now,
    }


def _session(work: Work, one: Invented) -> dict[str, Any]:
    return {
        "token_hash": fingerprint(one.token),
        "account_id": one.account_id,
        "created_at": work.now,
        "seen_at": work.now,
        "expires_at": work.now + timedelta(days=work.rules.session_max_days),
        "address": "",
        "user_agent": "",
    }
