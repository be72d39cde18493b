"""A signature as its vendor writes it, and not the same one in other words."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64


def strict_base64(text: str) -> bool:
    """The vendors' SDKs ignore what is not of the alphabet: the same signature in other words."""
    try:
        return bool(text) and b64encode(b64decode(text, validate=True)).decode() == text
    except (NotBase64, ValueError):
        return False
