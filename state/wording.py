"""Times, money and states in the reader's language."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType

from hospital_app.catalogue import say
from hospital_app.domain.appointment import CancelReason, Status
from hospital_app.domain.calendar import clinic_day, local
from hospital_app.domain.money import yuan
from hospital_app.romanised import romanised
from hospital_app.services.appointments import AppointmentView

_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SESSIONS = MappingProxyType({"morning": "上午", "afternoon": "下午", "evening": "夜间"})
_GENDERS = {"male": "男", "female": "女", "other": "其他"}
_RELATIONS = MappingProxyType({"self": "本人", "spouse": "配偶", "child": "子女", "parent": "父母", "other": "其他"})

#: Word and tone of each status; a cancelled one is told by its reason.
STATUS_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        Status.PENDING: ("待付款", "warn"),
        Status.BOOKED: ("已预约", "ok"),
        Status.CHECKED_IN: ("已签到", "brand"),
        Status.FULFILLED: ("已就诊", "still"),
        Status.NOSHOW: ("爽约", "loss"),
    }
)
_CANCELLED = MappingProxyType(
    {
        CancelReason.EXPIRED: ("超时已释放", "still"),
        CancelReason.RELEASED: ("已放弃", "still"),
        CancelReason.PATIENT: ("已退号", "still"),
        CancelReason.SUSPENDED: ("停诊已退", "loss"),
    }
)


def status_words(status: str, cancel_reason: str, lang: str) -> tuple[str, str]:
    """(word, tone) of an appointment."""
    if status == Status.CANCELLED:
        word, tone = _CANCELLED.get(CancelReason(cancel_reason), ("已取消", "still"))
    else:
        word, tone = STATUS_WORDS[status]
    return say(word, lang), tone


def money(fen: int) -> str:
    """¥1,234.50."""
    whole, _, part = yuan(abs(fen)).partition(".")
    return f"{'-' if fen < 0 else ''}¥{int(whole):,}.{part}"


def price(fen: int | None) -> str:
    """Whole yuan without the dead zeros, for cards; empty for None."""
    if fen is None:
        return ""
    return f"¥{fen // 100:,}" if fen % 100 == 0 else money(fen)


def weekday(on: date, lang: str, *, today: date) -> str:
    """今天, 明天 or the day of the week."""
    near = {today: "今天", today + timedelta(days=1): "明天"}
    return say(near.get(on, _WEEKDAYS[on.weekday()]), lang)


def weekday_name(number: int, lang: str) -> str:
    """0 is Monday."""
    return say(_WEEKDAYS[number], lang)


def day(on: date, lang: str) -> str:
    return f"{on.day} {_MONTHS[on.month - 1]}" if lang == "en" else f"{on.month}月{on.day}日"


def day_and_weekday(on: date, lang: str, *, today: date) -> str:
    return f"{day(on, lang)} {weekday(on, lang, today=today)}"


def session(name: str, lang: str) -> str:
    return say(_SESSIONS[name], lang)


def gender(name: str, lang: str) -> str:
    """Empty while it is unknown."""
    return say(_GENDERS.get(name, ""), lang)


def relation(name: str, lang: str) -> str:
    return say(_RELATIONS[name], lang)


def clock_time(at: datetime) -> str:
    return f"{local(at):%H:%M}"


def span(starts_at: datetime, ends_at: datetime) -> str:
    return f"{clock_time(starts_at)}–{clock_time(ends_at)}"


def when(starts_at: datetime, ends_at: datetime, lang: str, *, now: datetime) -> str:
    """11月24日 周二 14:00–14:30."""
    on = clinic_day(starts_at)
    return f"{day_and_weekday(on, lang, today=clinic_day(now))} {span(starts_at, ends_at)}"


def who_sees(seen: AppointmentView, lang: str) -> str:
    """呼吸内科 · 张国立 主任医师."""
    return f"{say(seen.department_name, lang)} · {doctor(seen.doctor_name, seen.doctor_title, lang)}"


def person(name: str, lang: str) -> str:
    """张国立, or Zhang Guoli; 普通门诊 stands in the place of a name, too."""
    said = say(name, lang)
    return romanised(said) if lang == "en" else said


def doctor(name: str, title: str, lang: str) -> str:
    """张国立 主任医师, or Zhang Guoli, Chief physician; a pooled clinic has no name."""
    if not name:
        return say("普通门诊", lang)
    return (", " if lang == "en" else " ").join(part for part in (person(name, lang), say(title, lang)) if part)


def fields(specialty: str, lang: str) -> str:
    """关节置换、运动损伤: each in the reader's language, as far as the catalogue knows it."""
    said = (", " if lang == "en" else "、").join(say(field, lang) for field in specialty.split("、"))
    return said[:1].upper() + said[1:]


def room(name: str, lang: str) -> str:
    """204诊室, or Room 204."""
    number = name.removesuffix("诊室").strip()
    return say("{room}诊室", lang, room=number) if number != name else name


def place(location: str, room_name: str, lang: str) -> str:
    return f"{say(location, lang)} {room(room_name, lang)}".strip()


def number(seq: int | str, lang: str) -> str:
    return say("第 {seq} 号", lang, seq=seq)


def moment(at: datetime) -> str:
    """2026-11-24 14:05, in the hospital's time."""
    return f"{local(at):%Y-%m-%d %H:%M}"
