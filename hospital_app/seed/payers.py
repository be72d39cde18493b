"""演示账号“账单与退款”: a number paid in every way, refunds on their way back; by the product's own services."""

from dataclasses import dataclass
from datetime import timedelta

from hospital_app.domain.documents import Gender, Relation
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.domain.insurance import Insured
from hospital_app.domain.payment import Channel
from hospital_app.domain.schedule import Provider
from hospital_app.domain.settlement import BureauQuote, BureauSettled
from hospital_app.seed import accounts, demo
from hospital_app.seed.channel import ways
from hospital_app.seed.hospital import Staffed
from hospital_app.seed.plan import Stage
from hospital_app.seed.ways import EMPLOYEE, insured_split
from hospital_app.services import cancelling, invoices, onsite, quoting, refunds, settling
from hospital_app.settings import Settings

_FAMILY = (
    (Relation.SELF, "刘建国", 58, Gender.MALE),
    (Relation.SPOUSE, "周桂英", 56, Gender.FEMALE),
    (Relation.PARENT, "刘德山", 83, Gender.MALE),
)
_BALANCE_FEN = 6_50
_MINUTE = timedelta(minutes=1)
_STILL_WORKING = "the channel is still working on it"


@dataclass(frozen=True)
class _Payer:
    """Whoever books here, with the duty doctor, whose clinic is never closed."""

    stage: Stage
    actor: Actor
    provider: str
    insured: bool

    def book(self, patient_id: int, *, made_ago: timedelta, in_days: int, key: str) -> str | None:
        """Held, not paid; None if there is no number around that day (a long holiday)."""
        after = self.stage.now + timedelta(days=in_days)
        period = self.stage.do(demo.first_free, at=self.stage.now - made_ago, provider=self.provider, after=after)
        if period is None:
            return None
        return demo.hold(self.stage, self.actor, patient_id, period, at=self.stage.now - made_ago, key=key)

    def with_insurance(self, no: str, *, made_ago: timedelta) -> None:
        """医保 and WeChat, as the bureau would have answered; where there is no bureau, WeChat alone."""
        if not self.insured:
            demo.pay(self.stage, self.actor, no, at=self.stage.now - made_ago, channel=Channel.WECHAT)
            return
        stage, at = self.stage, self.stage.now - made_ago
        chance = stage.chance(f"bureau-{no}")
        asked = stage.do(quoting.visit, actor=self.actor, at=at, no=no, use_account=True)
        split = insured_split(asked.total_fen, balance_fen=_BALANCE_FEN)
        quote = BureauQuote(
            person_no=f"P9{asked.document_number[6:16]}",
            insured_region=asked.insured_region,
            kind=EMPLOYEE,
            visit_id=f"M{chance.randrange(10**18):018d}",
            batch_no=f"{chance.randrange(10**12):012d}",
            split=split,
        )
        opened = stage.do(
            quoting.keep,
            actor=self.actor,
            at=at,
            no=no,
            channel=Channel.WECHAT.value,
            method="",
            asked=asked,
            quote=quote,
        )
        demo.capture(stage, opened, at=at + _MINUTE)
        message = f"seed{asked.no}"
        stage.do(settling.begin, actor=SYSTEM, at=at + _MINUTE, payment_no=opened.no, message_id=message)
        answer = BureauSettled(f"S{chance.randrange(10**18):018d}", split, at + _MINUTE)
        stage.do(
            settling.settled, actor=SYSTEM, at=at + _MINUTE, payment_no=opened.no, message_id=message, answer=answer
        )

    def cancel(self, no: str, *, ago: timedelta) -> str | None:
        """The number of the cash leg's refund."""
        done = self.stage.do(cancelling.cancel, actor=self.actor, at=self.stage.now - ago, no=no)
        return done.refund_no


def settle(stage: Stage, staffed: Staffed, settings: Settings) -> None:
    known = ways(stage, settings)
    insured = Channel.INSURANCE in known
    confirmed = Insured(settings.insurance_region) if insured else None
    actor, (himself, wife, father) = demo.family(stage, accounts.PAYER_PHONE, _FAMILY, insured=confirmed)
    payer = _Payer(stage, actor, Provider(staffed.doctor_id(accounts.DUTY_DOCTOR)).key, insured)
    if Channel.WECHAT in known:  # else nobody could give it back
        _a_slow_bank(payer, father)
        _both_legs_on_their_way(payer, wife)
    _insured_and_kept(payer, wife)
    _by_alipay(
        payer, himself, Channel.ALIPAY if Channel.ALIPAY in known else Channel.WECHAT, bool(settings.invoice_url)
    )
    _due_at_the_window(payer, father)


def _a_slow_bank(payer: _Payer, patient_id: int) -> None:
    """Cancelled four days ago; the payer's bank takes its time, and the finance desk sees it."""
    stage, made_ago = payer.stage, timedelta(days=5)
    no = payer.book(patient_id, made_ago=made_ago, in_days=1, key="payer-1")
    if no is None:
        return
    demo.pay(stage, payer.actor, no, at=stage.now - made_ago, channel=Channel.WECHAT)
    refund_no = payer.cancel(no, ago=timedelta(days=4))
    if refund_no is not None:
        at = stage.now - timedelta(days=4) + timedelta(seconds=3)
        stage.do(refunds.note_attempt, actor=SYSTEM, at=at, refund_no=refund_no, error=_STILL_WORKING, taken_on=True)


def _both_legs_on_their_way(payer: _Payer, patient_id: int) -> None:
    made_ago = timedelta(hours=40)
    no = payer.book(patient_id, made_ago=made_ago, in_days=4, key="payer-2")
    if no is not None:
        payer.with_insurance(no, made_ago=made_ago)
        payer.cancel(no, ago=timedelta(minutes=3))


def _insured_and_kept(payer: _Payer, patient_id: int) -> None:
    made_ago = timedelta(hours=26)
    no = payer.book(patient_id, made_ago=made_ago, in_days=3, key="payer-3")
    if no is not None:
        payer.with_insurance(no, made_ago=made_ago)


def _by_alipay(payer: _Payer, patient_id: int, channel: Channel, invoiced: bool) -> None:
    stage, made_ago = payer.stage, timedelta(hours=25)
    no = payer.book(patient_id, made_ago=made_ago, in_days=4, key="payer-4")
    if no is None:
        return
    payment_no = demo.pay(stage, payer.actor, no, at=stage.now - made_ago, channel=channel)
    if invoiced:
        at = stage.now - made_ago + timedelta(minutes=9)
        stage.do(invoices.request, actor=payer.actor, at=at, payment_no=payment_no)


def _due_at_the_window(payer: _Payer, patient_id: int) -> None:
    ago = timedelta(minutes=12)
    no = payer.book(patient_id, made_ago=ago, in_days=1, key="payer-5")
    if no is not None:
        payer.stage.do(onsite.promise, actor=payer.actor, at=payer.stage.now - ago, no=no)
