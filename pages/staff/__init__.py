"""The pages of those who work here, and of the walls."""

from pages.admin import (
    audit,
    board,
    changes,
    clinic,
    dashboard,
    department,
    departments,
    doctor,
    doctors,
    finance,
    holidays,
    ledger,
    misuse,
    payment,
    payments,
    reconciled_day,
    reconciliation,
    referral_records,
    rule,
    rules,
    shifts,
    staff,
    staff_import,
    staff_member,
    templates,
)
from pages.components.text import t
from pages.display import areas, screen
from pages.doctor import desk, referrals, schedule
from pages.kiosk import check_in
from pages.staff import patients, second_factor, shift, shift_sheet, signin, walk_in
from state.area_screen import AreaListState, AreaScreenState
from state.audit import AuditState
from state.board import BoardState
from state.changes import ChangesState
from state.clinic import ClinicState
from state.dashboard import DashboardState
from state.department_records import DepartmentListState, DepartmentRecordState
from state.desk import DeskState
from state.doctor_records import DoctorListState, DoctorRecordState
from state.finance import FinanceState
from state.holidays import HolidaysState
from state.kiosk import KioskState
from state.ledger import LedgerState
from state.misuse import MisuseState
from state.my_schedule import MyScheduleState
from state.passkeys import PasskeysState
from state.payment import PaymentState
from state.payments import PaymentsState
from state.reconciled_day import ReconciledDayState
from state.reconciliation import ReconciliationState
from state.referral_records import ReferralRecordsState
from state.referrals import ReferralsState
from state.rules import RulesState, RuleState
from state.second_factor import SecondFactorState
from state.shift import ShiftState
from state.shift_sheet import ShiftSheetState
from state.shifts import ShiftsState
from state.staff import StaffState
from state.staff_import import StaffImportState
from state.staff_member import StaffMemberState
from state.staff_patients import StaffPatientsState
from state.staff_signin import StaffSigninState
from state.templates import TemplatesState
from state.walk_in import WalkInState

PAGES = [
    ("/staff", signin.page, t("员工登录"), StaffSigninState.load),
    ("/staff/second-factor", second_factor.page, t("第二因素"), [SecondFactorState.load, PasskeysState.load]),
    ("/staff/patients", patients.page, t("患者资料"), StaffPatientsState.load),
    ("/staff/walk-in", walk_in.page, t("窗口挂号"), WalkInState.load),
    ("/staff/shift", shift.page, t("班次与交接"), ShiftState.load),
    ("/staff/shifts/[shift_id]", shift_sheet.page, t("现金交接单"), ShiftSheetState.load),
    ("/admin/payments", payments.page, t("收款与退款"), PaymentsState.load),
    ("/admin/payments/[payment_no]", payment.page, t("一笔支付"), PaymentState.load),
    ("/admin/shifts", shifts.page, t("收费班次"), ShiftsState.load),
    ("/admin/finance", finance.page, t("财务统计"), FinanceState.load),
    ("/admin/ledger", ledger.page, t("账簿"), LedgerState.load),
    ("/desk", desk.page, t("今日接诊"), DeskState.load),
    ("/doctor/schedule", schedule.page, t("我的排班"), MyScheduleState.load),
    ("/doctor/referrals", referrals.page, t("转诊"), ReferralsState.load),
    ("/screen", areas.page, t("候诊屏"), AreaListState.load),
    ("/screen/[area_code]", screen.page, t("候诊屏"), AreaScreenState.load),
    ("/kiosk", check_in.page, t("自助签到"), KioskState.load),
    ("/admin", dashboard.page, t("运行总览"), DashboardState.load),
    ("/admin/changes", changes.page, t("审批"), ChangesState.load),
    ("/admin/referrals", referral_records.page, t("转诊记录"), ReferralRecordsState.load),
    ("/admin/misuse", misuse.page, t("可疑账号"), MisuseState.load),
    ("/admin/audit", audit.page, t("审计日志"), AuditState.load),
    ("/admin/reconciliation", reconciliation.page, t("对账"), ReconciliationState.load),
    ("/admin/reconciliation/day", reconciled_day.page, t("对账"), ReconciledDayState.load),
    ("/admin/staff", staff.page, t("员工"), StaffState.load),
    ("/admin/staff/[staff_id]", staff_member.page, t("员工资料"), StaffMemberState.load),
    ("/admin/staff-import", staff_import.page, t("批量导入员工"), StaffImportState.load),
    ("/admin/departments", departments.page, t("科室管理"), DepartmentListState.load),
    ("/admin/department", department.page, t("科室"), DepartmentRecordState.load),
    ("/admin/board", board.page, t("号源看板"), BoardState.load),
    ("/admin/clinic", clinic.page, t("申请变更门诊"), ClinicState.load),
    ("/admin/holidays", holidays.page, t("节假日与调休"), HolidaysState.load),
    ("/admin/rules", rules.page, t("规则"), RulesState.load),
    ("/admin/rule", rule.page, t("规则"), RuleState.load),
    ("/admin/templates", templates.page, t("出诊模板"), TemplatesState.load),
    ("/admin/doctors", doctors.page, t("医生"), DoctorListState.load),
    ("/admin/doctors/[doctor_id]", doctor.page, t("医生"), DoctorRecordState.load),
]
