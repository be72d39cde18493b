"""What the house needs of the outside world, as Protocols; `adapters/` has one file per vendor.

All calls here are synchronous and may block: flows call them between transactions, from worker
threads. A call that could not be carried out raises `Unreachable` (try again later); one that
the other side refused for good raises `Rejected`; a message whose signature, age or addressee
is wrong raises `Forged`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from hospital_app.domain.exchange import BillLine as BillLine
from hospital_app.domain.exchange import Method as Method
from hospital_app.domain.exchange import Movement as Movement
from hospital_app.domain.exchange import PaymentNotice as PaymentNotice
from hospital_app.domain.exchange import PaymentOrder as PaymentOrder
from hospital_app.domain.exchange import Prepay as Prepay
from hospital_app.domain.exchange import RefundNotice as RefundNotice
from hospital_app.domain.exchange import RefundOrder as RefundOrder
from hospital_app.domain.exchange import RefundState as RefundState
from hospital_app.domain.exchange import TradeState as TradeState
from hospital_app.domain.gate import GateAnswer as GateAnswer
from hospital_app.domain.gate import Outcome as Outcome
from hospital_app.domain.gate import Wish as Wish
from hospital_app.domain.gate_truth import ClinicTruth as ClinicTruth
from hospital_app.domain.his import HisChange as HisChange
from hospital_app.domain.insurance import Claim as Claim
from hospital_app.domain.insurance import InsuredPerson as InsuredPerson
from hospital_app.domain.invoicing import InvoiceOrder as InvoiceOrder
from hospital_app.domain.invoicing import IssuedInvoice as IssuedInvoice
from hospital_app.domain.linking import Proven as Proven
from hospital_app.domain.linking import Provider as Provider
from hospital_app.domain.lobby import Line as Line
from hospital_app.domain.lobby import Pace as Pace
from hospital_app.domain.lobby import Standing as Standing
from hospital_app.domain.proof_of_work import Flaw as Flaw
from hospital_app.domain.proof_of_work import Solved as Solved
from hospital_app.domain.ready import KeptCalendar as KeptCalendar
from hospital_app.domain.ready import KeptSession as KeptSession
from hospital_app.domain.ready import SeenCalendar as SeenCalendar
from hospital_app.domain.scalping import Act as Act
from hospital_app.domain.scalping import Counts as Counts
from hospital_app.domain.scalping import Seen as Seen
from hospital_app.domain.scalping import Watch as Watch
from hospital_app.domain.settlement import Authorised as Authorised
from hospital_app.domain.settlement import BureauOrder as BureauOrder
from hospital_app.domain.settlement import BureauQuote as BureauQuote
from hospital_app.domain.settlement import BureauSettled as BureauSettled
from hospital_app.domain.settlement import InsuredVisit as InsuredVisit
from hospital_app.domain.settlement import MobileNotice as MobileNotice
from hospital_app.domain.settlement import StatementLine as StatementLine


class OutsideError(Exception):
    """Something outside the house went wrong."""


class Unreachable(OutsideError):
    """No answer, or a passing fault: the same call may go through later."""


class Silent(Unreachable):
    """The other side took the call and never answered: each further one would cost its whole timeout."""


class Rejected(OutsideError):
    """The other side understood and refused; trying again is of no use. `code` is its own code."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Forged(OutsideError):
    """A message that does not come from whom it claims, is too old, or was seen before."""


# --- payment channels -----------------------------------------------------------------------


class PaymentGateway(Protocol):
    """One payment channel. Every method may be repeated with the same number without harm."""

    channel: str
    methods: tuple[Method, ...]  # that its cashier can be opened by; the first is the one for a phone's browser

    def create(self, order: PaymentOrder) -> Prepay: ...

    def query(self, payment_no: str) -> PaymentNotice | None:
        """None: the channel has never heard of this number."""
        ...

    def close(self, payment_no: str) -> TradeState:
        """Stop accepting money. Answers 'closed', or 'captured' if the money was quicker."""
        ...

    def refund(self, order: RefundOrder) -> RefundNotice: ...

    def query_refund(self, refund_no: str, payment_no: str) -> RefundNotice | None:
        """None: the channel has never heard of this refund of that payment."""
        ...

    def bill(self, on: date) -> Sequence[BillLine]:
        """对账单: every payment and refund of that day. Raises Unreachable while it is not ready (next morning)."""
        ...

    def fund_flow(self, on: date) -> Sequence[Movement] | None:
        """资金账单: what moved on the merchant's own account that day. None: this channel has no such bill."""
        ...

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice | RefundNotice:
        """Verify signature, addressee, age and that it is new; decrypt, parse. Raises Forged."""
        ...

    def remember(self, headers: Mapping[str, str], body: bytes) -> None:
        """The books stand: this very message is refused from now on. Not before, or a resend would be, too."""
        ...

    def acknowledgement(self, accepted: bool) -> tuple[int, bytes, str]:
        """(HTTP status, body, content type) that this vendor expects as our answer."""
        ...


# --- insurance bureau -----------------------------------------------------------------------


class InsuranceRegistry(Protocol):
    """Who is insured, and where (参保信息)."""

    def person(self, claim: Claim) -> InsuredPerson | None:
        """Whom the bureau knows by this number; None: nobody, or it would not say for what was asked."""
        ...


class InsuranceBureau(Protocol):
    """医保结算. The bureau computes; we check that the parts are the whole. Raises Rejected, Unreachable, Silent."""

    def quote(self, visit: InsuredVisit) -> BureauQuote:
        """1101, 2201, 2203, 2204, 2206: registered there and computed, nothing taken. Asking again computes anew."""
        ...

    def message_id(self) -> str:
        """A fresh msgid. It is written down before `settle` is called with it, so that a crash can be corrected."""
        ...

    def settle(self, order: BureauOrder) -> BureauSettled:
        """2207 under `order.message_id`. After Silent or Unreachable nobody knows: `correct` it."""
        ...

    def correct(self, order: BureauOrder) -> None:
        """2601 冲正 of what `order.message_id` may have settled; harmless if it never arrived."""
        ...

    def reverse(self, order: BureauOrder) -> None:
        """2208, then 2202: whole. Harmless if it was reversed before."""
        ...

    def drop(self, order: BureauOrder) -> None:
        """2202: the registration of a quote that nobody agreed to."""
        ...

    def forget(self, visit: InsuredVisit) -> None:
        """2202 of what a quote may have registered under `visit.no` and nobody knows the answer of; harmless if it is
        nothing."""
        ...

    def statement(self, on: date) -> Sequence[StatementLine]:
        """3201, 3202: what the bureau settled and reversed on this day."""
        ...


class MobileInsurance(InsuranceBureau, Protocol):
    """The same over mobile insurance payment, which calls back as well. Its orders can be paid once."""

    def place(self, order: BureauOrder, visit: InsuredVisit) -> BureauQuote:
        """6201 for the same registration: an order in place of one that `correct` has ended. Nothing is taken."""
        ...

    def read_callback(self, body: bytes) -> MobileNotice:
        """6302. Raises Forged."""
        ...


class PayerIdentity(Protocol):
    """微信网页授权 snsapi_base: whose WeChat a page is open in, without asking that person."""

    def authorize_url(self, *, state: str, return_url: str) -> str: ...

    def openid(self, code: str) -> str:
        """Raises Rejected (the code is good no more), Unreachable, Silent."""
        ...


class InsuranceAuthority(Protocol):
    """医保移动支付授权: the platform's own page, where a patient agrees that their insurance pays."""

    def authorize_url(self, *, return_url: str) -> str:
        """Where the patient's browser goes; it comes back to `return_url` with a code, or without one."""
        ...

    def authorised(self, code: str) -> Authorised:
        """What the code is good for, once. Raises Rejected (unknown, used, expired), Unreachable, Silent."""
        ...


# --- hospital information system ------------------------------------------------------------


class HisGateway(Protocol):
    """The hospital's own system, whatever it speaks."""

    def send(self, change: HisChange) -> None:
        """All of a change or nothing. What is older than what the HIS holds must leave it unchanged, so that
        repeating or overtaking is harmless."""
        ...


class HisRecords(Protocol):
    """What the HIS holds, read in FHIR R4, whatever it is told in."""

    def held(self, kind: str, ids: Sequence[str]) -> Mapping[str, dict[str, Any]]:
        """Resources by id; those that are not there are left out."""
        ...

    def of_ours(self, kind: str, begin: datetime, end: datetime | None) -> Iterator[Sequence[dict[str, Any]]]:
        """What bears a number of ours and begins (of money: was made) from `begin` until `end`, page by page."""
        ...

    def add(self, resources: Sequence[Mapping[str, Any]]) -> None:
        """All or none of them; what is as new there stays as it is."""
        ...

    def replace(self, resource: Mapping[str, Any], version: str | None) -> None:
        """In the place of what is held at `version` (None: nothing); Rejected if another has taken its place."""
        ...


# --- invoices -------------------------------------------------------------------------------


class InvoiceIssuer(Protocol):
    """电子票据平台. Raises Rejected, Unreachable, Silent."""

    def issue(self, order: InvoiceOrder) -> IssuedInvoice:
        """The same `order.no` again is the same invoice."""
        ...

    def void(self, no: str, invoice: IssuedInvoice, *, reason: str) -> None:
        """冲红. Harmless if that was done before."""
        ...


# --- messages, identity, events, hints ------------------------------------------------------


class SmsSender(Protocol):
    """Sends one text message; `template` names a registered template, `params` fill it."""

    def send(self, phone: str, template: str, params: Mapping[str, str]) -> str:
        """Returns the vendor's message id."""
        ...


class IdentityProvider(Protocol):
    """A vendor that vouches for who somebody is: 微信登录, 支付宝登录."""

    provider: Provider

    def authorize_url(self, *, state: str, return_url: str) -> str:
        """Where the browser is sent to be asked; it comes back to `return_url` with `state` and a code, or no code."""
        ...

    def identify(self, code: str) -> Proven:
        """Exchange a code, which is good once. Raises Rejected for a code that is no good, Forged, Unreachable."""
        ...


class EventLog(Protocol):
    """Operation and behaviour events (MongoDB). `write` returns at once and never raises."""

    def write(self, collection: str, event: Mapping[str, Any]) -> None: ...

    def forget(self, collection: str, before: datetime) -> int:
        """Delete what is older; how many. 0 while the store is away: it is asked again."""
        ...

    def close(self) -> None: ...


class AuditCopy(Protocol):
    """The audit trail's sealed entries outside of the database (MongoDB). Raises Unreachable."""

    def newest(self) -> tuple[int, str] | None:
        """Number and hash of the newest link that is kept."""

    def keep(self, links: Sequence[Mapping[str, Any]]) -> None:
        """Each has its number as `seq`; one that is kept already stays as it is."""

    def forget(self, before: datetime) -> int:
        """Remove what was done before; how many."""
        ...


class Hints(Protocol):
    """Live hints: "something about this topic changed, read again". Losing one costs 5 s."""

    def publish(self, topics: set[str]) -> None: ...


class CalendarShelf(Protocol):
    """Calendars kept ready for all processes. Never raises; while it is away there are none."""

    def look(self, provider: str, days: int) -> SeenCalendar | None:
        """None: away."""
        ...

    def lease(self, provider: str, days: int) -> bool:
        """Whether the caller is the one who builds it now; `keep` ends that, or a short time."""
        ...

    def give_back(self, provider: str, days: int) -> None:
        """The lease, unused."""
        ...

    def may_build(self, provider: str, days: int) -> bool:
        """Whether this process has not built too much lately: in a rush a calendar changes with every hold."""
        ...

    def in_a_rush(self, provider: str, days: int) -> bool:
        """Whether this one changes so often that nobody should wait until it is built."""
        ...

    def keep(self, provider: str, days: int, calendar: KeptCalendar, schedule_ids: Sequence[int]) -> None: ...

    def changed(self, schedule_ids: Sequence[int]) -> None:
        """After a commit: what is kept of the providers of these clinics is old."""
        ...

    def hot(self, *, within_seconds: float, limit: int) -> list[tuple[str, int]]:
        """(provider, days) of those asked for lately, the latest first."""
        ...


class Budgets(Protocol):
    """How often somebody may call. Never raises: a counter that is away counts here for a while."""

    def take(self, budget: str, who: str, *, per_minute: int, calls: int = 1) -> int:
        """0: granted, in all processes together; else the seconds to wait."""
        ...

    def take_all(self, callers: Sequence[Sequence[tuple[str, str, int]]], *, calls: int = 1) -> Sequence[int]:
        """Of each caller's budgets (budget, who, per minute), all in one question: 0, or its longest wait."""
        ...

    def take_here(self, budget: str, who: str, *, per_minute: int) -> int:
        """The same in this process only."""
        ...


class SlotGate(Protocol):
    """In front of the database when numbers are taken (flows/committer.py). Never raises, and never waits for long.

    Each batch of holds passes it once before its transaction and is reported once after it, whatever happened.
    """

    def reserve(self, wishes: Sequence[Wish]) -> Sequence[GateAnswer]:
        """An answer for each, in the order given, all in one round trip."""
        ...

    def report(self, outcomes: Sequence[Outcome]) -> None:
        """Of all that were not refused here: take, or give back, what was set aside. Losing one costs a while."""
        ...


class SessionShelf(Protocol):
    """Patients' sessions kept ready for all processes. Never raises; while it is away there are none."""

    def look(self, token_hashes: Sequence[str]) -> Sequence[KeptSession | None]:
        """All in one question, in the order given. None: ask the database."""
        ...

    def keep(self, sessions: Sequence[KeptSession], *, read_at: float) -> None:
        """As the database had them at `read_at` (seconds since 1970); not those that ended meanwhile."""
        ...

    def forget(self, *, token_hashes: Iterable[str] = (), account_ids: Iterable[int] = ()) -> None:
        """After a commit that ended or changed them."""
        ...

    def compared(self) -> None:
        """Somebody has just forgotten what the database says has ended: for a second, entries may be believed."""
        ...

    def note_use(self, session: KeptSession, *, at: int) -> bool:
        """To be written down later; False: nobody would, or the shelf is away."""
        ...

    def used(self, *, limit: int) -> list[int]:
        """Ids of sessions whose use is to be written down; each is given out once."""
        ...


class ClinicGate(SlotGate, Protocol):
    """The same with what it is built from (flows/gate.py)."""

    def doubt(self, schedule_ids: Sequence[int]) -> None:
        """After a commit that freed numbers of these: nobody is told "sold out" there until it was built anew."""
        ...

    def doubts(self, schedule_ids: Sequence[int]) -> dict[int, tuple[str, int]] | None:
        """Before the database is read: how much is in doubt, and since when we read; None: away."""
        ...

    def load(self, clinic: ClinicTruth, doubt: tuple[str, int]) -> None:
        """What the database had, read after `doubt` was; what was set aside or reported since then stays."""
        ...

    def doubted(self, *, limit: int) -> list[int]: ...

    def hot(self, *, within_seconds: float, limit: int) -> list[int]:
        """Clinics that somebody wanted a number of lately, the latest first."""
        ...


class Lobby(Protocol):
    """The line in front of booking. Never raises: while its store is away everybody is inside."""

    def enter(self, place: str, pace: Pace, *, owner: str = "") -> Standing:
        """Where this place stands; one that is new joins the end. Inside, it serves the first `owner` that uses it."""
        ...

    def line(self, pace: Pace) -> Line:
        """Moves the line on, and tells of it as a whole."""
        ...


class ScalpingCounters(Protocol):
    """What accounts, devices and addresses did of late. Never raises: a store that is away counts here for a while."""

    def look(self, looks: Mapping[str, float]) -> None:
        """Who (a hash) looked at numbers or waited in the lobby, and when (seconds since 1970)."""
        ...

    def count(self, acts: Sequence[Act], watch: Watch) -> dict[int, Seen]:
        """Counts these; of each account among them everything within the window."""
        ...

    def counts(self, account_id: int) -> Counts:
        """What was counted of this account within the window."""
        ...

    def mark(self, names: Sequence[str], *, until: float) -> None:
        """These must prove something before they hold."""
        ...

    def marked(self) -> dict[str, float]:
        """Whoever is marked now, and until when."""
        ...

    def prove(self, account_id: int, names: Sequence[str], *, seconds: int) -> None:
        """A proof was solved: not marked any more, and for so long later."""
        ...

    def forget(self, account_id: int, names: Sequence[str]) -> None:
        """Nothing that was counted is held against this account any more."""
        ...


class JobQueue(Protocol):
    """Carries outbox rows to workers; losing one costs a sweep interval, nothing else."""

    def enqueue_many(self, rows: list[tuple[int, int, str]]) -> None:
        """(outbox id, attempt, name of the job) each; a duplicate id+attempt is ignored."""
        ...


class WorkProofs(Protocol):
    """Challenges that cost work to solve, and nothing to check."""

    def challenge(self, whose: str, *, tries: int, until: datetime) -> dict[str, Any]:
        """At most so many tries lead to the solution; good for `whose` alone."""
        ...

    def read(self, proof: str) -> Solved | Flaw:
        """Whether the work was done; not yet by whom."""
        ...


class SpentProofs(Protocol):
    """Proofs that were used. Never raises: while its store is away each process counts for itself."""

    def spend(self, name: str, holder: str, *, seconds: int) -> bool:
        """Whether it is used for the first time."""
        ...

    def solved(self, holder: str) -> int:
        """How many this holder spent of late."""
        ...
