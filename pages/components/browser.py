"""The door to assets/guahao.js: its custom elements and its actions by attribute."""

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML
from reflex_components_core.el.elements.inline import A

#: A link that the browser follows itself: downloads, fragments, pages that are not ours. `rx.el.a` stays in the app.
plain_link = A.create


class CustomElement(BaseHTML):
    """A custom element. Reflex makes names of JavaScript out of `tag`, so the hyphen is put in only at the end."""

    def _get_tag_name(self) -> str:
        return f'"gh-{self.tag}"'


class PageMark(CustomElement):
    """Moves the focus to the heading when the page changes inside the app."""

    tag = "page"


class CountdownElement(CustomElement):
    """`now` and `until` are epoch seconds of the server."""

    tag = "countdown"


class Panel(CustomElement):
    """What a button opens beside itself, `of` one thing or another: the focus goes to its heading and back."""

    tag = "panel"


class LeaveElement(CustomElement):
    """Leaves the app for `to` as soon as it is not empty."""

    tag = "leave"


class WeChatElement(CustomElement):
    """Opens WeChat's own cashier over a page inside WeChat as soon as there is an `order` (JSON)."""

    tag = "wechat"


class SlipElement(CustomElement):
    """Keeps its content for the time without a network."""

    tag = "slip"


#: `custom_attrs` of a button whose press takes a moment: it shows so until the page or a notice answers.
WAITS = {"data-gh-wait": ""}

#: `custom_attrs` of the button that closes a Panel: Escape presses it.
SHUTS = {"data-gh-shut": ""}


def does(action: str, to: str | rx.Var[str] = "") -> dict[str, str | rx.Var[str]]:
    """`custom_attrs` of a button that the browser handles alone: open close print scroll menu copy share lang size
    theme signout."""
    return {"data-gh": action, "data-gh-to": to}


#: Before the first paint: language and text size as chosen last time, so that nothing jumps.
_EARLY = (
    "try{var d=document.documentElement,s=localStorage;"
    "if(s.getItem('guahao_lang')==='en')d.lang='en';"
    "if(s.getItem('guahao_size')==='large')d.dataset.size='large'}catch(e){}"
)

#: For rx.App(head_components=...).
HEAD = [
    rx.el.script(_EARLY),
    rx.el.script(src="/guahao.js", defer=True),
    rx.el.link(rel="manifest", href="/manifest.webmanifest"),
    rx.el.link(rel="icon", href="/icon.svg", type="image/svg+xml"),
    rx.el.link(rel="apple-touch-icon", href="/icon-180.png"),
    rx.el.meta(name="theme-color", content="#085b62"),
    rx.el.meta(name="format-detection", content="telephone=no"),
]

#: For rx.App(stylesheets=...), in this order.
STYLESHEETS = ["/styles.css", "/parts.css", "/patient.css", "/staff.css"]
