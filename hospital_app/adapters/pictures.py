"""照片: whatever comes in is drawn anew by us: small, upright, without anything hidden in it."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from hospital_app.domain.errors import Refusal

KINDS = ("image/jpeg", "image/png", "image/webp")
MEDIA_TYPE = "image/webp"
LONGEST_SIDE = 512
PIXELS_MAX = 40_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 82


def redrawn(content: bytes) -> bytes:
    """A WebP of at most 512 px with none of the original's metadata. Raises Refusal `bad_picture`, `picture_too_large`.

    The size is read from the head, before a pixel is unpacked.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=_FORMATS)
        if picture.width * picture.height > PIXELS_MAX:
            raise Refusal("picture_too_large", "照片的像素过多，请缩小到 4000 万像素以内再上传。", 413)
        picture.draft("RGB", (2 * LONGEST_SIDE, 2 * LONGEST_SIDE))
        upright = ImageOps.exif_transpose(picture).convert("RGB")
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        clean = Image.new("RGB", upright.size)
        clean.paste(upright)
        out = io.BytesIO()
        clean.save(out, "WEBP", quality=_QUALITY)
        return out.getvalue()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError) as fault:
        raise Refusal("bad_picture", "这不是可以读取的 JPEG、PNG 或 WebP 照片，请换一张。", 422) from fault
