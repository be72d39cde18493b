"""医保参保核验: what is asked of the bureau, what it says, and whether that is the person who was named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from hospital_app.domain.documents import DocumentKind, same_name
from hospital_app.domain.errors import Refusal

#: 身份证件类型 of the national interface (psn_cert_type).
CERT_TYPES: Mapping[DocumentKind, str] = MappingProxyType(
    {
        DocumentKind.RESIDENT_ID: "01",
        DocumentKind.HK_MACAO_PERMIT: "04",
        DocumentKind.TAIWAN_PERMIT: "05",
        DocumentKind.PASSPORT: "06",
        DocumentKind.FOREIGN_PERMANENT_RESIDENT: "07",
        DocumentKind.BIRTH_CERTIFICATE: "99",
    }
)
INSURED = "1"  # psn_insu_stas: 正常参保; 2 暂停, 4 终止


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody says that this insurance number is theirs."""

    name: str
    document_kind: DocumentKind
    document_number: str
    insurance_number: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One insurance of a person (insuinfo). `region`: 统筹区, GB/T 2260."""

    region: str
    status: str
    kind: str = ""  # insutype: 310 职工, 390 城乡居民


@dataclass(frozen=True, slots=True)
class InsuredPerson:
    """What transaction 1101 answers: baseinfo and insuinfo."""

    person_no: str
    name: str
    document_number: str
    enrolments: Sequence[Enrolment]


@dataclass(frozen=True, slots=True)
class Insured:
    """The bureau knows this number as this person's, and the insurance is in force."""

    region: str


def is_this_person(claim: Claim, known: InsuredPerson | None) -> bool:
    """Whether the bureau knows this document as a person's of this name, insured now or not."""
    return known is not None and known.document_number == claim.document_number and same_name(known.name, claim.name)


def judge(claim: Claim, known: InsuredPerson | None) -> Insured:
    """Raises Refusal `insurance_mismatch` (nobody's, or somebody else's) or `not_insured`."""
    if known is None or not is_this_person(claim, known):
        raise Refusal("insurance_mismatch", "医保号与这位就诊人的姓名、证件不符，请对照医保卡或医保电子凭证重新填写。")
    for enrolment in known.enrolments:
        if enrolment.status == INSURED:
            return Insured(enrolment.region)
    raise Refusal("not_insured", "医保局显示这位就诊人目前没有在保的医保，可以先自费挂号；如有疑问请咨询参保地医保局。")
