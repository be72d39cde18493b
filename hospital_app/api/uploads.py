"""Files that come in: who may send them is asked before a byte is read, then size and kind."""

from collections.abc import Collection

from fastapi import Request

from hospital_app.domain.errors import Refusal

SHEET_BYTES, PICTURE_BYTES = 2 * 1024**2, 5 * 1024**2
#: (how an upload's path begins and ends, the largest body there); everything else is a form of 64 KiB.
LARGER = (("/api/v1/staff/imports", "", SHEET_BYTES), ("/api/v1/doctors/", "/photo", PICTURE_BYTES))


def largest_body(path: str, otherwise: int) -> int:
    for begin, end, most in LARGER:
        if path.startswith(begin) and path.endswith(end):
            return most
    return otherwise


async def content_of(request: Request, *, kinds: Collection[str]) -> bytes:
    """The whole body, no larger than the limit of its path (api/limits.py). Raises Refusal `wrong_kind` (415)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in kinds:
        raise Refusal("wrong_kind", "文件类型不对，请选择页面上说明的类型。", 415)
    return await request.body()


def described(*kinds: str) -> dict[str, object]:
    """For the interface's description: the body is a file."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": dict.fromkeys(kinds, schema)}}
