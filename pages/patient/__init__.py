"""The patient's pages."""

from pages.components.text import t
from pages.patient import (
    appeal,
    appointment,
    appointments,
    bills,
    bind,
    confirm,
    departments,
    doctor,
    find,
    home,
    me,
    messages,
    not_found,
    pay,
    privacy,
    queue,
    security,
    signin,
    slip,
    waitlist,
)
from state.appeal import AppealState
from state.appointment import AppointmentState
from state.appointments import AppointmentsState
from state.bills import BillsState
from state.bind import BindState
from state.confirm import ConfirmState
from state.departments import DepartmentsState
from state.displaced import DisplacedState
from state.doctor import DoctorState
from state.find import FindState
from state.home import HomeState
from state.linked import LinkedState
from state.me import MeState
from state.messages import MessagesState
from state.passkeys import PasskeysState
from state.pay import PayState
from state.privacy import PrivacyState
from state.queue import QueueState
from state.security import SecurityState
from state.slip import SlipState
from state.waitlist import WaitlistState

#: (route, component function, title, on_load) each.
PAGES = [
    ("/", home.page, t("预约挂号"), HomeState.load),
    ("/signin", signin.page, t("登录"), None),
    ("/bind", bind.page, t("快捷登录"), BindState.load),
    ("/find", find.page, t("挂号"), FindState.load),
    ("/departments", departments.page, t("全部科室"), DepartmentsState.load),
    ("/doctor/[doctor_id]", doctor.page, t("选择时段"), DoctorState.load),
    ("/confirm", confirm.page, t("确认预约"), ConfirmState.load),
    ("/waitlist", waitlist.page, t("候补"), WaitlistState.load),
    ("/pay/[no]", pay.page, t("确认并支付"), PayState.load),
    ("/slip/[no]", slip.page, t("电子挂号单"), SlipState.load),
    ("/appointments", appointments.page, t("我的挂号"), AppointmentsState.load),
    ("/appointment/[no]", appointment.page, t("挂号详情"), [AppointmentState.load, DisplacedState.load]),
    ("/queue", queue.page, t("候诊进度"), QueueState.load),
    ("/me", me.page, t("我的"), [MeState.load, AppealState.glance]),
    ("/me/appeal", appeal.page, t("冻结与申诉"), AppealState.load),
    ("/messages", messages.page, t("消息中心"), MessagesState.load),
    ("/bills", bills.page, t("我的账单"), BillsState.load),
    ("/me/security", security.page, t("账号与安全"), [SecurityState.load, PasskeysState.load, LinkedState.load]),
    ("/me/privacy", privacy.page, t("隐私与数据"), PrivacyState.load),
    ("404", not_found.page, t("没有这个页面"), None),
]
