"""短信模板：as registered with the vendor. A template's names in braces are its required parameters."""

from collections.abc import Mapping
from string import Formatter

TEMPLATES: Mapping[str, str] = {
    "login_code": "【挂号】您的验证码是 {code}，5 分钟内有效。请勿告诉他人，医院工作人员不会向您索要。",
    "booked": "【挂号】预约成功：{doctor}，{time}，{place}，第 {seq} 号。请提前签到。",
    "cancelled": "【挂号】您在 {time} 的 {doctor} 号已退号，退款 {amount} 元将原路返回。",
    "rescheduled": "【挂号】改签成功：{doctor}，新时间 {time}，{place}，第 {seq} 号。",
    "expired": "【挂号】您锁定的 {doctor} 号（{time}）因超时未支付已释放，如仍需就诊请重新挂号。",
    "suspended": "【挂号】很抱歉，{doctor} 在 {time} 停诊。费用将全额退回，您也可以在系统里免费改约。",
    "near": "【挂号】您前面还有 {ahead} 位，请到 {place} 候诊。",
    "offered": "【挂号】您候补的 {doctor} 有号了（{time}），请在 {until} 前确认。",
    "unusual_login": "【挂号】您的账号于 {time} 在新设备登录。如非本人操作，请立即修改密码。",
}


class NotFilled(Exception):
    """The names of the parameters that a template lacks."""


def fill(template: str, params: Mapping[str, str]) -> str:
    """The message's text. Raises NotFilled."""
    text = TEMPLATES[template]
    missing = [name for _, name, _, _ in Formatter().parse(text) if name and name not in params]
    if missing:
        raise NotFilled("、".join(missing))
    return text.format_map(params)
