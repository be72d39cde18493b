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


#: What may go wrong on the way → (what the person is told, HTTP status). The page /bind says the same by the code.
TROUBLES: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "ceremony_over": ("这次登录已经过期或用过了，请重新开始。", 409),
        "other_browser": (
            "这次登录不是从这个浏览器、这个账号开始的，为安全起见没有继续；请在这里重新开始。",
            409,
        ),
        "identity_refused": ("您没有同意授权，所以没有继续；可以再试一次，或改用手机号登录。", 403),
        "identity_unproven": ("{provider}没有确认您的身份，请重新开始，或改用手机号登录。", 401),
        "identity_unreachable": ("{provider}暂时没有回应，请稍后再试，或改用手机号登录。", 503),
        "identity_not_offered": ("{provider}登录没有开通，请改用手机号登录。", 404),
        "identity_taken": (
            "这个{provider}账号已经绑定了另一个手机号；请直接用它登录，或在那个账号里解除绑定后再试。",
            409,
        ),
        "other_identity_linked": (
            "这个手机号已经绑定了另一个{provider}账号；请用短信验证码登录，在“账号与安全”里解除绑定后再试。",
            409,
        ),
        "bad_next": ("登录后要去的地址不正确，请从首页重新进入。", 422),
    }
)


def trouble(code: str, provider: Provider, *, next: str = "") -> Refusal:
    """One of TROUBLES. `next`: where the person wanted to go, and still does by another way in."""
    sentence, status = TROUBLES[code]
    params: dict[str, object] = {"provider": WORDS[provider]} if "{provider}" in sentence else {}
    return Refusal(code, sentence, status, params=params, extra={"next": next} if next else None)


#: A path of ours as a browser would resolve it: it drops tabs and takes `\` for `/`, so neither may be there.
_OWN = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def is_own_page(address: str) -> bool:
    """Whether it is a page of our own origin: path and query."""
    return len(address) <= NEXT_MAX and _OWN.fullmatch(address) is not None
