"""审计操作的名称: what each action on the trail is called on screens and in exports; its English is in the catalogue.

Whoever records an action that is not named here makes the tests fail.
"""

from collections.abc import Mapping
from types import MappingProxyType

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        # 登录与账号
        "sign-in": "登录",
        "sign-in.failed": "登录失败",
        "sign-in.unusual": "异常登录提醒",
        "sign-out": "退出登录",
        "sign-out.everywhere": "退出其他设备",
        "sms-code.issue": "发送短信验证码",
        "account.create": "开通账号",
        "account.password": "患者设置密码",
        "account.export": "导出个人资料",
        "account.close": "注销账号",
        "account.freeze": "冻结账号",
        "account.unfreeze": "解除冻结",
        "freeze.appeal": "提交申诉",
        "freeze.decide": "处理申诉",
        "scalping.alert": "黄牛预警",
        "scalping.dismiss": "预警判为误报",
        "scalping.confirm": "预警已处理",
        "identity.link": "绑定第三方登录",
        "identity.unlink": "解绑第三方登录",
        "passkey.add": "添加通行密钥",
        "passkey.rename": "通行密钥改名",
        "passkey.remove": "移除通行密钥",
        "passkey.counter-back": "通行密钥计数倒退",
        "second-factor.enrol": "启用动态口令",
        "second-factor.recovery-codes": "生成恢复码",
        "second-factor.recovery-code": "使用恢复码",
        "second-factor.reset": "重置二次验证",
        "consent.give": "同意授权",
        "consent.withdraw": "撤回同意",
        # 就诊人与医保
        "patient.add": "添加就诊人",
        "patient.edit": "修改就诊人资料",
        "patient.remove": "移除就诊人",
        "patient.find": "查找患者",
        "patient.unmask": "查看完整证件、电话",
        "insurance.confirm": "医保核验通过",
        "insurance.refuse": "医保核验未通过",
        "insurance.authorised": "医保移动支付授权",
        "insurance.authorised-other": "医保授权的不是本人",
        # 挂号
        "hold": "锁号",
        "expired": "锁号超时",
        "released": "放弃锁号",
        "cancel": "退号",
        "reschedule": "改签",
        "reschedule.dropped": "放弃改签",
        "suspended": "停诊退号",
        "displaced.moved": "停诊后改约",
        "displaced.priority-used": "停诊后优先已用",
        "overbook": "给患者加号",
        "refer": "为患者转诊",
        "check-in": "签到",
        "noshow": "记为爽约",
        "noshow.barred": "爽约限制预约",
        "counter.registered": "窗口挂号",
        "counter.enrolled": "窗口建档",
        "counter.on-behalf": "窗口代办",
        "counter.collected": "窗口收费",
        "counter.paid-out": "窗口退现金",
        "shift.opened": "当班",
        "shift.closed": "交班",
        "shift.received": "确认接收现金",
        "waitlist.join": "加入候补",
        "waitlist.offer": "候补到号",
        "waitlist.accept": "候补成功",
        "waitlist.lapse": "候补逾期未付",
        "waitlist.leave": "退出候补",
        "waitlist.clear": "清空候补",
        # 支付与退款
        "payment.started": "发起支付",
        "payment.settling": "同意全部由医保支付",
        "payment.captured": "支付成功",
        "payment.returned": "医保未结算，退回自付",
        "payment.failed": "支付失败",
        "payment.closed": "关闭支付",
        "payment.find": "查询支付",
        "settlement.quoted": "医保试算",
        "settlement.settled": "医保结算成功",
        "settlement.failed": "医保未结算",
        "refund.owed": "发起退款",
        "refund.done": "退款到账",
        "refund.failed": "退款失败",
        "refund.processing": "重试退款",
        # 对账
        "ledger.closed": "日结",
        "ledger.export": "导出财务报表",
        "reconciliation.compare": "核对账单",
        "reconciliation.repair": "自动修复对账差异",
        "reconciliation.resolve": "处理对账差异",
        "reconciliation.again": "重新对账",
        "reconciliation.export": "导出对账差异",
        # 候诊
        "ticket.call": "叫号",
        "ticket.recall": "重呼",
        "ticket.start": "开始接诊",
        "ticket.skip": "过号",
        "ticket.finish": "就诊完成",
        # 排班与号源
        "template.add": "新增排班模板",
        "template.change": "修改排班模板",
        "template.end": "停用排班模板",
        "schedules.generate": "生成排班",
        "schedule.added": "增开门诊",
        "schedule.resized": "增减号数",
        "schedule.adjusted": "门诊调诊",
        "schedule.suspended": "门诊停诊",
        "slots.close": "关闭余号",
        "slots.open": "重新开放号源",
        "change.requested": "提交变更申请",
        "change.approved": "批准变更申请",
        "change.rejected": "驳回变更申请",
        "change.withdrawn": "撤回变更申请",
        "calendar.override": "调整节假日",
        "calendar.override_dropped": "恢复节假日",
        # 员工、科室与规则
        "staff.create": "新建员工",
        "staff.import": "导入员工",
        "staff.export": "导出员工名单",
        "staff.rename": "员工改名",
        "staff.password": "员工修改密码",
        "staff.password-reset": "重置员工密码",
        "staff.role": "员工换岗",
        "staff.transfer": "员工调动",
        "staff.deactivate": "停用员工",
        "staff.reactivate": "员工返岗",
        "doctor.add": "新建医生资料",
        "doctor.correct": "修改医生资料",
        "doctor.photo": "更换医生照片",
        "department.correct": "修改科室资料",
        "department.open": "开放科室",
        "department.close": "关闭科室",
        "department.release": "设置科室放号时间",
        "departments.save": "导入科室",
        "areas.save": "导入候诊区",
        "symptoms.replace": "更换症状表",
        "rule.change": "修改规则",
        "rule.withdraw": "撤回规则修改",
        # 系统
        "audit.export": "导出审计日志",
        "audit.verified": "核对审计链",
        "audit.retired": "清理到期审计记录",
        "retention.erase": "清理到期资料",
        "keys.rotate": "轮换加密密钥",
        "outbox.failed": "后台任务失败",
        "his.compared": "与 HIS 核对",
        "invoice.requested": "申请电子票据",
        "invoice.issued": "开具电子票据",
        "invoice.voided": "冲红电子票据",
        "invoice.failed": "电子票据未开成",
        "sandbox.accounts": "建立演示账号",
    }
)


def name_of(action: str) -> str:
    """Its Chinese name; what has none (a former release's) is shown as it was recorded."""
    return ACTIONS.get(action, action)


def named_like(words: str, translated: Mapping[str, str]) -> list[str]:
    """The actions whose name holds these words, in Chinese or as `translated`, whatever the case."""
    wanted = words.casefold()
    return [
        action
        for action, name in ACTIONS.items()
        if wanted in name.casefold() or wanted in translated.get(name, "").casefold()
    ]
