"""批量导入员工 from .xlsx: a preview, then the good rows, with a report that holds their first passwords once."""

from hospital_app.adapters import sheets
from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor
from hospital_app.flows.reading import look
from hospital_app.flows.staffing import new_password
from hospital_app.flows.unit import perform
from hospital_app.services import staff_import
from hospital_app.services.staff_import import COLUMNS, Judged

ROWS_MAX = 500
_EXAMPLES = (
    ("C2001", "王敏", "窗口人员", "", "", "女", "", ""),
    ("D2001", "李建国", "医生", "呼吸内科", "主治医师", "男", "慢阻肺、哮喘", ""),
)


def template() -> bytes:
    """An empty sheet with its head and two rows to be overwritten."""
    return sheets.write("员工导入", COLUMNS, _EXAMPLES)


def preview(actor: Actor, *, content: bytes) -> list[Judged]:
    """What would become of each row; nothing is changed. Raises Refusal bad_sheet, sheet_too_large, wrong_columns."""
    return look(actor, staff_import.judge, rows=_rows(actor, content))


def enter(actor: Actor, *, content: bytes, expected: int) -> bytes:
    """Hire the good rows in one transaction; the report as .xlsx, with first passwords that exist nowhere else.

    `expected` good rows were previewed: if there are not as many any more, Refusal import_changed and nothing done.
    """
    rows = _rows(actor, content)
    good = [row.staff_no for row in look(actor, staff_import.judge, rows=rows) if row.entry]
    if len(good) != expected or not good:
        raise staff_import.changed()
    secrets = {staff_no: new_password() for staff_no in good}
    hashes = {staff_no: password_hash for staff_no, (_, password_hash) in secrets.items()}
    judged = perform(actor, staff_import.enter, rows=rows, hashes=hashes)
    return sheets.write(
        "导入结果",
        ("行", "工号", "姓名", "结果", "原因", "初始密码（首次登录须更换）"),
        [
            (
                row.row,
                row.staff_no,
                row.name,
                "未导入" if row.problem else "已导入",
                row.problem.message if row.problem else "",
                "" if row.problem else secrets[row.staff_no][0],
            )
            for row in judged
        ],
    )


def _rows(actor: Actor, content: bytes) -> list[tuple[int, list[str]]]:
    authority.check(actor, Right.MANAGE_STAFF)
    head, *rows = sheets.read(content, columns=len(COLUMNS), rows=ROWS_MAX) or [(1, [])]
    if [text.rstrip("*") for text in head[1]] != list(COLUMNS):
        raise Refusal("wrong_columns", "第一行的列名与模板不同，请下载模板，按模板填写。", 422)
    if not rows:
        raise Refusal("no_rows", "文件里没有要导入的行，请填写后再上传。", 422)
    return rows
