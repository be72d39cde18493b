"""监护人: who may answer for a child under 14, and whether they did."""

from dataclasses import dataclass
from datetime import date

from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.consent import ConsentKind
from hospital_app.domain.documents import Relation, may_be_guardian, needs_guardian
from hospital_app.models.identity import FamilyMember, Patient
from hospital_app.services import consents, patients
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Children:
    """What an account has for its children: a holder who may answer for them, and whom that holder agreed for."""

    guardian: bool
    agreed: set[int]
    today: date

    def lack(self, patient: Patient) -> list[str]:
        """`guardian` and `consent`, of those that a child still needs; nothing of anybody else."""
        if not needs_guardian(patient.born_on, today=self.today):
            return []
        given = {"guardian": self.guardian, "consent": patient.id in self.agreed}
        return [what for what, there in given.items() if not there]


def children_of(work: Work, *, account_id: int, rows: list[tuple[FamilyMember, Patient]]) -> Children:
    """`rows`: the account's whole list."""
    today = clinic_day(work.now)
    guardian = any(
        link.relation == Relation.SELF
        and not patients.missing_of(patient)
        and may_be_guardian(patient.born_on, today=today)
        for link, patient in rows
    )
    return Children(guardian, consents.children_agreed_for(work, account_id=account_id), today)


def agree(work: Work, *, patient: Patient) -> None:
    """The box of the form was ticked; of somebody who is no child it says nothing."""
    if patient.born_on is None or needs_guardian(patient.born_on, today=clinic_day(work.now)):
        consents.give(work, kind=ConsentKind.GUARDIAN, patient_id=patient.id)
