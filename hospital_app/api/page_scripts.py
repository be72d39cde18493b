"""The inline scripts of the compiled pages, by their hashes: a policy that names them lets no other one run.

React Router writes its hydration data and Reflex the colour scheme as inline scripts; they are the same for everybody,
since what belongs to somebody comes over the socket.
"""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
_SOURCE = re.compile(r"\bsrc\s*=")


def hashes(built: Path) -> list[str]:
    """For `script-src`: one source expression for each inline script of any page under `built`."""
    texts = {text for file in built.glob("**/*.html") for text in inline(file.read_text())}
    return sorted(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts)


def inline(page: str) -> list[str]:
    return [found["text"] for found in _SCRIPT.finditer(page) if not _SOURCE.search(found["attributes"])]
