"""照片: drawn anew, small, without anything hidden; what is no picture is refused before it is unpacked."""

import io
import struct
import zlib

import pytest
from PIL import Image
from PIL.ExifTags import Base

from hospital_app.adapters import pictures
from hospital_app.domain.errors import Refusal


def picture(kind: str, size: tuple[int, int] = (1600, 1200), mode: str = "RGB", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "teal" if mode == "RGB" else None).save(out, kind, **more)
    return out.getvalue()


def refused(content: bytes) -> str:
    with pytest.raises(Refusal) as refusal:
        pictures.redrawn(content)
    return refusal.value.code


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB"), ("JPEG", "CMYK")]
)
def test_every_kind_becomes_a_small_webp(kind: str, mode: str) -> None:
    drawn = Image.open(io.BytesIO(pictures.redrawn(picture(kind, mode=mode))))
    assert (drawn.format, drawn.size) == ("WEBP", (512, 384))


def test_nothing_hidden_survives() -> None:
    exif = Image.Exif()
    exif[Base.Orientation], exif[Base.Artist] = 6, "somebody's name and place"
    drawn = Image.open(io.BytesIO(pictures.redrawn(picture("JPEG", exif=exif.tobytes(), comment=b"secret"))))
    assert drawn.size == (384, 512)  # upright
    assert not drawn.getexif() and not {"exif", "icc_profile", "xmp", "comment"} & set(drawn.info)


def test_a_small_one_stays_small() -> None:
    assert Image.open(io.BytesIO(pictures.redrawn(picture("PNG", (40, 50))))).size == (40, 50)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xd8\xff", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", b"\x89PNG\r\n\x1a\n"],
)
def test_what_is_no_picture(content: bytes) -> None:
    assert refused(content) == "bad_picture"


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
def test_kinds_that_are_not_taken(kind: str) -> None:
    assert refused(picture(kind, (10, 10))) == "bad_picture"


def test_half_a_picture() -> None:
    whole = picture("JPEG")
    assert refused(whole[: len(whole) // 2]) == "bad_picture"


def test_a_bomb_is_not_unpacked() -> None:
    """A few bytes that call themselves 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\x00" * 100)) + chunk(b"IEND", b"")
    )
    assert refused(bomb) in ("picture_too_large", "bad_picture")
