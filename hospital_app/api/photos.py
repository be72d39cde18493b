"""医生照片: put and removed by administrators, kept by browsers for ever under the name of its content."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from hospital_app.adapters.pictures import KINDS, MEDIA_TYPE
from hospital_app.api.access import allows
from hospital_app.api.headers import YEAR
from hospital_app.api.shapes import Answer, PathId
from hospital_app.api.uploads import content_of, described
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import records

router = APIRouter(prefix="/api/v1", tags=["photos"])

Name = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class PhotoKept(Answer):
    photo: str


@router.post("/doctors/{doctor_id}/photo", status_code=201, summary="上传医生照片", openapi_extra=described(*KINDS))
@allows(Right.MANAGE_DOCTOR)
async def put(doctor_id: PathId, request: Request, caller: Caller) -> PhotoKept:
    """JPEG, PNG or WebP, at most 5 MB; kept as WebP of at most 512 px without metadata. 413 `picture_too_large`,
    415 `wrong_kind`, 422 `bad_picture`; 404 for another department's doctor."""
    content = await content_of(request, kinds=KINDS)
    actor = await run_in_threadpool(caller.actor)
    kept = await run_in_threadpool(records.put_photo, actor, doctor_id=doctor_id, content=content)
    return PhotoKept(photo=kept)


@router.delete("/doctors/{doctor_id}/photo", status_code=204, summary="移除医生照片")
@allows(Right.MANAGE_DOCTOR)
def remove(doctor_id: PathId, caller: Caller) -> None:
    records.remove_photo(caller.actor(), doctor_id=doctor_id)


@router.get("/photos/{sha256}", summary="照片", response_class=Response, responses={200: {"content": {MEDIA_TYPE: {}}}})
@allows(Right.LOOK)
def show(sha256: Name) -> Response:
    photo = records.photo(sha256)
    headers = {"cache-control": YEAR, "x-content-type-options": "nosniff"}
    return Response(photo.content, media_type=photo.content_type, headers=headers)
