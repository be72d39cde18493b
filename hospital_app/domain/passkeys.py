"""通行密钥（指纹、面容）：where one can work, and what it is called."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from hospital_app.domain.devices import kind_of
from hospital_app.domain.errors import Refusal
from hospital_app.domain.texts import one_line

LABEL_MAX = 40
OURSELVES = "localhost"
DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom a passkey is made for: the host (`id`), and the one origin from which it is used."""

    id: str
    origin: str


def relying_party(public_url: str, *, origin: str | None) -> RelyingParty:
    """The hospital as this visitor's browser knows it; `origin` as the browser says, None for clients that are none.

    A passkey belongs to one host, so another address of ours is no use. Only at home on localhost any port will do:
    ports are forwarded. Raises Refusal `passkeys_elsewhere`.
    """
    home = urlsplit(public_url)
    asked = urlsplit(origin) if origin is not None else home
    if _is_address(home.hostname or "") or asked.hostname != home.hostname:
        raise _elsewhere(public_url)
    if _origin(asked) != _origin(home) and (asked.hostname, asked.scheme) != (OURSELVES, "http"):
        raise _elsewhere(public_url)
    return RelyingParty(id=home.hostname or "", origin=_origin(asked))


def clean_label(text: str) -> str:
    """A name on one line that shows as what it is; raises Refusal `bad_label`."""
    label = one_line(text)
    if not 0 < len(label) <= LABEL_MAX:
        raise Refusal("bad_label", "请给这把通行密钥起一个名字，最多 {most} 个字。", 422, params={"most": LABEL_MAX})
    return label


def label_of(user_agent: str, *, taken: set[str]) -> str:
    """A first name after the device, with a number if there is one of this name already."""
    name = kind_of(user_agent)
    number = next(n for n in range(1, len(taken) + 2) if _numbered(name, n) not in taken)
    return _numbered(name, number)


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number}"


def _origin(parts: SplitResult) -> str:
    """As browsers write it: lower case, no default port."""
    try:
        port = parts.port
    except ValueError:
        port = None
    shown = "" if port in (None, DEFAULT_PORTS.get(parts.scheme)) else f":{port}"
    return f"{parts.scheme}://{parts.hostname}{shown}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _elsewhere(public_url: str) -> Refusal:
    return Refusal(
        "passkeys_elsewhere",
        "指纹/面容只能在 {address} 使用，请用这个网址打开；或者改用短信验证码登录。",
        409,
        params={"address": public_url},
    )
