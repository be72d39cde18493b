"""员工: the list, its export, and the import from a spreadsheet; within the caller's own department or everybody."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from hospital_app.adapters.sheets import MEDIA_TYPE
from hospital_app.api.access import allows
from hospital_app.api.errors import language_of
from hospital_app.api.shapes import Answer, Instant, PathId
from hospital_app.api.uploads import content_of, described
from hospital_app.api.visitor import Caller
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.flows import staff_import, staffing
from hospital_app.services.staff_directory import Wanted

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])

FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}
Words = Annotated[str, Query(max_length=40)]
Standing = Annotated[Literal["", "active", "inactive"], Query()]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


class StaffMember(Answer):
    id: int
    staff_no: str
    name: str
    role: str
    department_code: str
    department: str
    doctor_id: int | None
    active: bool
    must_change_password: bool
    second_factor: bool
    created_at: Instant


class StaffList(Answer):
    rows: list[StaffMember]
    total: int
    page: int
    pages: int


class PreviewRow(Answer):
    """`problem` is empty for what can be taken."""

    row: int
    staff_no: str
    name: str
    problem: str


class Preview(Answer):
    rows: list[PreviewRow]
    good: int
    bad: int


def _file(content: bytes, name: str) -> Response:
    disposition = f'attachment; filename="{name}"'
    return Response(content, media_type=MEDIA_TYPE, headers={"content-disposition": disposition})


@router.get("", summary="员工名册")
@allows(Right.SEE_STAFF)
def listing(
    caller: Caller,
    q: Words = "",
    role: Words = "",
    department: Words = "",
    standing: Standing = "",
    page: PageNumber = 1,
) -> StaffList:
    """A department admin sees the doctors and clerks of the own department."""
    wanted = Wanted(q, role, department, standing, page)
    return StaffList.model_validate(staffing.listing(caller.actor(), wanted=wanted))


@router.get("/export.xlsx", summary="导出员工名册", response_class=Response, responses=FILE)
@allows(Right.SEE_STAFF)
def export(
    caller: Caller, q: Words = "", role: Words = "", department: Words = "", standing: Standing = ""
) -> Response:
    wanted = Wanted(q, role, department, standing)
    return _file(staffing.export(caller.actor(), wanted=wanted), "staff.xlsx")


@router.get("/import-template.xlsx", summary="员工导入模板", response_class=Response, responses=FILE)
@allows(Right.MANAGE_STAFF)
def template() -> Response:
    return _file(staff_import.template(), "staff-import.xlsx")


@router.post("/imports/preview", summary="预览员工导入", openapi_extra=described(MEDIA_TYPE))
@allows(Right.MANAGE_STAFF)
async def preview(request: Request, caller: Caller) -> Preview:
    """An .xlsx of at most 2 MB and 500 rows; nothing is changed. 413 `sheet_too_large`, 415 `wrong_kind`, 422
    `bad_sheet`, `wrong_columns`, `no_rows`."""
    content = await content_of(request, kinds=(MEDIA_TYPE,))
    actor = await run_in_threadpool(caller.actor)
    judged = await run_in_threadpool(staff_import.preview, actor, content=content)
    lang = language_of(request)
    rows = [
        PreviewRow(
            row=row.row,
            staff_no=row.staff_no,
            name=row.name,
            problem=say(row.problem.template, lang, **row.problem.params) if row.problem else "",
        )
        for row in judged
    ]
    good = sum(row.problem is None for row in judged)
    return Preview(rows=rows, good=good, bad=len(judged) - good)


@router.post(
    "/imports", summary="导入员工", response_class=Response, responses=FILE, openapi_extra=described(MEDIA_TYPE)
)
@allows(Right.MANAGE_STAFF)
async def enter(request: Request, caller: Caller, expected: Annotated[int, Query(ge=1, le=500)]) -> Response:
    """The same file again: its `expected` good rows are entered, all of them or none (409 `import_changed`). The report
    holds first passwords that exist nowhere else."""
    content = await content_of(request, kinds=(MEDIA_TYPE,))
    actor = await run_in_threadpool(caller.actor)
    report = await run_in_threadpool(staff_import.enter, actor, content=content, expected=expected)
    return _file(report, "staff-import-report.xlsx")


@router.get("/{staff_id}", summary="一位员工")
@allows(Right.SEE_STAFF)
def one(staff_id: PathId, caller: Caller) -> StaffMember:
    """404 for somebody of another department."""
    return StaffMember.model_validate(staffing.one(caller.actor(), staff_id=staff_id))
