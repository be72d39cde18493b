"""Accounts and their families. In bulk: thirty thousand rows through the services would take minutes."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select
from stdnum.cn import ric

from hospital_app.domain.consent import ConsentKind
from hospital_app.domain.documents import CHILD_UNTIL_AGE, DocumentKind
from hospital_app.domain.masking import mask_id_number, mask_name
from hospital_app.models.identity import Account, Patient
from hospital_app.seed import names
from hospital_app.seed.plan import Stage
from hospital_app.seed.rows import write_rows
from hospital_app.services import consents
from hospital_app.services.id_documents import document_index
from hospital_app.services.sms_codes import phone_index
from hospital_app.work import Work

#: GB/T 2260 uses it for the whole country: no resident ID begins with it.
NO_COUNTY = "100000"
#: 168 is no operator's; the first hundred numbers are kept for the demonstration's own accounts.
FIRST_PHONE = 16800000100
_YEAR = timedelta(days=365.25)


@dataclass(slots=True)
class Person:
    """Somebody to book for. `made` counts bookings by the day they were made on, `missed` no-shows."""

    patient_id: int
    account_id: int
    age: int
    gender: str
    missed: int = 0
    made: dict[date, int] = field(default_factory=dict)


def populate(work: Work, *, stage: Stage) -> list[Person]:
    """Accounts with their holder, often a child, a spouse or a parent; ages as in an outpatient department."""
    chance = stage.chance("people")
    writer = _Writer(work, chance, stage.now)
    for number in range(stage.plan.accounts):
        writer.family(phone=str(FIRST_PHONE + number))
    writer.write()
    return writer.people


class _Writer:
    """Gathers rows with ids of their own, since rows point at each other."""

    def __init__(self, work: Work, chance: Random, now: datetime) -> None:
        self.work = work
        self.chance = chance
        self.now = now
        self.people: list[Person] = []
        self.accounts: list[dict[str, Any]] = []
        self.patients: list[dict[str, Any]] = []
        self.members: list[dict[str, Any]] = []
        self.consents: list[dict[str, Any]] = []
        self.documents: set[str] = set()
        self.account_id = work.session.scalar(select(func.max(Account.id))) or 0
        self.patient_id = work.session.scalar(select(func.max(Patient.id))) or 0

    def family(self, *, phone: str) -> None:
        chance = self.chance
        self.account_id += 1
        since = self.now - timedelta(days=chance.uniform(40, 500))
        self.accounts.append(
            {"id": self.account_id, "phone": phone, "phone_index": phone_index(phone), "created_at": since}
        )
        self._agree(ConsentKind.HEALTH_DATA, since)
        age = _adult_age(chance)
        gender = chance.choice(("female", "male"))
        surname = names.surname(chance)
        self._person("self", age, gender, surname, since)
        if 24 < age < 48 and chance.random() < 0.52:
            for _ in range(1 + (chance.random() < 0.25)):
                child = chance.randrange(0, min(14, age - 22))
                self._person("child", child, chance.choice(("female", "male")), surname, since)
        if age > 26 and chance.random() < 0.25:
            self._person(
                "spouse",
                max(22, age + chance.randrange(-4, 5)),
                "male" if gender == "female" else "female",
                names.surname(chance),
                since,
            )
        if 30 < age < 62 and chance.random() < 0.35:
            self._person(
                "parent", min(96, age + chance.randrange(23, 34)), chance.choice(("female", "male")), surname, since
            )

    def _person(self, relation: str, age: int, gender: str, surname: str, since: datetime) -> None:
        chance = self.chance
        born_on = (self.now - (age + chance.uniform(0.02, 0.98)) * _YEAR).date()
        number = self._document(born_on, gender)
        name = surname + names.given(chance, gender=gender, born=born_on.year)
        self.patient_id += 1
        self.patients.append(
            {
                "id": self.patient_id,
                "name": name,
                "name_masked": mask_name(name),
                "document_kind": DocumentKind.RESIDENT_ID.value,
                "document_number": number,
                "document_index": document_index(DocumentKind.RESIDENT_ID, number),
                "document_masked": mask_id_number(number),
                "born_on": born_on,
                "gender": gender,
                "created_at": since,
            }
        )
        self.members.append(
            {
                "account_id": self.account_id,
                "patient_id": self.patient_id,
                "relation": relation,
                "created_at": since,
            }
        )
        if age <= CHILD_UNTIL_AGE:
            self._agree(ConsentKind.GUARDIAN, since, patient_id=self.patient_id)
        self.people.append(Person(self.patient_id, self.account_id, age, gender))

    def _agree(self, kind: ConsentKind, since: datetime, *, patient_id: int | None = None) -> None:
        row = consents.new_row(self.work, account_id=self.account_id, kind=kind, patient_id=patient_id)
        self.consents.append(row | {"given_at": since})

    def _document(self, born_on: date, gender: str) -> str:
        while True:
            serial = self.chance.randrange(0, 500) * 2 + (gender == "male")
            number = resident_id(born_on, serial)
            if number not in self.documents:
                self.documents.add(number)
                return number

    def write(self) -> None:
        for table, rows in (
            ("account", self.accounts),
            ("patient", self.patients),
            ("family_member", self.members),
            ("consent", self.consents),
        ):
            write_rows(self.work, table, rows)


def resident_id(born_on: date, serial: int) -> str:
    """18 characters with a right check digit, of nobody: see NO_COUNTY. An odd `serial` (0-999) is a man's."""
    body = f"{NO_COUNTY}{born_on:%Y%m%d}{serial:03d}"
    return body + str(ric.calc_check_digit(body + "0"))


def _adult_age(chance: Random) -> int:
    band = chance.random()
    if band < 0.48:
        return chance.randrange(18, 45)
    return chance.randrange(45, 60) if band < 0.76 else chance.randrange(60, 92)
