"""电子表格 (.xlsx): written so that no cell is ever a formula, read so that no file can hurt."""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from hospital_app.domain.calendar import local
from hospital_app.domain.errors import Refusal

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Value = str | int | float | date | datetime | None
#: What a spreadsheet program takes for the beginning of a formula, also after blanks.
_FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
#: What XML cannot hold, and what makes a text read in another order than it is written.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
LONGEST_TEXT = 32_000  # a cell takes 32,767
UNPACKED_MAX, PARTS_MAX = 30 * 1024**2, 200
WIDEST = 40


def safe_text(text: str) -> str:
    """The text as a cell may hold it: an apostrophe before what would be a formula, here or in a later .csv."""
    clean = _UNPRINTABLE.sub("", text)[:LONGEST_TEXT]
    return f"'{clean}" if _FORMULA.match(clean) else clean


def write(title: str, heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """One sheet with a bold first row that stays in view."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(safe_text(title)[:31])
    sheet.freeze_panes = "A2"
    lines = [list(row) for row in rows]
    for place, head in enumerate(heads):
        longest = max([len(head), *(len(str(row[place] or "")) for row in lines[:200])])
        sheet.column_dimensions[chr(ord("A") + place)].width = min(WIDEST, 2 * longest + 2)
    sheet.append([_cell(sheet, head, bold=True) for head in heads])
    for row in lines:
        sheet.append([_cell(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(content: bytes, *, columns: int, rows: int) -> list[tuple[int, list[str]]]:
    """(row number as the program shows it, texts) of the first sheet's rows that are not empty.

    Raises Refusal `bad_sheet` for what is no .xlsx, `sheet_too_large` beyond `rows` or unpacked beyond all measure.
    """
    _check_package(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        found = []
        lines = book.worksheets[0].iter_rows(max_col=columns, max_row=rows + 2, values_only=True)
        for number, line in enumerate(lines, start=1):
            texts = [_text(value) for value in line]
            if any(texts):
                found.append((number, texts + [""] * (columns - len(texts))))
        book.close()
    except Exception as fault:  # openpyxl raises whatever its parsers do
        raise _bad_sheet() from fault
    if len(found) > rows + 1 or (found and found[-1][0] > rows + 1):
        raise _too_large(rows)
    return found


def _check_package(content: bytes) -> None:
    """The sizes that a zip file declares bind its reader, so looking at them is enough."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as fault:
        raise _bad_sheet() from fault
    if "[Content_Types].xml" not in {part.filename for part in parts}:
        raise _bad_sheet()
    if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_MAX:
        raise Refusal("sheet_too_large", "文件解开后过大，请只保留需要导入的行和列。", 413)


def _cell(sheet: object, value: Value, *, bold: bool = False) -> WriteOnlyCell:
    if isinstance(value, datetime):
        value = local(value).replace(tzinfo=None)  # a spreadsheet knows no zones
    text = isinstance(value, str)
    cell = WriteOnlyCell(sheet, value=safe_text(value) if isinstance(value, str) else value)
    if text:
        cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 10023 typed into a cell
    return _UNPRINTABLE.sub("", str(value)).strip()[:LONGEST_TEXT]


def _bad_sheet() -> Refusal:
    return Refusal("bad_sheet", "这不是可以读取的 .xlsx 文件，请用下载的模板填写后再上传。", 422)


def _too_large(rows: int) -> Refusal:
    return Refusal("sheet_too_large", "一次最多导入 {rows} 行，请分成几个文件。", 413, params={"rows": rows})
