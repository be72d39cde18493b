"""The rules with their numbers, and the guards of time and money that use them."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ADMIN_ROLES, STAFF_ROLES, Role
from hospital_app.domain.taking import period_over, unreleased

#: 网络安全法：logs are kept for six months at least; the database itself refuses to delete younger audit entries.
AUDIT_KEPT_DAYS = 180


@dataclass(frozen=True, slots=True)
class FeeTier:
    """From `hours_before` the start on, `percent` of the cash part is kept."""

    hours_before: int
    percent: int


@dataclass(frozen=True, slots=True)
class Rules:
    """The default numbers of product.md; every one can be set per hospital (HOSPITAL_RULES__NAME)."""

    horizon_days: int = 7
    release: time = time(7, 0)
    referral_returns_days: int = 1  # 转诊号：unused ones open to everybody at the release time so many days before
    referral_hold_hours: int = 24  # 转诊号：held for the patient to pay, at most until the visit begins
    onsite_returns_minutes: int = 30  # 现场号：unused ones open to everybody so long before their half hour begins
    hold_minutes: int = 15
    bookings_per_day: int = 3
    bookings_per_department: int = 0  # 同一就诊人同一科室同一半天; 0: no limit
    bookings_per_week: int = 0  # 同一就诊人 7 天内的就诊; 0: no limit
    changes_per_appointment: int = 2
    members_per_account: int = 5
    few_percent: int = 20
    same_day_cutoff_minutes: int = 0
    check_in_opens_minutes: int = 60
    missed_back_places: int = 3
    missed_last_at: int = 3
    calls_before_missed: int = 3
    recall_gap_seconds: int = 60
    session_grace_minutes: int = 30
    noshow_limit: int = 3
    noshow_window_days: int = 90
    noshow_penalty_days: int = 90
    cancel_tiers: tuple[FeeTier, ...] = (FeeTier(12, 0), FeeTier(2, 10), FeeTier(0, 30))
    suspend_ahead_hours: int = 24  # 停诊: asked for later, it needs the hospital's admin
    overbook_per_session: int = 5  # 加号, and never more than:
    overbook_percent: int = 20  # of the planned numbers
    quota_per_period: int = 6  # 医生可申请的每半小时号数
    quota_days_ahead: int = 28
    displaced_decide_hours: int = 24  # 停诊后患者可选择的时间, and no later than:
    displaced_before_hours: int = 2  # before the clinic's start
    displaced_priority_days: int = 7
    waitlist_open: int = 3  # 候补：so many at a time for one account
    waitlist_offer_minutes: int = 30
    waitlist_late_offer_minutes: int = 15  # on the day before the visit
    waitlist_closes: time = time(23, 0)  # on the evening before the visit
    lobby_per_second: int = 40  # 排队入场：so many are let in to book, in the order of arrival; 0: no lobby
    lobby_burst_seconds: int = 5  # after a quiet time so many seconds' worth at once
    lobby_inside: int = 4000  # at most so many who came in of late
    lobby_pass_minutes: int = 30  # since they were last seen
    lobby_countdown_minutes: int = 60  # before a release the lobby shows how long it takes
    proof_of_work_tries: int = 1200  # 工作量证明：at most, half of them on average; an old phone makes 400 a second
    proof_of_work_doublings: int = 3  # at most: with each proof that an account solved within the hour, and with each
    proof_of_work_points: int = 15  # that its behaviour weighs beyond scalping_proof_at
    proof_of_work_minutes: int = 5
    sms_code_minutes: int = 5
    sms_code_tries: int = 5
    sms_code_gap_seconds: int = 60
    sms_codes_per_hour: int = 5
    sms_codes_per_day: int = 10
    sms_codes_per_address_hour: int = 300  # a whole hospital may stand behind one address
    ceremony_minutes: int = 5  # between two steps of a sign-in: passkeys, WeChat, Alipay
    identity_bind_minutes: int = 15  # for the phone and its code, at the first sign-in through WeChat or Alipay
    passkeys_per_holder: int = 10
    sign_in_failures: int = 5  # in a row; from then on each makes the next try wait, twice as long each time
    sign_in_address_failures: int = 200  # within an hour: a whole hospital may stand behind one address
    sign_in_wait_seconds: int = 30
    sign_in_longest_wait_seconds: int = 900
    sign_in_forget_hours: int = 24
    notice_after_failures: int = 3
    proof_minutes: int = 10  # a sign-in so long ago still allows to change ways in, to export and to close the account
    session_idle_days: int = 14
    session_max_days: int = 60
    staff_idle_minutes: int = 720
    staff_max_days: int = 7
    admin_second_factor: bool = True  # 管理员须有第二因素; production refuses to start without
    staff_second_factor: bool = False  # 医生、窗口人员也须有
    first_password_days: int = 14  # 初始密码未使用即失效
    query_after_seconds: int = 30
    ledger_closes_at: time = time(1, 0)  # 日结：of the day before
    settle_minutes: int = 30  # 医保结算：a number whose money has arrived is kept so long for the bureau
    settle_tries: int = 5
    refund_tries: int = 300  # 退款：by itself so many times, a day at five minutes; then finance sees it
    reconcile_at: time = time(10, 0)  # 对账：from then on the channels' bills of the day before are fetched
    invoice_automatic: bool = False  # 支付成功即开具电子票据; else the patient asks for it
    his_compare_at: time = time(2, 30)  # 与 HIS 逐行核对
    his_compare_days: int = 7
    audit_retention_days: int = 1095  # never less than AUDIT_KEPT_DAYS
    misuse_window_days: int = 30
    misuse_bookings: int = 30
    misuse_cancels: int = 12
    misuse_rebooked: int = 3
    misuse_patients: int = 8
    misuse_noshows: int = 3
    misuse_devices: int = 6
    misuse_addresses: int = 40  # a phone on the move changes its address often
    misuse_accounts_per_device: int = 4
    scalping_window_minutes: int = 10  # 防黄牛：what an account does is weighed over so long
    scalping_dwell_seconds: int = 1  # somebody looked at numbers, or stood in the lobby, so long before a hold
    scalping_release_minutes: int = 10  # after a release who was not seen before must prove something first; 0: never
    scalping_refusals_per_second: int = 5  # more in one second is no finger's doing
    scalping_devices: int = 3  # one account's at the same time
    scalping_accounts_per_device: int = 4  # a family with one tablet
    scalping_patients_per_device: int = 8
    scalping_accounts_per_address: int = 60  # the hospital's own Wi-Fi, an internet café: hardly a sign
    scalping_handover_seconds: int = 60  # a number given back and taken by somebody else within so long
    scalping_points_unseen: int = 20  # a hold without a look
    scalping_points_early: int = 25  # and before the release, too
    scalping_points_sudden: int = 40  # a hold right after a release, by whom nobody has seen before: refused
    scalping_points_burst: int = 15  # each second with too many refusals
    scalping_points_device: int = 15  # each device too many
    scalping_points_shared: int = 15  # each account too many on one device
    scalping_points_patient: int = 8  # each person too many on one device
    scalping_points_address: int = 5  # once
    scalping_points_handed: int = 10  # each number handed over but the first
    scalping_points_linked: int = 40  # each that went to an account of the same device
    scalping_points_most: int = 80  # of one sign: none of them freezes alone
    scalping_proof_at: int = 40  # 工作量证明: before the next hold
    scalping_proof_minutes: int = 10  # a proof lowers what is asked by scalping_proof_at for so long
    scalping_alert_at: int = 80
    scalping_freeze_at: int = 120
    scalping_freeze_hours: int = 1
    scalping_watch_hours: int = 2  # an alert that nobody handled lets numbers return late for so long
    scalping_return_minutes: int = 10  # 随机返池: at a random moment within
    unmaskings_per_day: int = 50  # of one member of staff
    keep_sms_code_days: int = 30
    keep_session_days: int = 180
    keep_idempotency_days: int = 30
    keep_outbox_days: int = 90
    keep_behaviour_days: int = 180
    keep_message_days: int = 1095
    keep_consent_years: int = 3  # after it was taken back
    keep_appointment_years: int = 15  # with payments and refunds; accounting rules may want 30


@dataclass(frozen=True, slots=True)
class CancelQuote:
    """What cancelling costs now. `until` is when a dearer tier begins (None: no later tier)."""

    tier: str
    percent: int
    fee_fen: int
    refund_fen: int
    until: datetime | None


def needs_second_factor(rules: Rules, role: Role) -> bool:
    """Whether a password alone does not let this role in. A kiosk has neither finger nor phone."""
    if role in ADMIN_ROLES:
        return rules.admin_second_factor or rules.staff_second_factor
    return rules.staff_second_factor and role in STAFF_ROLES and role is not Role.KIOSK


def cancel_quote(rules: Rules, *, now: datetime, starts_at: datetime, cash_fen: int, paid_fen: int) -> CancelQuote:
    """退号费用：只从自付部分扣，开诊之后不退.

    `cash_fen` is the cash part of `paid_fen` still kept; a fee is rounded down to the fen, for the patient.
    """
    if now >= starts_at:
        return CancelQuote("after_start", 100, cash_fen, paid_fen - cash_fen, None)
    left = starts_at - now
    until: datetime | None = None
    for tier in sorted(rules.cancel_tiers, key=lambda t: -t.hours_before):
        boundary = timedelta(hours=tier.hours_before)
        if left >= boundary:
            fee = cash_fen * tier.percent // 100
            until = starts_at - boundary
            return CancelQuote(f"from_{tier.hours_before}h", tier.percent, fee, paid_fen - fee, until)
    return CancelQuote("before_start", 0, 0, paid_fen, starts_at)


def check_bookable(
    rules: Rules, *, now: datetime, released_at: datetime, starts_at: datetime, ends_at: datetime
) -> None:
    """A period can be booked from its release until `same_day_cutoff_minutes` before its end."""
    if now < released_at:
        raise unreleased()
    if now >= ends_at - timedelta(minutes=rules.same_day_cutoff_minutes):
        raise period_over()


def check_in_window(rules: Rules, *, now: datetime, starts_at: datetime, session_ends_at: datetime) -> None:
    """签到从开始前 60 分钟到本班次结束；迟到者排在后面."""
    opens_at = starts_at - timedelta(minutes=rules.check_in_opens_minutes)
    if now < opens_at:
        raise Refusal(
            "too_early",
            "还没到签到时间，请在就诊时段开始前 60 分钟内再来。",
            extra={"opens_at": opens_at.isoformat()},
        )
    if now >= session_ends_at:
        raise Refusal("not_today", "本次门诊已经结束，不能再签到，请到服务台咨询。")


def availability(rules: Rules, *, capacity: int, free: int) -> str:
    """free / few / full of a period or of a session: few means 20 % of a session, or the last one of a half-hour."""
    if free <= 0:
        return "full"
    return "few" if free <= max(1, capacity * rules.few_percent // 100) else "free"
