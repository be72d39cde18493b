"""站内消息的模板：what an account is told, one sentence a kind, filled with what its sender gave."""

from collections.abc import Mapping
from types import MappingProxyType

from hospital_app.domain.money import yuan

_IF_NOT_YOU = "如果不是您本人，请马上到“账号与安全”修改密码并退出所有设备。"
TEMPLATES: Mapping[str, str] = MappingProxyType(
    {
        "booked": "预约成功，请按时段到院签到；电子挂号单已可查看。",
        "payment-due": "挂号费 {amount} 元请在签到前到挂号窗口缴纳；就诊时段结束仍未缴费的，按爽约处理。",
        "rescheduled": "改签成功，请按新的时段到院签到。",
        "cancelled": "已退号；已付的费用会按规则原路退回。",
        "refunded": "退款 {amount} 元已原路退回。",
        "fetch-cash": "窗口现金支付的 {amount} 元已可退，请带证件到挂号窗口领取。",
        "paid_too_late": "付款时号已释放，费用会全额原路退回，请重新预约。",
        "insurance-unsettled": "医保没有结算成功，自付的费用全额原路退回；号还为您保留几分钟，可以自费支付。",
        "insurance-failed": "医保没有结算成功，没有产生费用；号还为您保留几分钟，可以再试一次或自费支付。",
        "insurance-too-late": "医保没有结算成功，没有产生费用；号已释放，请重新预约。",
        "suspended": "本次门诊停诊，费用已全额退回；7 天内候补这位医生或这个科室，您排在前面。",
        "suspended-unpaid": "很抱歉，您正在支付的门诊已停诊，号已取消；如果已经付款，会全额退回。",
        "suspended-today": "很抱歉，您已签到的门诊临时停诊，费用已全额退回；请到服务台改挂其他医生。",
        "displaced": "很抱歉，{at} 的门诊停诊。请在 {until} 前打开挂号单，改到其他医生（不加价）或全额退款；"
        "到时没有选择会自动全额退款。",
        "moved": "已改到新的门诊，费用不变，请按新的时段到院签到。",
        "adjusted-room": "您 {at} 的门诊改在 {room} 就诊，电子挂号单已更新。",
        "adjusted-time": "您 {before} 的门诊改到 {at}，电子挂号单已更新；如不方便，可以免手续费退号。",
        "adjusted-doctor": "您 {at} 的门诊改由 {doctor} 接诊，费用不变；如不方便，可以免手续费退号。",
        "overbooked": "医生为您在 {at} 的门诊加了号，请在 {until} 前支付，逾期自动取消。",
        "referred": "医生为您转诊：{at} 的号已为您锁定，请在 {until} 前支付，逾期自动取消。",
        "near": "您前面还有 {ahead} 位，请到候诊区等候。",
        "insurance-refused": "{name}的医保号没有通过医保局核验，已移除；请对照医保卡重新填写，不填也可以挂号。",
        "noshow": "本次就诊未到，已记为爽约；如有特殊情况请联系服务台。",
        "passkey_added": "账号新增了指纹/面容登录“{label}”；若不是您本人，请马上到“账号与安全”移除它。",
        "passkey_removed": "指纹/面容登录“{label}”已从账号移除；若不是您本人，请马上到“账号与安全”检查。",
        "passkey_copied": "指纹/面容登录“{label}”可能被复制，已拒绝一次登录；请到“账号与安全”移除它，再重新添加。",
        "identity_linked": "账号已绑定{provider}登录；若不是您本人操作，请马上到“账号与安全”解除绑定。",
        "identity_unlinked": "账号已解除{provider}登录的绑定；若不是您本人操作，请马上到“账号与安全”检查。",
        "password": "您的登录密码已于 {at} 设置，其他设备都已退出登录。" + _IF_NOT_YOU,
        "login-device": "您的账号 {at} 在新设备上登录：{device} {browser}，网络 {place}。" + _IF_NOT_YOU,
        "login-network": "您的账号 {at} 在新的网络登录：{device} {browser}，网络 {place}。" + _IF_NOT_YOU,
        "login-failures": "您的账号 {at} 在 {failures} 次失败后登录成功：{device} {browser}，网络 {place}。"
        + _IF_NOT_YOU,
        "waitlist-offer": "您候补的号有了：{at}，已为您锁定到 {until}，请在此之前支付，逾期给下一位。",
        "waitlist-lapsed": "候补的号没有在时限内支付，已给下一位；如仍需要，请重新候补。",
        "waitlist-cleared": "您候补的 {on} 没有等到号，候补已结束；请选择其他日期，或当天到窗口咨询。",
        "waitlist-barred": "轮到您的候补时，这位就诊人不能预约（如已约同一位医生），候补已结束；如仍需要，请重新候补。",
        "frozen": "您的账号已被暂时冻结，不能预约；已有的挂号不受影响。原因和申诉请看“我的”。",
        "unfrozen": "您的账号已解除冻结，可以继续预约。",
        "appeal-answered": "您的申诉已有答复，请在“我的”里查看。",
    }
)
_OTHER = "您的挂号有新的变化，请查看详情。"


def template_of(kind: str) -> str:
    """A kind that a newer version wrote still reads as a sentence."""
    return TEMPLATES.get(kind, _OTHER)


def filled(params: Mapping[str, object]) -> dict[str, str]:
    """Parameters as a sentence wants them: fen become yuan, under the name without `_fen`."""
    return {
        name.removesuffix("_fen"): yuan(value) if name.endswith("_fen") and isinstance(value, int) else str(value)
        for name, value in params.items()
    }
