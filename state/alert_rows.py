"""One scalping alert as a row of the page of suspicious accounts."""

from dataclasses import dataclass

from hospital_app.catalogue import say
from hospital_app.domain.scalping import Sign
from hospital_app.services.scalping import AlertView
from state.wording import moment

#: What each sign of domain/scalping.py is called.
SIGNS = {
    "unseen": "未浏览号源就抢号",
    "early": "未浏览且放号前就抢",
    "sudden": "未浏览且一放号就抢",
    "bursts": "一秒内被拒绝过多的秒数",
    "devices": "同时使用的设备",
    "device_accounts": "同一设备上的账号",
    "device_patients": "同一设备上的就诊人",
    "address_accounts": "同一网络地址上的账号",
    "handed": "退号后随即被他人约走",
    "linked": "退号转给同一设备的账号",
}


@dataclass(frozen=True)
class AlertRow:
    """`open`: nobody has answered it."""

    id: str
    account_id: str
    title: str
    word: str
    tone: str
    signs: list[str]
    about: str
    span: str
    frozen: str
    answer: str
    open: bool


def alert_row(alert: AlertView, lang: str) -> AlertRow:
    return AlertRow(
        id=str(alert.id),
        account_id=str(alert.account_id),
        title=say("账号 {id} · {phone}", lang, id=alert.account_id, phone=alert.phone),
        word=say("{score} 分", lang, score=alert.score),
        tone="loss" if alert.open else "still",
        signs=[_sign(sign, lang) for sign in alert.signs],
        about=_about(alert, lang),
        span=f"{moment(alert.raised_at)} – {moment(alert.last_at)}",
        frozen=say("系统已冻结到 {until}", lang, until=moment(alert.frozen_until)) if alert.frozen_until else "",
        answer=alert.answer,
        open=alert.open,
    )


def _sign(sign: Sign, lang: str) -> str:
    name = say(SIGNS.get(sign.name, sign.name), lang)
    return say("{name} {count}，计 {points} 分", lang, name=name, count=sign.count, points=sign.points)


def _about(alert: AlertView, lang: str) -> str:
    """Ids only: the admin finds the rest where it belongs."""
    parts = []
    if alert.schedules:
        parts.append(say("门诊编号 {ids}", lang, ids=", ".join(map(str, alert.schedules[:10]))))
    if alert.appointments:
        parts.append(say("挂号单 {numbers}", lang, numbers=", ".join(alert.appointments[:10])))
    return " · ".join(parts)
