"""谁可以做什么：one table role × right, and how far it reaches.

Pages show by it, event handlers and endpoints are refused by it, services narrow by its scope, tests enumerate it.
What is not in the table is denied. Times, money and states have guards of their own (policy.py, the state machines).
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from hospital_app.domain.errors import Refusal, forbidden, signed_out
from hospital_app.domain.identity import Actor, Role

F = TypeVar("F", bound=Callable[..., Any])


class Scope(StrEnum):
    """How far a right reaches: one's own things, one's own department's, everybody's."""

    OWN = "own"
    DEPARTMENT = "department"
    ALL = "all"


class Right(StrEnum):
    """What somebody may be allowed to do. The docs draw the table from here (docs/rights.md)."""

    LOOK = "look"  # 公开信息：科室、医生、号源、候诊屏
    OWN_SCREEN = "own-screen"  # 只改变自己屏幕上的内容；显示的数据由各自的动作把关
    SIGN_IN = "sign-in"  # 获取验证码、登录、找回密码
    SIGN_OUT = "sign-out"
    OWN_ACCOUNT = "own-account"  # 自己的密码、通行密钥、绑定、设备
    OWN_PRIVACY = "own-privacy"  # 同意、导出、注销
    READ_MESSAGES = "read-messages"
    APPEAL = "appeal"  # 对冻结的申诉
    MANAGE_FAMILY = "manage-family"
    BOOK = "book"  # 锁号、支付、改签
    SEE_APPOINTMENT = "see-appointment"  # 挂号单、凭条、退号费用、候诊进度
    CANCEL = "cancel"
    CHECK_IN = "check-in"
    WORK_DESK = "work-desk"  # 医生叫号
    REFER = "refer"  # 医生转诊：用转诊号为患者约其他医生
    SEE_REFERRALS = "see-referrals"  # 转诊记录：转出、转入与结果
    SEE_FIGURES = "see-figures"  # 管理看板
    SEE_BACKLOG = "see-backlog"  # 后台任务积压
    SEE_STAFF = "see-staff"
    MANAGE_STAFF = "manage-staff"  # 建立、导入、停用、调动员工
    MANAGE_DEPARTMENT = "manage-department"  # 科室的位置、范围、开放时间
    OPEN_DEPARTMENT = "open-department"  # 增设、开放、关闭科室
    MANAGE_DOCTOR = "manage-doctor"  # 医生的职称、专长、简介、照片
    MANAGE_SCHEDULE = "manage-schedule"  # 排班模板、号源板、审批停诊调诊加号
    REQUEST_CHANGE = "request-change"  # 申请停诊、调诊、加号、增减号
    REGISTER = "register"  # 窗口挂号、收费、退现金、交接班
    HAND_OVER = "hand-over"  # 班次的交接单、确认接收
    SEE_FINANCE = "see-finance"  # 财务：收入、账簿、对账、退款
    MANAGE_FINANCE = "manage-finance"  # 处理异常退款与对账差异、日结
    SET_RULES = "set-rules"  # 节假日、症状表、全院规则
    UNMASK = "unmask"  # 凭理由查看完整证件、电话
    SEE_MISUSE = "see-misuse"  # 可疑账号、冻结、申诉处理
    SEE_AUDIT = "see-audit"
    READ_FHIR = "read-fhir"  # 机器令牌，另行核验
    CALL_BACK = "call-back"  # 厂商回调，以签名核验
    OPERATE = "operate"  # 健康检查、指标
    USE_SANDBOX = "use-sandbox"  # 仅演示环境存在


EVERYONE: Mapping[Role, Scope] = MappingProxyType(dict.fromkeys(Role, Scope.ALL))
_SIGNED_IN: Mapping[Role, Scope] = MappingProxyType({role: Scope.OWN for role in Role if role is not Role.ANONYMOUS})
_ADMINS = MappingProxyType({Role.DEPARTMENT_ADMIN: Scope.DEPARTMENT, Role.HOSPITAL_ADMIN: Scope.ALL})
_HOSPITAL = MappingProxyType({Role.HOSPITAL_ADMIN: Scope.ALL})
_COUNTER = MappingProxyType({Role.PATIENT: Scope.OWN, Role.CLERK: Scope.ALL})
_PATIENT = MappingProxyType({Role.PATIENT: Scope.OWN})

RIGHTS: Mapping[Right, Mapping[Role, Scope]] = MappingProxyType(
    {
        Right.LOOK: EVERYONE,
        Right.OWN_SCREEN: EVERYONE,
        Right.SIGN_IN: EVERYONE,
        Right.SIGN_OUT: _SIGNED_IN,
        Right.OWN_ACCOUNT: _SIGNED_IN,
        Right.OWN_PRIVACY: _PATIENT,
        Right.READ_MESSAGES: _PATIENT,
        Right.APPEAL: _PATIENT,
        Right.MANAGE_FAMILY: _PATIENT,
        Right.BOOK: _COUNTER,
        Right.SEE_APPOINTMENT: _COUNTER,
        Right.CANCEL: _COUNTER,
        Right.CHECK_IN: MappingProxyType({**_COUNTER, Role.KIOSK: Scope.ALL}),
        Right.WORK_DESK: MappingProxyType({Role.DOCTOR: Scope.OWN}),
        Right.REFER: MappingProxyType({Role.DOCTOR: Scope.OWN}),
        Right.SEE_REFERRALS: _ADMINS,
        Right.SEE_FIGURES: _ADMINS,
        Right.SEE_BACKLOG: _HOSPITAL,
        Right.SEE_STAFF: _ADMINS,
        Right.MANAGE_STAFF: _ADMINS,
        Right.MANAGE_DEPARTMENT: _ADMINS,
        Right.OPEN_DEPARTMENT: _HOSPITAL,
        Right.MANAGE_DOCTOR: _ADMINS,
        Right.MANAGE_SCHEDULE: _ADMINS,
        Right.SEE_FINANCE: _HOSPITAL,
        Right.MANAGE_FINANCE: _HOSPITAL,
        Right.REQUEST_CHANGE: MappingProxyType({Role.DOCTOR: Scope.OWN, **_ADMINS}),
        Right.REGISTER: MappingProxyType({Role.CLERK: Scope.ALL}),
        Right.HAND_OVER: MappingProxyType({Role.CLERK: Scope.OWN, Role.HOSPITAL_ADMIN: Scope.ALL}),
        Right.SET_RULES: _HOSPITAL,
        Right.UNMASK: MappingProxyType({Role.CLERK: Scope.ALL, Role.HOSPITAL_ADMIN: Scope.ALL}),
        Right.SEE_MISUSE: _HOSPITAL,
        Right.SEE_AUDIT: _HOSPITAL,
        Right.READ_FHIR: EVERYONE,
        Right.CALL_BACK: EVERYONE,
        Right.OPERATE: EVERYONE,
        Right.USE_SANDBOX: EVERYONE,
    }
)
#: What a frozen account may still do: see, cancel and use what it has, speak for itself, and leave.
FROZEN_MAY = frozenset(
    {
        *(right for right, rights in RIGHTS.items() if rights is EVERYONE),
        Right.SIGN_OUT,
        Right.OWN_ACCOUNT,
        Right.OWN_PRIVACY,
        Right.READ_MESSAGES,
        Right.APPEAL,
        Right.SEE_APPOINTMENT,
        Right.CANCEL,
        Right.CHECK_IN,
    }
)
#: What a member of staff may do whose sign-in is not complete (first password, second factor).
INCOMPLETE_MAY = frozenset(
    {*(right for right, rights in RIGHTS.items() if rights is EVERYONE), Right.SIGN_OUT, Right.OWN_ACCOUNT}
)


def scope_of(actor: Actor, right: Right) -> Scope | None:
    """How far `actor` may go with `right`; None: not at all. The house itself may do everything."""
    if actor.role is Role.SYSTEM:
        return Scope.ALL
    if (actor.frozen and right not in FROZEN_MAY) or (actor.incomplete and right not in INCOMPLETE_MAY):
        return None
    return RIGHTS.get(right, {}).get(actor.role)


def may(actor: Actor, right: Right) -> bool:
    return scope_of(actor, right) is not None


def is_for_everyone(right: Right) -> bool:
    """Whether it needs no look at who asks."""
    return RIGHTS.get(right) is EVERYONE


def check(actor: Actor, right: Right) -> Scope:
    """The scope of a right; raises Refusal signed_out (401), account_frozen or forbidden (403)."""
    scope = scope_of(actor, right)
    if scope is not None:
        return scope
    if actor.role is Role.ANONYMOUS:
        raise signed_out()
    if actor.frozen and right in RIGHTS and actor.role in RIGHTS[right]:
        raise account_frozen()
    raise forbidden()


def check_department(actor: Actor, right: Right, department_code: str) -> None:
    """Raises like `check`, and `forbidden` for another department's things."""
    scope = check(actor, right)
    if scope is Scope.DEPARTMENT and actor.department_code == department_code:
        return
    if scope is not Scope.ALL:
        raise forbidden()


def own_department(actor: Actor, right: Right) -> str | None:
    """The one department that lists and searches are narrowed to; None: all of them. Raises like `check`."""
    if check(actor, right) is Scope.ALL:
        return None
    if not actor.department_code:
        raise forbidden()
    return actor.department_code


def reaches_account(actor: Actor, right: Right, account_id: int | None) -> bool:
    """Whether the right extends to what belongs to this account."""
    scope = scope_of(actor, right)
    return scope is Scope.ALL or (scope is Scope.OWN and account_id is not None and actor.account_id == account_id)


def acts_for_others(actor: Actor, right: Right) -> bool:
    """Whether somebody at the counter does this for a patient, and so has to say why; a kiosk is the patient's hand."""
    return actor.role is Role.CLERK and scope_of(actor, right) is Scope.ALL


def check_holder(actor: Actor, right: Right) -> int:
    """The id of the account whose own things are meant. Raises like `check`; staff have no account."""
    check(actor, right)
    if actor.account_id is None:
        raise forbidden()
    return actor.account_id


def account_frozen() -> Refusal:
    return Refusal(
        "account_frozen",
        "您的账号已被暂时冻结，已有的挂号仍可查看和退号；请在“我的”里查看原因并申诉。",
        403,
    )


def marked(function: F, right: Right) -> F:
    """Remember with a handler or an endpoint which right it needs; whoever lets callers in looks here."""
    function.__dict__["guahao_right"] = right
    return function


def right_of(function: Callable[..., Any]) -> Right | None:
    """None: nobody said what this is, so nobody may call it."""
    found = getattr(function, "guahao_right", None)
    return found if isinstance(found, Right) else None
