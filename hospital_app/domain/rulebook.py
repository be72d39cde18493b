"""规则目录：what each number of `policy.Rules` is called, in what unit it counts and within which bounds it may be set.

One entry for each field of Rules, tested; a field without one could not be changed by anybody.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import time
from types import MappingProxyType
from typing import Any

from hospital_app.domain.errors import Refusal
from hospital_app.domain.policy import AUDIT_KEPT_DAYS, FeeTier, Rules

MINUTES, HOURS, DAYS, YEARS, SECONDS = "分钟", "小时", "天", "年", "秒"
TIMES, PEOPLE, NUMBERS, PERCENT, DEVICES, PLACES, POINTS = "次", "人", "个号", "%", "台", "位", "分"
TIERS_MAX = 8
_TIER = re.compile(r"([0-9]{1,3})=([0-9]{1,3})")


@dataclass(frozen=True, slots=True)
class Entry:
    """`lowest` and `highest` bound whole numbers; a switch with `must` cannot be set to anything else here."""

    group: str
    label: str
    unit: str = ""
    lowest: int = 0
    highest: int = 0
    must: bool | None = None


def _group(name: str, **entries: tuple[Any, ...]) -> dict[str, Entry]:
    return {field: Entry(name, *given) for field, given in entries.items()}


RULEBOOK: Mapping[str, Entry] = MappingProxyType(
    {
        **_group(
            "号源与放号",
            horizon_days=("可预约的天数（含当天）", DAYS, 1, 14),
            release=("每天放号时间",),
            referral_returns_days=("转诊号提前几天放给所有人", DAYS, 0, 14),
            referral_hold_hours=("转诊号为患者保留多久", HOURS, 1, 168),
            onsite_returns_minutes=("现场号在时段开始前多久放给所有人", MINUTES, 0, 240),
            few_percent=("余号低于多少显示“紧张”", PERCENT, 0, 100),
            same_day_cutoff_minutes=("时段结束前多久停止预约", MINUTES, 0, 240),
        ),
        **_group(
            "预约、改签与退号",
            hold_minutes=("锁号后多久内付款", MINUTES, 5, 60),
            bookings_per_day=("每账号每天最多预约", TIMES, 1, 20),
            bookings_per_department=("每位就诊人同一科室同一半天最多预约（0 为不限）", TIMES, 0, 10),
            bookings_per_week=("每位就诊人 7 天内最多预约（0 为不限）", TIMES, 0, 50),
            changes_per_appointment=("每张挂号单最多改签", TIMES, 0, 10),
            members_per_account=("每账号家人（不含本人）", PEOPLE, 0, 20),
            cancel_tiers=("退号费用（占自付部分）",),
            query_after_seconds=("多久没收到支付通知就主动查询", SECONDS, 5, 600),
            settle_minutes=("付款后最多等医保结算多久", MINUTES, 5, 240),
            settle_tries=("医保结算最多尝试", TIMES, 1, 20),
            refund_tries=("退款自动重试多少次后交财务处理", TIMES, 1, 10_000),
        ),
        **_group(
            "财务",
            ledger_closes_at=("每天几点起日结前一日",),
            reconcile_at=("每天几点起核对前一日账单",),
            invoice_automatic=("支付成功即开具电子票据",),
        ),
        **_group(
            "医院信息系统",
            his_compare_at=("每天几点起与 HIS 逐行核对",),
            his_compare_days=("核对几天前以来的就诊", DAYS, 1, 90),
        ),
        **_group(
            "候补",
            waitlist_open=("每账号同时最多候补", TIMES, 1, 20),
            waitlist_offer_minutes=("候补到号后多久内付款", MINUTES, 5, 240),
            waitlist_late_offer_minutes=("就诊前一天多久内付款", MINUTES, 5, 60),
            waitlist_closes=("就诊前一晚几点清空候补",),
        ),
        **_group(
            "停诊、调诊与加号",
            suspend_ahead_hours=("停诊至少提前多久申请", HOURS, 0, 168),
            overbook_per_session=("每个门诊最多加号", NUMBERS, 0, 50),
            overbook_percent=("加号不超过计划号数的", PERCENT, 0, 100),
            quota_per_period=("医生可申请的每半小时号数", NUMBERS, 1, 20),
            quota_days_ahead=("医生可调整多少天内的号数", DAYS, 1, 90),
            displaced_decide_hours=("停诊后患者多久内可选择", HOURS, 1, 168),
            displaced_before_hours=("停诊后最迟在开诊前多久选定", HOURS, 0, 72),
            displaced_priority_days=("停诊后优先预约保留", DAYS, 0, 90),
        ),
        **_group(
            "签到与叫号",
            check_in_opens_minutes=("开始前多久可以签到", MINUTES, 0, 240),
            calls_before_missed=("叫几次未到算过号", TIMES, 1, 10),
            recall_gap_seconds=("两次叫号的间隔", SECONDS, 0, 600),
            missed_back_places=("过号后往后排", PLACES, 1, 20),
            missed_last_at=("第几次过号排到最后", TIMES, 1, 10),
            session_grace_minutes=("班次结束后还可叫号", MINUTES, 0, 240),
        ),
        **_group(
            "爽约",
            noshow_limit=("爽约几次限制预约", TIMES, 1, 20),
            noshow_window_days=("在多少天内计算爽约", DAYS, 1, 730),
            noshow_penalty_days=("限制预约多久", DAYS, 1, 730),
        ),
        **_group(
            "高峰排队入场",
            lobby_per_second=("每秒放进多少人（0 为不排队）", PEOPLE, 0, 10_000),
            lobby_burst_seconds=("空闲后一次放进几秒的人数", SECONDS, 1, 60),
            lobby_inside=("同时在内最多", PEOPLE, 1, 1_000_000),
            lobby_pass_minutes=("入场后保留", MINUTES, 1, 240),
            lobby_countdown_minutes=("放号前多久开始倒计时", MINUTES, 0, 240),
        ),
        **_group(
            "自动验证（工作量证明）",
            proof_of_work_tries=("最多计算（旧手机每秒约 400 次）", TIMES, 100, 100_000),
            proof_of_work_doublings=("反复或分数更高时最多加倍", TIMES, 0, 6),
            proof_of_work_points=("比要求验证的分数每多多少分加倍", POINTS, 1, 1000),
            proof_of_work_minutes=("算出后多久内有效", MINUTES, 1, 30),
        ),
        **_group(
            "验证码与登录",
            sms_code_minutes=("短信验证码有效", MINUTES, 1, 30),
            sms_code_tries=("每个验证码可试", TIMES, 1, 10),
            sms_code_gap_seconds=("两次发送间隔", SECONDS, 30, 600),
            sms_codes_per_hour=("每号码每小时最多发送", TIMES, 1, 60),
            sms_codes_per_day=("每号码每天最多发送", TIMES, 1, 100),
            sms_codes_per_address_hour=("每网络地址每小时最多发送", TIMES, 1, 100_000),
            ceremony_minutes=("登录两步之间最多间隔", MINUTES, 1, 30),
            identity_bind_minutes=("首次微信、支付宝登录绑定手机的时限", MINUTES, 1, 60),
            passkeys_per_holder=("每人最多几个通行密钥", DEVICES, 1, 50),
            sign_in_failures=("连续失败几次开始等待", TIMES, 1, 20),
            sign_in_address_failures=("每网络地址每小时最多失败", TIMES, 1, 100_000),
            sign_in_wait_seconds=("第一次等待", SECONDS, 1, 3600),
            sign_in_longest_wait_seconds=("最长等待", SECONDS, 1, 86_400),
            sign_in_forget_hours=("失败记录多久后清零", HOURS, 1, 168),
            notice_after_failures=("失败几次后登录要通知本人", TIMES, 1, 20),
            proof_minutes=("敏感操作要求多久内登录过", MINUTES, 1, 120),
            session_idle_days=("患者登录多久不用即失效", DAYS, 1, 90),
            session_max_days=("患者登录最长保持", DAYS, 1, 365),
            staff_idle_minutes=("员工登录多久不用即失效", MINUTES, 5, 1440),
            staff_max_days=("员工登录最长保持", DAYS, 1, 30),
            first_password_days=("初始密码有效", DAYS, 1, 90),
            admin_second_factor=("管理员须有第二因素", "", 0, 0, True),
            staff_second_factor=("医生和窗口人员也须有第二因素",),
        ),
        **_group(
            "可疑账号",
            misuse_window_days=("统计最近", DAYS, 1, 365),
            misuse_bookings=("预约超过", TIMES, 1, 1000),
            misuse_cancels=("退号超过", TIMES, 1, 1000),
            misuse_rebooked=("退号后换人再约超过", TIMES, 1, 1000),
            misuse_patients=("就诊人超过", PEOPLE, 1, 1000),
            misuse_noshows=("爽约超过", TIMES, 1, 1000),
            misuse_devices=("登录设备超过", DEVICES, 1, 1000),
            misuse_addresses=("网络地址超过", "个", 1, 1000),
            misuse_accounts_per_device=("同一设备的账号超过", "个", 1, 1000),
            unmaskings_per_day=("每名员工每天查看完整证件", TIMES, 1, 1000),
        ),
        **_group(
            "防黄牛",
            scalping_window_minutes=("行为统计时长", MINUTES, 1, 60),
            scalping_dwell_seconds=("抢号前至少浏览或排队", SECONDS, 0, 60),
            scalping_release_minutes=("放号后多久内未浏览者须先验证（0 为不要求）", MINUTES, 0, 240),
            scalping_refusals_per_second=("每秒被拒绝超过", TIMES, 1, 100),
            scalping_devices=("一个账号同时使用的设备超过", DEVICES, 1, 100),
            scalping_accounts_per_device=("一台设备上的账号超过", "个", 1, 100),
            scalping_patients_per_device=("一台设备上的就诊人超过", PEOPLE, 1, 100),
            scalping_accounts_per_address=("一个网络地址上的账号超过", "个", 1, 10_000),
            scalping_handover_seconds=("退号后多久内被他人约走算转手", SECONDS, 1, 600),
            scalping_points_unseen=("未浏览就抢号计", POINTS, 0, 100),
            scalping_points_early=("未浏览且未放号就抢计", POINTS, 0, 100),
            scalping_points_sudden=("放号后未浏览就抢号计", POINTS, 0, 100),
            scalping_points_burst=("每一秒拒绝过多计", POINTS, 0, 100),
            scalping_points_device=("每多一台设备计", POINTS, 0, 100),
            scalping_points_shared=("设备上每多一个账号计", POINTS, 0, 100),
            scalping_points_patient=("设备上每多一位就诊人计", POINTS, 0, 100),
            scalping_points_address=("网络地址上账号过多计", POINTS, 0, 100),
            scalping_points_handed=("第二次起每次转手计", POINTS, 0, 100),
            scalping_points_linked=("每次转给同一设备的账号计", POINTS, 0, 100),
            scalping_points_most=("一项最多计", POINTS, 0, 1000),
            scalping_proof_at=("满多少分须先做验证", POINTS, 1, 1000),
            scalping_proof_minutes=("通过验证后宽限", MINUTES, 1, 240),
            scalping_alert_at=("满多少分预警", POINTS, 1, 1000),
            scalping_freeze_at=("满多少分自动冻结", POINTS, 1, 1000),
            scalping_freeze_hours=("自动冻结多久", HOURS, 1, 72),
            scalping_watch_hours=("未处理的预警影响退号多久", HOURS, 1, 72),
            scalping_return_minutes=("预警时退号在多久内随机返池（0 为立即）", MINUTES, 0, 60),
        ),
        **_group(
            "保存期限",
            audit_retention_days=("审计日志", DAYS, AUDIT_KEPT_DAYS, 36_500),
            keep_sms_code_days=("短信验证码记录", DAYS, 1, 365),
            keep_session_days=("登录记录", DAYS, 30, 3650),
            keep_idempotency_days=("防重复提交记录", DAYS, 1, 365),
            keep_outbox_days=("已完成的后台任务", DAYS, 1, 365),
            keep_behaviour_days=("浏览行为", DAYS, 1, 730),
            keep_message_days=("站内消息", DAYS, 30, 3650),
            keep_consent_years=("撤回后的同意记录", YEARS, 3, 30),
            keep_appointment_years=("挂号与支付记录", YEARS, 15, 50),
        ),
    }
)


def read(name: str, text: str) -> Any:
    """What somebody typed, as the rule's value. Raises Refusal bad_rule (422), not_found."""
    entry = RULEBOOK.get(name)
    if entry is None:
        raise Refusal("not_found", "没有这条规则，请返回规则列表重新选择。", 404)
    default, text = getattr(Rules(), name), text.strip()
    if isinstance(default, bool):
        return _read_switch(entry, text)
    if isinstance(default, int):
        return _read_number(entry, text)
    return _read_time(text) if isinstance(default, time) else _read_tiers(text)


def written(value: Any) -> str:
    """A value as `read` takes it: what forms show, what the table of changes keeps."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, tuple):
        tiers = sorted(value, key=lambda tier: -tier.hours_before)
        return " ".join(f"{tier.hours_before}={tier.percent}" for tier in tiers)
    return str(value)


def overlay(rules: Rules, changed: Mapping[str, str]) -> Rules:
    """The rules with these written values; what nobody could set any more keeps the value of `rules`."""
    values: dict[str, Any] = {}
    for name, text in changed.items():
        try:
            values[name] = read(name, text)
        except Refusal:
            continue
    return replace(rules, **values)


def names() -> list[str]:
    """In the order of the catalogue."""
    return [name for name in RULEBOOK if name in {field.name for field in fields(Rules)}]


def _read_number(entry: Entry, text: str) -> int:
    sound = text.isascii() and text.isdigit() and len(text) < 10
    if not sound or not entry.lowest <= int(text) <= entry.highest:
        raise Refusal(
            "bad_rule",
            "请填写 {lowest} 到 {highest} 之间的整数。",
            422,
            params={"lowest": entry.lowest, "highest": entry.highest},
        )
    return int(text)


def _read_switch(entry: Entry, text: str) -> bool:
    value = {"yes": True, "no": False}.get(text)
    if value is None:
        raise Refusal("bad_rule", "请选择是或否。", 422)
    if entry.must is not None and value is not entry.must:
        raise Refusal("bad_rule", "这条规则关系到安全，不能在这里关闭。", 422)
    return value


def _read_time(text: str) -> time:
    try:
        found = time.fromisoformat(text)
    except ValueError:
        raise Refusal("bad_rule", "请填写一天中的时间，如 07:00。", 422) from None
    return time(found.hour, found.minute)


def _read_tiers(text: str) -> tuple[FeeTier, ...]:
    """`12=0 2=10 0=30`: from 12 hours before nothing, from 2 hours 10 %, later 30 %."""
    found = [_TIER.fullmatch(part) for part in text.split()]
    tiers = tuple(FeeTier(int(match[1]), int(match[2])) for match in found if match)
    hours = [tier.hours_before for tier in tiers]
    percents = [tier.percent for tier in sorted(tiers, key=lambda tier: -tier.hours_before)]
    sound = (
        len(tiers) == len(found) <= TIERS_MAX
        and 0 in hours
        and len(set(hours)) == len(hours)
        and percents == sorted(percents)
        and max(percents) <= 100
    )
    if not sound:
        raise Refusal("bad_rule", "请写成“12=0 2=10 0=30”：小时=百分比，越晚不能越便宜，且须有 0 小时的一档。", 422)
    return tiers
