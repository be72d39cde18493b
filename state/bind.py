"""快捷登录的最后一步：who came back from WeChat or Alipay and is new here tells a phone; or hears what went wrong."""

import asyncio
from urllib.parse import quote

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.linking import TROUBLES, WORDS, Provider, is_own_page
from hospital_app.flows import quick_login
from hospital_app.services.quick_login import Waiting
from hospital_app.settings import get_settings
from state.access import handles
from state.session import Reader, asked, cookie_of, reader_of


class BindState(rx.State):
    loaded: bool = False
    #: The vendor's name in the reader's language; empty while nobody waits and nothing went wrong.
    provider: str = ""
    nickname: str = ""
    trouble: str = ""
    #: Where to begin again, and where to go with the phone instead; both lead to where the person wanted to go.
    again: str = ""
    by_phone: str = "/signin"
    signed_in: bool = False

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        handle = cookie_of(self, get_settings().identity_cookie)
        waiting, self.signed_in = await asyncio.to_thread(_read, reader, handle)
        self.provider = self.nickname = self.trouble = self.again = ""
        code, vendor = asked(self, "trouble"), asked(self, "provider")
        if code in TROUBLES and vendor in list(Provider):
            self.provider = say(WORDS[Provider(vendor)], reader.lang)
            self.trouble = say(TROUBLES[code][0], reader.lang, provider=WORDS[Provider(vendor)])
            goal = f"?next={quote(_goal(asked(self, 'next')), safe='')}"
            self.again, self.by_phone = f"/api/v1/identity/{vendor}/start{goal}", f"/signin{goal}"
        elif waiting is not None:
            self.provider, self.nickname = say(WORDS[waiting.provider], reader.lang), waiting.nickname
        self.loaded = True


def _goal(next: str) -> str:
    return next if is_own_page(next) else "/"


def _read(reader: Reader, handle: str) -> tuple[Waiting | None, bool]:
    """Who waits to tell a phone, and whether somebody is signed in as a patient."""
    actor = reader.actor()
    return quick_login.waiting(actor, handle=handle), actor.account_id is not None
