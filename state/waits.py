"""我的候补, as the pages show it: numbers that are held and must be paid for in time, places in line, what ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hospital_app.catalogue import say
from hospital_app.domain.appointment import Status
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.waitlist import EntryStatus
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.waitlist import EntryView
from state import wording
from state.week import doctor_href


@dataclass(frozen=True)
class OfferCard:
    """候补到号: a number held until then (the server's seconds); `href` pays for it."""

    no: str
    title: str
    when: str
    who: str
    where: str
    fee: str
    until: int
    href: str


@dataclass(frozen=True)
class WaitCard:
    """A place in line."""

    id: str
    title: str
    when: str
    who: str
    place: str
    until: str


@dataclass(frozen=True)
class EndedCard:
    """A line that somebody left without a number; `href` is where to book instead."""

    title: str
    when: str
    word: str
    why: str
    href: str


def offers(
    entries: Sequence[EntryView], seen: Sequence[AppointmentView], lang: str, *, now: datetime
) -> list[OfferCard]:
    """The one that ends first comes first."""
    held = {each.no: each for each in seen if each.status == Status.PENDING}
    running = [
        (entry.offer_until, held[entry.appointment_no])
        for entry in entries
        if entry.status == EntryStatus.OFFERED and entry.offer_until and entry.appointment_no in held
    ]
    return [_offer(each, until, lang, now=now) for until, each in sorted(running, key=lambda pair: pair[0])]


def waits(entries: Sequence[EntryView], lang: str, *, now: datetime) -> list[WaitCard]:
    return [_wait(each, lang, now=now) for each in entries if each.status == EntryStatus.WAITING]


def ended(entries: Sequence[EntryView], lang: str, *, now: datetime) -> list[EndedCard]:
    """The latest of each line; nothing of lines in which one waits again."""
    open_ = {
        (e.provider, e.on, e.patient_id) for e in entries if e.status in {EntryStatus.WAITING, EntryStatus.OFFERED}
    }
    over = {
        (e.provider, e.on, e.patient_id): e for e in entries if e.status in {EntryStatus.LAPSED, EntryStatus.CLEARED}
    }
    return [_ended(each, lang, now=now) for line, each in over.items() if line not in open_]


def _offer(seen: AppointmentView, until: datetime, lang: str, *, now: datetime) -> OfferCard:
    return OfferCard(
        no=seen.no,
        title=wording.who_sees(seen, lang),
        when=wording.when(seen.starts_at, seen.ends_at, lang, now=now),
        who=say("就诊人 {name} · 第 {seq} 号", lang, name=seen.patient_name, seq=seen.seq),
        where=wording.place(seen.location, seen.room, lang),
        fee=wording.money(seen.fee_fen),
        until=int(until.timestamp()),
        href=f"/pay/{seen.no}",
    )


def _wait(entry: EntryView, lang: str, *, now: datetime) -> WaitCard:
    closes = f"{wording.day(clinic_day(entry.closes_at), lang)} {wording.clock_time(entry.closes_at)}"
    place = say("前面还有 {count} 位", lang, count=entry.ahead) if entry.ahead else say("您排第一位", lang)
    return WaitCard(
        id=str(entry.id),
        title=_title(entry, lang),
        when=_when(entry, lang, now=now),
        who=say("就诊人 {name}", lang, name=entry.patient_name),
        place=place,
        until=say("候补到 {until}，有号会马上为您锁定，并发短信", lang, until=closes),
    )


def _ended(entry: EntryView, lang: str, *, now: datetime) -> EndedCard:
    lapsed = entry.status == EntryStatus.LAPSED
    why = "为您锁定的号没有在时限内付款，已给下一位。" if lapsed else "没有等到号，候补已结束。"
    return EndedCard(
        title=_title(entry, lang),
        when=_when(entry, lang, now=now),
        word=say("逾期未付" if lapsed else "已结束", lang),
        why=say(why, lang),
        href=doctor_href(entry.provider),
    )


def _title(entry: EntryView, lang: str) -> str:
    doctor = wording.doctor(entry.doctor_name, entry.doctor_title, lang)
    return f"{say(entry.department, lang)} · {doctor}"


def _when(entry: EntryView, lang: str, *, now: datetime) -> str:
    return wording.day_and_weekday(entry.on, lang, today=clinic_day(now))
