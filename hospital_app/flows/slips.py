"""The QR of a slip, drawn by a worker."""

import io

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pure import PyPNGImage

from hospital_app.domain.identity import SYSTEM
from hospital_app.flows.unit import perform
from hospital_app.services import slips

BOX_PIXELS = 8
QUIET_ZONE_BOXES = 4


def make(*, no: str) -> None:
    """Draw and store the slip of the appointment's present version, if it lacks one."""
    text = perform(SYSTEM, slips.wanted, no=no)
    if text is None:
        return
    perform(SYSTEM, slips.store, qr=text, png=draw(text))


def draw(text: str) -> bytes:
    """PNG, black on white, readable from a phone's screen by a cheap scanner."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=BOX_PIXELS, border=QUIET_ZONE_BOXES)
    code.add_data(text)
    code.make(fit=True)
    buffer = io.BytesIO()
    code.make_image(image_factory=PyPNGImage).save(buffer)
    return buffer.getvalue()
