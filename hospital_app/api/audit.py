"""审计日志: search, the chain's state, export. Filters travel in bodies, since addresses of URLs are logged."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field

from hospital_app.adapters.sheets import MEDIA_TYPE
from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body, GivenInstant, Id, Instant
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import trail
from hospital_app.services.trail_search import AT_ONCE, LONGEST, Wanted

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])

Filter = Annotated[str, Field(max_length=LONGEST)]


class Filters(Body):
    """`who`: a staff number, an account's number, or `staff:1`, `account:1`; `action`: words of its name, or its code;
    codes, subjects and addresses match from their beginning.
    """

    who: Filter = ""
    role: Filter = ""
    action: Filter = ""
    subject: Filter = ""
    address: Filter = ""
    since: GivenInstant | None = None
    until: GivenInstant | None = None

    def wanted(self) -> Wanted:
        names = Wanted.__dataclass_fields__
        return Wanted(**{name: getattr(self, name) for name in names})


class Search(Filters):
    """`below`: the `older` of the page before."""

    below: Id | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = AT_ONCE


class Entry(Answer):
    """`action`: its code, `name`: the same in Chinese; `detail`: ids, codes, masked values before and after.

    `link`: its place in the chain once sealed.
    """

    id: int
    at: Instant
    actor: str
    role: str
    address: str
    action: str
    name: str
    subject: str
    detail: dict[str, Any]
    link: int | None


class Page(Answer):
    entries: list[Entry]
    older: int | None


class Checked(Answer):
    at: Instant
    links: int
    broken: int
    faults: list[str]


class Chain(Answer):
    """`overdue`: entries older than a minute without a link; `checked`: the last look along the whole chain."""

    sealed_to: int
    sealed_at: Instant | None
    overdue: int
    checked: Checked | None


@router.get("/chain", summary="审计链状态")
@allows(Right.SEE_AUDIT)
def chain(caller: Caller) -> Chain:
    return Chain.model_validate(trail.state(caller.actor()))


@router.post("/searches", summary="查询审计日志")
@allows(Right.SEE_AUDIT)
def search(asked: Search, caller: Caller) -> Page:
    """Newest first."""
    found = trail.search(caller.actor(), wanted=asked.wanted(), below=asked.below, limit=asked.limit)
    return Page.model_validate(found)


@router.post(
    "/exports",
    summary="导出审计日志",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "the newest 5,000 matching entries"}},
)
@allows(Right.SEE_AUDIT)
def export(asked: Filters, caller: Caller) -> Response:
    """As .xlsx. The export itself is on record."""
    content = trail.export(caller.actor(), wanted=asked.wanted())
    return Response(
        content, media_type=MEDIA_TYPE, headers={"Content-Disposition": 'attachment; filename="audit.xlsx"'}
    )
