"""医保结算: what is asked of the bureau and what it answers, and the machine of a settlement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from hospital_app.domain.documents import compact, same_name
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Role
from hospital_app.domain.machine import Move
from hospital_app.domain.money import Split

#: 亲情账户: what the platform gives where somebody agreed for a relative. No transaction takes it.
FAMILY_NUMBER = "family_pay_auth_no"
#: Where the insurance came to nothing, the number is kept so much longer, to be paid otherwise.
SECOND_CHOICE = timedelta(minutes=5)


class SettlementStatus(StrEnum):
    """已试算 / 结算中 / 已结算 / 撤销中 / 已撤销 / 未结算. SETTLING after a time-out: nobody knows, until 2601 came."""

    QUOTED = "quoted"
    SETTLING = "settling"
    SETTLED = "settled"
    REVERSING = "reversing"
    REVERSED = "reversed"
    FAILED = "failed"


class SettlementAction(StrEnum):
    BEGIN = "begin"
    SETTLE = "settle"
    FAIL = "fail"  # refused, or corrected after a time-out: the bureau has nothing
    REVERSE = "reverse"
    COMPLETE = "complete"  # the reversal is through


_SYSTEM = frozenset({Role.SYSTEM})
_S = SettlementStatus

SETTLEMENT_MOVES: Mapping[SettlementAction, Move[SettlementStatus]] = MappingProxyType(
    {
        SettlementAction.BEGIN: Move(frozenset({_S.QUOTED}), _S.SETTLING, _SYSTEM),
        SettlementAction.SETTLE: Move(frozenset({_S.SETTLING}), _S.SETTLED, _SYSTEM),
        SettlementAction.FAIL: Move(frozenset({_S.QUOTED, _S.SETTLING}), _S.FAILED, _SYSTEM),
        SettlementAction.REVERSE: Move(frozenset({_S.SETTLED}), _S.REVERSING, _SYSTEM),
        SettlementAction.COMPLETE: Move(frozenset({_S.REVERSING}), _S.REVERSED, _SYSTEM),
    }
)


@dataclass(frozen=True, slots=True)
class InsuredVisit:
    """What the bureau must know of a registration before it computes. `no` is our ipt_otp_no."""

    no: str
    name: str
    document_number: str
    psn_cert_type: str
    insurance_number: str
    insured_region: str
    department_code: str
    department_name: str
    doctor_no: str
    doctor_name: str
    starts_at: datetime
    total_fen: int
    use_account: bool
    pay_auth_no: str = ""  # payAuthNo, that the patient gave at mobile insurance payment's own page


@dataclass(frozen=True, slots=True)
class Authorised:
    """医保移动支付授权: payAuthNo, and whose insurance it opens as far as the platform says (either may be empty)."""

    pay_auth_no: str
    name: str
    document_number: str


@dataclass(frozen=True, slots=True)
class BureauQuote:
    """预结算 (2206). What must be said again when it is settled."""

    person_no: str
    insured_region: str
    kind: str  # insutype
    visit_id: str  # mdtrt_id
    batch_no: str  # chrg_bchno
    split: Split
    balance_fen: int | None = None  # of the personal account; None: the bureau did not say
    pay_order_id: str = ""  # payOrdId and payToken, of mobile insurance payment alone
    pay_token: str = ""


@dataclass(frozen=True, slots=True)
class BureauOrder:
    """What is settled, reversed or corrected: the quote as our books keep it."""

    no: str
    person_no: str
    insured_region: str
    kind: str
    visit_id: str
    batch_no: str
    use_account: bool
    split: Split
    document_number: str = ""
    settlement_id: str = ""
    message_id: str = ""
    pay_order_id: str = ""
    pay_token: str = ""  # empty: settled over the national interface


@dataclass(frozen=True, slots=True)
class BureauSettled:
    """结算 (2207). `message_id`: the msgid by which it is corrected if its answer never came."""

    settlement_id: str
    split: Split
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class MobileNotice:
    """6302: what mobile insurance payment says of one of our orders (`number` is our `no`) by itself."""

    number: str
    pay_order_id: str
    split: Split


@dataclass(frozen=True, slots=True)
class StatementLine:
    """对账：one settlement or reversal of a day, as the bureau has it. `number` is our `no`."""

    number: str
    settlement_id: str
    reversed: bool
    fund_fen: int
    account_fen: int
    cash_fen: int
    at: datetime


def is_of(given: Authorised, *, name: str, document_number: str) -> bool:
    """Whether this person's own insurance was opened. What is said must fit, and something must be said."""
    if given.document_number and compact(given.document_number) != document_number:
        return False
    if given.name and not same_name(given.name, name):
        return False
    return bool(given.document_number or given.name)


def agreed(split: Split, *, total_fen: int) -> Split:
    """The bureau's split of our fee. Raises Refusal `insurance_split` if it is of another fee: never agree to that."""
    if split.total_fen != total_fen:
        raise Refusal("insurance_split", "医保返回的金额与挂号费不符，请先自费支付或到窗口办理。", 502)
    return split
