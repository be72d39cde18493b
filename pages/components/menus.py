"""What each role finds in the menu at the left."""

from pages.components.staff import MenuItem

DOCTOR = (
    MenuItem("今日接诊", "/desk", "person"),
    MenuItem("我的排班", "/doctor/schedule", "calendar"),
    MenuItem("转诊", "/doctor/referrals", "swap"),
    MenuItem("候诊屏", "/screen", "speaker"),
)
CHANGES = MenuItem("审批", "/admin/changes", "check", counts=True)
ADMIN = (
    MenuItem("用户管理"),
    MenuItem("员工", "/admin/staff", "people"),
    MenuItem("科室管理", "/admin/departments", "pin"),
    MenuItem("医生", "/admin/doctors", "person"),
    MenuItem("号源管控"),
    MenuItem("号源看板", "/admin/board", "full"),
    MenuItem("出诊模板", "/admin/templates", "calendar"),
    CHANGES,
    MenuItem("转诊记录", "/admin/referrals", "swap"),
    MenuItem("数据统计"),
    MenuItem("运行总览", "/admin", "chart"),
    MenuItem("候诊屏", "/screen", "speaker"),
)
PATIENTS = MenuItem("患者资料", "/staff/patients", "people")
#: 财务, of the whole hospital.
FINANCE = (
    MenuItem("财务"),
    MenuItem("收款与退款", "/admin/payments", "wallet"),
    MenuItem("收费班次", "/admin/shifts", "swap"),
    MenuItem("对账", "/admin/reconciliation", "check"),
    MenuItem("财务统计", "/admin/finance", "chart"),
    MenuItem("账簿", "/admin/ledger", "note"),
)
#: What only the hospital's admin has, below what every administrator has.
WHOLE_HOSPITAL = (
    *FINANCE,
    MenuItem("全院"),
    MenuItem("规则", "/admin/rules", "key"),
    MenuItem("节假日", "/admin/holidays", "calendar"),
    MenuItem("可疑账号", "/admin/misuse", "warning"),
    MenuItem("审计日志", "/admin/audit", "note"),
    PATIENTS,
)
HOSPITAL = (*ADMIN, *WHOLE_HOSPITAL)
CLERK = (
    MenuItem("窗口挂号", "/staff/walk-in", "plus"),
    MenuItem("班次与交接", "/staff/shift", "wallet"),
    MenuItem("自助签到", "/kiosk", "scan"),
    PATIENTS,
)
