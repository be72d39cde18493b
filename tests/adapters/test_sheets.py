"""电子表格: no cell is a formula, no file hurts the reader."""

import io
import zipfile
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from hospital_app.adapters import sheets
from hospital_app.domain.errors import Refusal

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =HYPERLINK(0)", "＝1", "\n=1"]


def cells(content: bytes) -> list[list[object]]:
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return [[(cell.data_type, cell.value) for cell in row] for row in sheet.iter_rows()]


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_looks_like_a_formula_stays_text(text: str) -> None:
    kind, value = cells(sheets.write("表", ("姓名",), [(text,)]))[1][0]
    assert kind == "s" and str(value).startswith("'")


@given(st.text(max_size=50))
def test_any_text_can_be_written_and_none_is_a_formula(text: str) -> None:
    rows = cells(sheets.write("表", (text,), [(text,)]))
    assert all(kind in ("s", "n", "inlineStr") for row in rows for kind, _ in row)
    assert not any(str(value).lstrip().startswith(("=", "+", "-", "@")) for row in rows for _, value in row if value)


def test_what_is_written_can_be_read_again() -> None:
    at = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
    content = sheets.write("表", ("工号", "数", "日"), [("C1", 10023, date(2026, 11, 25)), ("", None, at)])
    assert sheets.read(content, columns=3, rows=5) == [
        (1, ["工号", "数", "日"]),
        (2, ["C1", "10023", "2026-11-25 00:00:00"]),
        (3, ["", "", "2026-11-25 09:00:00"]),
    ]


def refused(content: bytes, *, rows: int = 5) -> str:
    with pytest.raises(Refusal) as refusal:
        sheets.read(content, columns=3, rows=rows)
    return refusal.value.code


def test_too_many_rows() -> None:
    content = sheets.write("表", ("工号",), [(f"C{number}",) for number in range(6)])
    assert refused(content) == "sheet_too_large"
    assert len(sheets.read(content, columns=1, rows=6)) == 7


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x03\x04" + b"\x00" * 50, b"name,role\nx,y\n", b"\xd0\xcf\x11\xe0"]
)
def test_what_is_no_spreadsheet(content: bytes) -> None:
    assert refused(content) == "bad_sheet"


def packed(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def test_a_bomb_is_not_unpacked() -> None:
    bomb = packed(a=b"\x00" * (sheets.UNPACKED_MAX + 1))
    assert len(bomb) < 100_000 and refused(bomb) == "sheet_too_large"
    assert refused(packed(**{f"p{number}": b"" for number in range(300)})) == "sheet_too_large"


def test_entities_are_not_followed() -> None:
    """A sheet whose XML would grow a billion times, or read our files."""
    sound = sheets.write("表", ("工号",), [("C1",)])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sound)) as package, zipfile.ZipFile(out, "w") as forged:
        for part in package.infolist():
            content = package.read(part)
            if part.filename.endswith("sheet1.xml"):
                body = content.partition(b"?>")[2] or content
                content = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + body.replace(b"C1", b"&a;")
            forged.writestr(part.filename, content)
    assert refused(out.getvalue()) == "bad_sheet"
