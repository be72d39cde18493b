"""微信、支付宝快捷登录: who vouches for somebody, and where they may go afterwards."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from hospital_app.domain.errors import Refusal

NEXT_MAX = 300


class Provider(StrEnum):
    WECHAT = "wechat"
    ALIPAY = "alipay"


#: 厂商的名字, as it stands on buttons and in sentences.
WORDS: Mapping[Provider, str] = MappingProxyType({Provider.WECHAT: "微信", Provider.ALIPAY: "支付宝"})


@dataclass(frozen=True, slots=True)
class Proven:
    """Whom a provider vouches for: its own lasting id of the person, and the nickname they chose there, if any."""

    subject: str
    nickname: str = ""


#: A path of ours as a browser would resolve it: it drops tabs and takes `\` for `/`, so neither may be there.
_OWN = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def own_page(address: str) -> str:
    """`address` if it is a page of our own origin (path and query); raises Refusal `bad_next`."""
    if len(address) > NEXT_MAX or _OWN.fullmatch(address) is None:
        raise Refusal("bad_next", "登录后要去的地址不正确，请从首页重新进入。", 422)
    return address
