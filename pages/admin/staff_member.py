"""一位员工: a new one, or what may be changed of one who is here."""

import reflex as rx

from hospital_app.domain.identity import Role
from hospital_app.domain.staffing import TITLES
from pages.components.browser import WAITS, does
from pages.components.forms import field, pick_field, select_field
from pages.components.parts import box, button, button_link, card, pairs, pill, section
from pages.components.records import admin_page, asking
from pages.components.staff import work_head
from pages.components.text import t
from state.staff_member import StaffMemberState

_ADMINS = (Role.DEPARTMENT_ADMIN.value, Role.HOSPITAL_ADMIN.value)


def _titles(*, hint: str = "") -> rx.Component:
    return select_field("title", t("职称"), [(title, t(title)) for title in TITLES], hint=t(hint) if hint else None)


def _department(id_: str) -> rx.Component:
    return pick_field(
        id_,
        t("科室"),
        StaffMemberState.departments,
        none=t("不属于科室"),
        name="department",
        default_value=StaffMemberState.department,
    )


def _hiring() -> rx.Component:
    doctor = StaffMemberState.hired_role == Role.DOCTOR.value
    return card(
        rx.el.form(
            field("staff_no", t("工号"), hint=t("2 到 20 位字母、数字或连字符"), max_length=20, required=True),
            field("name", t("姓名"), max_length=40, required=True, auto_complete="off"),
            pick_field(
                "role",
                t("角色"),
                StaffMemberState.roles,
                default_value=StaffMemberState.hired_role,
                on_change=StaffMemberState.choose_role,
            ),
            _department("hire-department"),
            rx.cond(
                doctor,
                rx.fragment(
                    _titles(),
                    select_field("gender", t("性别"), [("female", t("女")), ("male", t("男"))]),
                    field("specialty", t("专长"), hint=t("患者在医生卡片上看到"), max_length=200),
                ),
            ),
            button(t("添加"), type="submit", kind="primary btn-block", custom_attrs=WAITS),
            on_submit=StaffMemberState.hire,
            class_name="stack",
        ),
        class_name="record",
    )


def _password() -> rx.Component:
    """Once: it is nowhere else."""
    return box(
        "warn",
        rx.el.h2(t("初始密码（只显示这一次）")),
        rx.el.p(StaffMemberState.password_of),
        rx.el.p(StaffMemberState.password, class_name="factor-key", id="first-password"),
        rx.el.p(t("请当面或以可靠的方式交给本人；首次登录必须更换。")),
        rx.el.div(
            button(t("复制"), kind="soft", custom_attrs=does("copy", StaffMemberState.password)),
            button_link(t("回到名册"), "/admin/staff", kind="plain"),
            class_name="btn-row",
        ),
    )


def _facts() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.h3(StaffMemberState.name),
            pill(StaffMemberState.word, rx.cond(StaffMemberState.active, "ok", "still")),
            class_name="spread",
        ),
        pairs(
            [
                (t("工号"), StaffMemberState.staff_no),
                (t("角色"), StaffMemberState.role_name),
                (t("科室"), rx.cond(StaffMemberState.department_name != "", StaffMemberState.department_name, "—")),
                (t("第二因素"), rx.cond(StaffMemberState.second_factor, t("已绑定"), t("未绑定"))),
            ]
        ),
        rx.el.form(
            field("name", t("姓名"), default_value=StaffMemberState.name, max_length=40, required=True),
            button(t("保存姓名"), type="submit", kind="plain", custom_attrs=WAITS),
            on_submit=StaffMemberState.rename,
            class_name="stack",
            key=StaffMemberState.name,
        ),
        rx.cond(
            StaffMemberState.doctor_id > 0,
            button_link(t("职称、简介和照片"), f"/admin/doctors/{StaffMemberState.doctor_id}", kind="plain"),
        ),
        class_name="stack record",
    )


def _moving() -> rx.Component:
    """By a hospital admin."""
    return rx.fragment(
        section(
            t("调动"),
            card(
                rx.el.form(
                    _department("move-department"),
                    button(t("调到这个科室"), type="submit", kind="plain", custom_attrs=WAITS),
                    on_submit=StaffMemberState.transfer,
                    class_name="stack",
                    key=StaffMemberState.department,
                ),
                class_name="record",
            ),
        ),
        section(
            t("换岗"),
            card(
                rx.el.form(
                    pick_field("role", t("新角色"), StaffMemberState.roles, default_value=StaffMemberState.role),
                    _department("role-department"),
                    _titles(hint="换为医生时填写"),
                    button(t("换岗"), type="submit", kind="plain", custom_attrs=WAITS),
                    on_submit=StaffMemberState.change_role,
                    class_name="stack",
                    key=StaffMemberState.role,
                ),
                class_name="record",
            ),
        ),
    )


def _account() -> rx.Component:
    is_admin = (StaffMemberState.role == _ADMINS[0]) | (StaffMemberState.role == _ADMINS[1])
    return section(
        t("账号"),
        card(
            asking(
                "ask-password",
                t("重置密码"),
                t("本人的登录会全部结束，须用新的初始密码重新登录。"),
                yes=t("重置密码"),
                does_it=StaffMemberState.reset_password,
            ),
            rx.cond(
                StaffMemberState.whole & (is_admin | StaffMemberState.second_factor),
                asking(
                    "ask-factor",
                    t("重置第二因素"),
                    t("验证器、通行密钥和恢复码全部作废，本人下次登录时重新绑定。"),
                    yes=t("重置第二因素"),
                    does_it=StaffMemberState.reset_second_factor,
                ),
            ),
            rx.cond(
                StaffMemberState.active,
                asking(
                    "ask-leave",
                    t("设为离岗"),
                    t("登录立即结束；医生将不再出诊，有未就诊的预约时不能离岗。"),
                    yes=t("设为离岗"),
                    does_it=StaffMemberState.deactivate,
                ),
                button(t("恢复在岗"), kind="plain", on_click=StaffMemberState.reactivate, custom_attrs=WAITS),
            ),
            class_name="stack record",
        ),
    )


def page() -> rx.Component:
    return admin_page(
        StaffMemberState,
        work_head(
            rx.cond(StaffMemberState.fresh, t("新增员工"), t("员工资料")),
            button_link(t("回到名册"), "/admin/staff", kind="plain"),
        ),
        rx.cond(StaffMemberState.password != "", _password()),
        rx.cond(
            StaffMemberState.fresh,
            rx.cond(StaffMemberState.password == "", _hiring()),
            rx.el.div(
                section(t("资料"), _facts()),
                rx.cond(
                    StaffMemberState.oneself,
                    box("info", rx.el.p(t("这是您自己的账号：密码和第二因素请在登录时更换。"))),
                    rx.fragment(rx.cond(StaffMemberState.whole, _moving()), _account()),
                ),
                class_name="records-beside",
            ),
        ),
        current="/admin/staff",
    )
