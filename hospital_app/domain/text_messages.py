"""短信模板：every text that the hospital sends, as it must be registered with the SMS vendor.

A vendor is told a template's own id and its parameters, never the text; names in braces are the parameters.
"""

from collections.abc import Mapping
from string import Formatter
from types import MappingProxyType

TEMPLATES: Mapping[str, str] = MappingProxyType(
    {
        "login_notice": "【挂号】您的账号 {at} 在 {device} {browser}（网络 {place}）登录。"
        "如非本人，请马上打开“账号与安全”修改密码并退出所有设备，或致电医院。",
        "login_code": "【挂号】您的验证码是 {code}，5 分钟内有效。请勿告诉他人，医院工作人员不会向您索要。",
        "account_frozen": "【挂号】您的账号已被暂时冻结，不能预约，已有的挂号不受影响。请登录在“我的”里看原因和申诉。",
        "account_unfrozen": "【挂号】您的账号已解除冻结，可以继续预约。",
        "appeal_answered": "【挂号】您的申诉已有答复，请登录后在“我的”里查看。",
    }
)


class NotFilled(Exception):
    """The names of the parameters that a template lacks."""


def parameters(template: str) -> tuple[str, ...]:
    """In the order of the text: some vendors number them."""
    return tuple(name for _, name, _, _ in Formatter().parse(TEMPLATES[template]) if name)


def fill(template: str, params: Mapping[str, str]) -> str:
    """The message's text. Raises NotFilled."""
    missing = [name for name in parameters(template) if name not in params]
    if missing:
        raise NotFilled("、".join(missing))
    return TEMPLATES[template].format_map(params)
