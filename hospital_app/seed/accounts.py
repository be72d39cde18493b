"""演示账号：who may be signed in as, printed by `make run` and listed in the README and docs/seed.md."""

from dataclasses import dataclass

from hospital_app.domain.identity import Role
from hospital_app.seed.doctors import Named

#: Every member of staff of the demonstration has this password; nobody is asked to change it.
STAFF_PASSWORD = "guahao-demo-2026"

DUTY_DOCTOR = "林知远"
FAMOUS_DOCTOR = "张国立"
NAMED_DOCTORS = (
    Named(DUTY_DOCTOR, "female", "02", "associate", staff_no="D1001"),
    Named(FAMOUS_DOCTOR, "male", "03.01", "chief", staff_no="D1002"),
)

#: Numbers that begin with 168 belong to no operator.
PATIENT_PHONE = "16800000001"
ELDERLY_PHONE = "16800000002"
PAYER_PHONE = "16800000003"

CLERK_NO, EVENING_CLERK_NO, KIOSK_NO = "C1001", "C1002", "K1001"
DEPARTMENT_ADMIN_NO, HOSPITAL_ADMIN_NO = "M1002", "M1001"
DEPARTMENT_OF_ADMIN = "03.01"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One line of the list. `secret` is a password, or where the SMS code is shown; `beside`: the second factor."""

    role: Role
    label: str
    label_en: str
    sign_in: str
    secret: str
    see: str
    see_en: str
    beside: str = ""


_SMS = "短信验证码见 /sandbox/sms"
_CODE = "动态码见 /sandbox/authenticator"

DEMO_ACCOUNTS: tuple[DemoAccount, ...] = (
    DemoAccount(
        Role.PATIENT,
        "患者",
        "Patient",
        PATIENT_PHONE,
        _SMS,
        "一家三口；今天有一个号马上可以签到，几天后还有一个",
        "A family of three; one number to check in for now, another in a few days",
    ),
    DemoAccount(
        Role.PATIENT,
        "老年患者",
        "Elderly patient",
        ELDERLY_PHONE,
        _SMS,
        "适合长辈版；明后天有一个号",
        "For the easy edition; one number in the next days",
    ),
    DemoAccount(
        Role.PATIENT,
        "患者（账单与退款）",
        "Patient, bills and refunds",
        PAYER_PHONE,
        _SMS,
        "医保加微信、支付宝付的号，一个到院付的号，几笔在路上的退款，电子票据",
        "Numbers paid with insurance and WeChat, and by Alipay, one to be paid at the counter; refunds, an e-invoice",
    ),
    DemoAccount(
        Role.DOCTOR,
        "医生（全科 24 小时值班门诊）",
        "Doctor, on duty round the clock",
        "D1001",
        STAFF_PASSWORD,
        "任何时候都有病人在候诊：叫号、过号、完成",
        "Patients are waiting at any hour: call, skip, finish",
    ),
    DemoAccount(
        Role.DOCTOR,
        "医生（呼吸内科主任）",
        "Doctor, chief of respiratory medicine",
        "D1002",
        STAFF_PASSWORD,
        "工作日上下午门诊，号源紧张",
        "Clinics on weekday mornings and afternoons, nearly sold out",
    ),
    DemoAccount(
        Role.CLERK,
        "窗口人员",
        "Clerk",
        CLERK_NO,
        STAFF_PASSWORD,
        "为任何人签到",
        "Checks anybody in",
    ),
    DemoAccount(
        Role.DEPARTMENT_ADMIN,
        "科室管理员（呼吸内科）",
        "Department admin, respiratory medicine",
        DEPARTMENT_ADMIN_NO,
        STAFF_PASSWORD,
        "只看本科室：运行总览、员工、医生",
        "One department only: dashboard, staff, doctors",
        _CODE,
    ),
    DemoAccount(
        Role.HOSPITAL_ADMIN,
        "医院管理员",
        "Hospital admin",
        HOSPITAL_ADMIN_NO,
        STAFF_PASSWORD,
        "全院：运行总览、员工、科室、医生",
        "The whole hospital: dashboard, staff, departments, doctors",
        _CODE,
    ),
    DemoAccount(
        Role.KIOSK,
        "自助签到机",
        "Check-in kiosk",
        KIOSK_NO,
        STAFF_PASSWORD,
        "扫挂号单二维码或输入 8 位数字签到",
        "Checks in by the slip's QR code or its eight digits",
    ),
)
