"""The demonstration's accounts, as a table for the console."""

import unicodedata

from hospital_app.seed.accounts import DEMO_ACCOUNTS, DemoAccount

COLUMN_GAP = 2


def demo_accounts() -> list[str]:
    """One line for each account: role in both languages, what to sign in with."""
    rows = [(account.label, account.label_en, account.sign_in, _with(account)) for account in DEMO_ACCOUNTS]
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    return ["".join(_padded(text, width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _with(account: DemoAccount) -> str:
    return f"{account.secret} + {account.beside}" if account.beside else account.secret


def cells(text: str) -> int:
    """How many cells of a terminal a text takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells(text) + COLUMN_GAP)
