"""Who is at the other end, and in which language."""

from http.cookies import CookieError, SimpleCookie

import reflex as rx

from hospital_app.settings import get_settings

COOKIES = ("__Host-guahao_session", "guahao_session")


class Session(rx.State):
    """语言，以及登录与否。`lang` lives in the browser; switching it reloads the page."""

    lang: str = rx.LocalStorage("zh", name="guahao_lang")
    signed_in: bool = False
    name: str = ""
    hospital: str = get_settings().hospital_name
    phone: str = get_settings().hospital_phone


def session_token(state: rx.State) -> str:
    """The session token in the cookie of the socket's handshake; empty if there is none."""
    try:
        jar = SimpleCookie(state.router.headers.cookie)
    except CookieError:
        return ""
    return next((jar[name].value for name in COOKIES if name in jar), "")
