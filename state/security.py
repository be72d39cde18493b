"""账号与安全."""

import asyncio
from dataclasses import dataclass

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.flows import account
from hospital_app.services.accounts import AccountView
from hospital_app.services.own_sessions import SessionView
from state import wording
from state.access import handles
from state.given import an_id
from state.notice import NoticeState
from state.session import Reader, reader_of, to_signin

METHODS = {
    "sms-code": "短信验证码",
    "password": "密码",
    "passkey": "指纹/面容",
    "wechat": "微信",
    "alipay": "支付宝",
}


@dataclass(frozen=True)
class DeviceRow:
    """`seen`, `signed_in`: when and how, in words."""

    id: str
    name: str
    seen: str
    signed_in: str
    current: bool


class SecurityState(rx.State):
    loaded: bool = False
    phone: str = ""
    #: When the password was set, in words; empty: there is none.
    password_set: str = ""
    devices: list[DeviceRow] = []
    #: Signed in a moment ago; else ways in are not to be changed.
    proved: bool = True

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_read, reader)
        if seen is None:
            return to_signin(self)
        self._show(*seen, reader.lang)
        self.loaded = True
        return None

    @handles(Right.OWN_ACCOUNT)
    async def end_session(self, session_id: str):
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_end, reader, an_id(session_id))
        if seen is None:
            return None
        self._show(*seen, reader.lang)
        return NoticeState.show("那台设备已退出登录。")

    def _show(self, own: AccountView, devices: list[SessionView], proved: bool, lang: str) -> None:
        self.proved = proved
        self.phone = own.phone_masked
        self.password_set = ""
        if own.password_set_at is not None:
            on = wording.day(clinic_day(own.password_set_at), lang)
            self.password_set = say("{day}设置", lang, day=on)
        self.devices = [_row(each, lang) for each in devices]


def _read(reader: Reader) -> tuple[AccountView, list[SessionView], bool] | None:
    """None for somebody who is not signed in as a patient."""
    actor = reader.actor()
    if actor.account_id is None:
        return None
    return account.own(actor), account.devices(actor), account.proved_recently(actor)


def _end(reader: Reader, session_id: int) -> tuple[AccountView, list[SessionView], bool] | None:
    account.end_session(reader.actor(), session_id=session_id)
    return _read(reader)


def _row(session: SessionView, lang: str) -> DeviceRow:
    today = clinic_day(clock.now())
    since = wording.day_and_weekday(clinic_day(session.created_at), lang, today=today)
    seen = wording.day_and_weekday(clinic_day(session.seen_at), lang, today=today)
    method = say(METHODS.get(session.method, session.method), lang)
    return DeviceRow(
        id=str(session.id),
        name=f"{say(session.device, lang)} · {say(session.browser, lang)}",
        seen=say("最近使用 {day} {at}", lang, day=seen, at=wording.clock_time(session.seen_at)),
        signed_in=say("{day}以{method}登录，网络 {place}", lang, day=since, method=method, place=session.place or "—"),
        current=session.current,
    )
