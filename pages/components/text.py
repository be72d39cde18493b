"""Every sentence on a screen goes through here."""

import reflex as rx

from hospital_app import catalogue
from state.session import Session

IS_ENGLISH = Session.lang == "en"


def t(chinese: str, **values: rx.Var | str | int) -> rx.Var[str]:
    """The sentence in the reader's language; `values` (Vars welcome) fill its `{blanks}`."""
    english = catalogue.english().get(chinese, chinese)
    if values:
        return rx.cond(IS_ENGLISH, english.format(**values), chinese.format(**values))
    return rx.cond(IS_ENGLISH, english, chinese) if english != chinese else rx.Var.create(chinese)
