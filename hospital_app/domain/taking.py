"""Why a number is not to be had, wherever that is noticed: at the gate, or by the database."""

from hospital_app.domain.errors import Refusal


def slot_taken() -> Refusal:
    return Refusal("slot_taken", "这个时段的号刚刚被约完，请选择其他时段。")


def limit_reached(bookings_per_day: int) -> Refusal:
    return Refusal(
        "limit_reached",
        "今天已经约满 {limit} 个号，请明天再约，或先看看“我的挂号”。",
        params={"limit": bookings_per_day},
    )


def unreleased() -> Refusal:
    return Refusal("unreleased", "这个时段还没有放号，请在放号时间之后再来。")


def period_over() -> Refusal:
    return Refusal("period_over", "这个时段已经结束，请选择之后的时段。")


def suspended() -> Refusal:
    return Refusal("suspended", "这次门诊已停诊，请选择其他日期或医生。")


def busy() -> Refusal:
    return Refusal("busy", "现在预约的人太多，这次没有轮到您；请稍等几秒，再点一次。", 503)
