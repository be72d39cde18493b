"""电子挂号单：as data, as a picture, as a calendar entry."""

from fastapi import APIRouter
from fastapi.responses import Response

from hospital_app.api.access import allows
from hospital_app.api.appointments import Appointment
from hospital_app.api.shapes import Answer, AppointmentNo
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal
from hospital_app.flows import booking

router = APIRouter(prefix="/api/v1/appointments", tags=["slips"])


class Slip(Answer):
    """`qr` is the text in the QR code, empty until a worker has made it (`ready`); `code` always works as well."""

    no: str
    code: str
    qr: str
    ready: bool
    appointment: Appointment


@router.get("/{no}/slip", summary="电子挂号单")
@allows(Right.SEE_APPOINTMENT)
def slip(no: AppointmentNo, caller: Caller) -> Slip:
    """409 `not_booked` while it is not paid, or cancelled."""
    actor = caller.actor()
    made = booking.slip(actor, no=no)
    appointment = Appointment.model_validate(booking.one(actor, no=no))
    return Slip(no=made.no, code=made.code, qr=made.qr, ready=made.png is not None, appointment=appointment)


@router.get(
    "/{no}/slip.png", summary="挂号单二维码", response_class=Response, responses={200: {"content": {"image/png": {}}}}
)
@allows(Right.SEE_APPOINTMENT)
def picture(no: AppointmentNo, caller: Caller) -> Response:
    made = booking.slip(caller.actor(), no=no)
    if made.png is None:
        raise Refusal("slip_pending", "电子挂号单正在生成，请几秒后再看。")
    return Response(made.png, media_type="image/png")


@router.get(
    "/{no}/slip.ics", summary="日历文件", response_class=Response, responses={200: {"content": {"text/calendar": {}}}}
)
@allows(Right.SEE_APPOINTMENT)
def calendar_file(no: AppointmentNo, caller: Caller) -> Response:
    file = booking.ics(caller.actor(), no=no)
    return Response(
        file,
        media_type="text/calendar",
        headers={"content-disposition": f'attachment; filename="{no}.ics"'},
    )
