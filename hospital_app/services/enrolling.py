"""窗口建档: a person who stands at the window with a document, and the phone that their messages go to."""

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.documents import DocumentKind
from hospital_app.domain.errors import Refusal
from hospital_app.models.identity import Account, FamilyMember
from hospital_app.services import patients
from hospital_app.services.patients import Details
from hospital_app.services.sms_codes import clean_phone, phone_index
from hospital_app.work import Work


def enrol(work: Work, *, name: str, document_number: str, phone: str) -> int:
    """The id of the person with this resident ID, who stands in the list of this phone's account from now on.

    Raises Refusal bad_name, bad_document, bad_phone, document_taken (another name) (422, 409).
    """
    authority.check(work.actor, Right.REGISTER)
    details = patients.checked(
        work, Details(name=name, document_kind=DocumentKind.RESIDENT_ID, document_number=document_number)
    )
    if details.name is None:
        raise Refusal("bad_name", "请填写就诊人的姓名。", 422)
    account_id = _account(work, phone)
    patient = patients.enter(work, details=details)
    work.session.flush()
    if patient.id is None:
        raise ValueError("flush gave no id")
    known = work.session.scalars(
        select(col(FamilyMember.account_id)).where(col(FamilyMember.patient_id) == patient.id)
    ).all()
    if account_id not in known:
        mine = work.session.scalar(
            select(col(FamilyMember.id)).where(
                col(FamilyMember.account_id) == account_id, col(FamilyMember.relation) == "self"
            )
        )
        relation = "self" if mine is None and not known else "other"
        work.session.add(
            FamilyMember(account_id=account_id, patient_id=patient.id, relation=relation, created_at=work.now)
        )
    work.record("counter.enrolled", f"patient:{patient.id}", account=account_id)
    work.session.flush()
    return patient.id


def _account(work: Work, phone: str) -> int:
    number = clean_phone(phone)
    index = phone_index(number)
    found = work.session.scalar(select(col(Account.id)).where(col(Account.phone_index) == index))
    if found is not None:
        return found
    account = Account(phone=number, phone_index=index, created_at=work.now)
    work.session.add(account)
    work.session.flush()
    return account.id or 0
