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
        "waitlist_offer": "【挂号】您候补的号有了：{at}，已为您锁定到 {until}，请登录“我的挂号”支付，逾期给下一位。",
        "waitlist_cleared": "【挂号】您候补的 {on} 没有等到号，候补已结束；请选择其他日期，或当天到窗口咨询。",
        "account_frozen": "【挂号】您的账号已被暂时冻结，不能预约，已有的挂号不受影响。请登录在“我的”里看原因和申诉。",
        "account_unfrozen": "【挂号】您的账号已解除冻结，可以继续预约。",
        "displaced": "【挂号】很抱歉，您 {at} 的门诊停诊。请在 {until} 前打开挂号单，改到其他医生或全额退款；"
        "到时没有选择会自动全额退款。",
        "suspended_today": "【挂号】很抱歉，您已签到的门诊临时停诊，费用已全额退回，请到服务台改挂其他医生。",
        "adjusted_room": "【挂号】您 {at} 的门诊改在 {room} 就诊，请以挂号单为准。",
        "adjusted_time": "【挂号】您 {before} 的门诊改到 {at}。如不方便，可以在挂号单里免手续费退号。",
        "adjusted_doctor": "【挂号】您 {at} 的门诊改由 {doctor} 接诊，费用不变。如不方便，可以在挂号单里免手续费退号。",
        "overbooked": "【挂号】医生为您在 {at} 的门诊加了号，请在 {until} 前打开挂号单支付，逾期自动取消。",
        "referred": "【挂号】医生为您转诊：{at} 的号已锁定，请在 {until} 前打开挂号单支付，逾期自动取消。",
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
