"""无障碍与重量：every page of the house, with real data, in both schemes and both widths."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.change import Wanted
from hospital_app.domain.identity import Actor, Role
from hospital_app.services import changes, freezing
from pages import PAGES
from tests.support.books import a_day_with_differences
from tests.support.browser import PHONE, Visitor, visitor
from tests.support.living import AREA, DEPARTMENT, Living
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

STAFF_ROUTES = {
    "/staff",
    "/staff/patients",
    "/staff/second-factor",
    "/staff/walk-in",
    "/staff/shift",
    "/staff/shifts/[shift_id]",
    "/desk",
    "/doctor/schedule",
    "/doctor/referrals",
    "/screen",
    "/screen/[area_code]",
    "/kiosk",
}
ADMIN_ROUTES = {route for route, *_ in PAGES if route.startswith("/admin")}
STAFF_ROUTES |= ADMIN_ROUTES
#: What stands there once the page's data has come.
SHOWS = {
    "/": "已签到",
    "/signin": "获取验证码",
    "/bind": "金花，您好",
    "/find": "请马上去急诊",
    "/departments": "心血管内科",
    "/doctor/[doctor_id]": "方便人",
    "/confirm": "预约此号",
    "/waitlist": "候补之后会怎样",
    "/pay/[no]": "号已为您锁定",
    "/slip/[no]": "挂号成功",
    "/appointments": "您排第一位",
    "/appointment/[no]": "改签到哪个时段",
    "/queue": "轮到您了",
    "/me": "金*换",
    "/messages": "预约成功",
    "/bills": "开具电子票据",
    "/me/security": "登录用的手机号",
    "/me/privacy": "导出我的数据",
    "404": "没有这个页面",
    "/staff": "员工登录",
    "/staff/second-factor": "恢复码",
    "/staff/patients": "按什么查找",
    "/staff/walk-in": "谁来挂号",
    "/staff/shift": "应有现金",
    "/staff/shifts/[shift_id]": "收退明细",
    "/admin/shifts": "待接收",
    "/admin/reconciliation": "2 条待处理",
    "/admin/reconciliation/day": "查看并处理",
    "/admin/finance": "按科室",
    "/admin/ledger": "科目余额",
    "/admin/payments": "今日收退，按渠道和状态",
    "/admin/payments/[payment_no]": "医院留存",
    "/desk": "金婵娟",
    "/doctor/schedule": "外出会诊",
    "/doctor/referrals": "转到哪里",
    "/admin/changes": "外出会诊",
    "/admin/referrals": "对一个科室而言",
    "/screen": "三层B区",
    "/screen/[area_code]": "请进诊室",
    "/kiosk": "扫码签到",
    "/admin": "今日到院",
    "/admin/misuse": "冻结中",
    "/admin/audit": "已封存到",
    "/me/appeal": "提交申诉",
    "/admin/staff": "批量导入",
    "/admin/staff/[staff_id]": "员工资料",
    "/admin/staff-import": "下载模板",
    "/admin/departments": "心血管内科",
    "/admin/department": "诊治范围",
    "/admin/board": "批量关闭与开放",
    "/admin/clinic": "提交后出现在审批里",
    "/admin/holidays": "修正一天",
    "/admin/rules": "锁号后多久内付款",
    "/admin/rule": "还没有人改过这条规则",
    "/admin/templates": "每周照此生成号源",
    "/admin/doctors": "方便人",
    "/admin/doctors/[doctor_id]": "上传新照片",
}
EVERY_RULE = {"resultTypes": ["violations"]}  # what passes is not told at length
#: The page is the same one in the dark: only what looks at colours can find something else there.
OF_COLOURS = {**EVERY_RULE, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
SMALLEST_TARGET = 44  # CSS pixels
HEAVIEST_FIRST_VISIT = 250 * 1024  # bytes, gzip
#: Boxes smaller than a finger, unless they are links inside a sentence (WCAG 2.5.8 lets these be).
SMALL_TARGETS = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')]
  .filter(e => e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}) && !e.closest('[hidden], .sr'))
  .map(e => [e.matches('input[type=radio], input[type=checkbox]') ? e.closest('label') ?? e : e, e])
  .filter(([box, e]) => {
    const {width, height, right, bottom} = box.getBoundingClientRect();
    const hidden = width <= 1 || height <= 1 || right <= 0 || bottom <= 0;
    return !hidden && (width < LEAST - 0.5 || height < LEAST - 0.5) && getComputedStyle(e).display !== 'inline';
  })
  .map(([box, e]) => `${e.outerHTML.slice(0, 120)} ${Math.round(box.getBoundingClientRect().width)}×`
    + Math.round(box.getBoundingClientRect().height))""".replace("LEAST", str(SMALLEST_TARGET))
#: With less motion asked for, colours change at once: words that follow their ground step by step cannot be read.
GLIDING = "() => document.getAnimations().filter(each => each instanceof CSSTransition).length"
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Tour:
    """Where each route is seen with real data, and by whom."""

    addresses: dict[str, str]
    patient: dict[str, str]  # cookie
    staff: dict[str, dict[str, str]]  # route → cookie, where it is another

    def cookies(self, route: str, url: str) -> list[dict[str, str]]:
        cookie = self.staff.get(route, {} if route in STAFF_ROUTES or route == "/signin" else self.patient)
        return [{**cookie, "url": url}] if cookie else []


@pytest.fixture(scope="module")
def tour(living: Living, chromium: Browser) -> Iterator[Tour]:
    """A patient with a visit of every kind, a doctor with somebody in the room, a kiosk, an administrator."""
    doctor, clerk = living.employ("方便人"), living.hire("A-clerk", Role.CLERK)
    now, later = living.clinic_now(doctor), living.morning(doctor, days=2)
    people: list[Visitor] = [visitor(chromium, living, **PHONE) for _ in range(7)]
    patient, other, desk, kiosk, admin, newcomer, counter = people
    booked = patient.booked(now, name="金婵娟")
    person = patient.add_person("金小宝", relation="child")
    slip = patient.hold(later, patient_id=person)
    payment = patient.pay(slip)
    held = patient.hold(later, patient_id=int(patient.api("GET", "/patients")[0]["id"]), period=1)
    patient.add_person("金不换", relation="parent", complete=False)
    sought = living.morning(doctor, days=4, periods=1, per_period=1)
    day = clinic_day(living.starts_at(sought)).isoformat()
    waiting = other.booked(now, name="潘在前", period=1)
    other.hold(sought, patient_id=int(other.api("GET", "/patients")[0]["id"]))
    patient.api("POST", "/waitlist", provider=f"doctor:{doctor.id}", on=day, patient_id=person)
    desk.sign_in_as_staff(doctor.staff_no)
    counter.sign_in_as_staff("A-clerk")
    for number, role, who in (("A-kiosk", Role.KIOSK, kiosk), ("A-admin", Role.HOSPITAL_ADMIN, admin)):
        living.hire(f"{number}{doctor.id}", role)
        who.sign_in_as_staff(f"{number}{doctor.id}")
    for no in (booked, waiting):
        kiosk.api("POST", "/check-ins", code=living.appointment(no).code)
    desk.api("POST", "/desk/next", after=None)
    patient.slip(slip)
    counted = counter.api("POST", "/shifts")["id"]
    counter.api("POST", f"/shifts/{counted}/closing", counted_fen=0)
    counter.api("POST", "/shifts")
    reconciled = clinic_day(living.starts_at(now)) - timedelta(days=20)
    living.do(a_day_with_differences, on=reconciled, payment_no=payment)
    account = living.appointment(waiting).account_id
    living.do(freezing.freeze, account_id=account, reason="多次退号再约", hours=24, evidence={"cancels": 14})
    asker = Actor(Role.DOCTOR, staff_id=living.staff_id(doctor.staff_no), doctor_id=doctor.id)
    suspending = {"schedule_id": later, "kind": "suspend", "wanted": Wanted(), "reason": "外出会诊"}
    change_id = living.do(changes.request, actor=asker, **suspending)
    newcomer.come_from_wechat("金花")
    starts = int(living.starts_at(later).timestamp())

    def cookie(of: Visitor, name: str = "guahao_session") -> dict[str, str]:
        found = next(each for each in of.context.cookies() if each["name"] == name)
        return {"name": found["name"], "value": found["value"]}

    yield Tour(
        addresses={
            "/find": "/find?q=胸痛",
            "/doctor/[doctor_id]": f"/doctor/{doctor.id}",
            "/confirm": f"/confirm?p=doctor:{doctor.id}&t={later}-{starts}",
            "/waitlist": f"/waitlist?p=doctor:{doctor.id}&d={day}",
            "/pay/[no]": f"/pay/{held}",
            "/slip/[no]": f"/slip/{slip}",
            "/appointment/[no]": f"/appointment/{slip}?do=reschedule",
            "/screen/[area_code]": f"/screen/{AREA}",
            "/admin/payments/[payment_no]": f"/admin/payments/{payment}",
            "/admin/reconciliation/day": f"/admin/reconciliation/day?channel=wechat&on={reconciled}",
            "/staff/shifts/[shift_id]": f"/staff/shifts/{counted}",
            "/admin/staff/[staff_id]": f"/admin/staff/{clerk}",
            "/admin/department": f"/admin/department?code={DEPARTMENT}",
            "/admin/clinic": f"/admin/clinic?id={later}",
            "/admin/rule": "/admin/rule?name=hold_minutes",
            "/admin/doctors/[doctor_id]": f"/admin/doctors/{doctor.id}",
            "404": "/nowhere",
        },
        patient=cookie(patient),
        staff={
            "/bind": cookie(newcomer, "guahao_identity"),
            "/desk": cookie(desk),
            "/doctor/schedule": cookie(desk),
            "/doctor/referrals": cookie(desk),
            "/kiosk": cookie(kiosk),
            **dict.fromkeys(["/staff/walk-in", "/staff/shift", "/staff/shifts/[shift_id]"], cookie(counter)),
            "/me/appeal": cookie(other),
            **dict.fromkeys(["/staff/patients", "/staff/second-factor", *ADMIN_ROUTES], cookie(admin)),
        },
    )
    # Other files look at requests as well, and one decides on all that there are.
    living.do(changes.withdraw, actor=asker, change_id=change_id)
    for each in people:
        each.close()


@pytest.mark.parametrize("route", [route for route, *_ in PAGES])
def test_everybody_can_use_the_page(chromium: Browser, living: Living, tour: Tour, route: str) -> None:
    """axe (best practice included) at both widths and in both schemes; nothing goes sideways, nothing is too small."""
    shown = visitor(chromium, living, viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    page = shown.page
    shown.context.add_cookies(tour.cookies(route, living.url))
    address = tour.addresses.get(route, route)
    shown.go(address)
    page.get_by_text(SHOWS[route]).first.wait_for()
    assert urlsplit(page.url).path == address.partition("?")[0]  # not sent away, to sign in or to another spelling
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        wait_until(partial(is_drawn, page, scheme), seconds=10, what=f"the {scheme} page")
        if page.evaluate(GLIDING):
            found.append(f"{scheme}: colours glide")
        for size in ({"width": 360, "height": 740}, {"width": 1280, "height": 800}):
            page.set_viewport_size(size)
            result = Axe().run(page, options=EVERY_RULE if scheme == "light" else OF_COLOURS)
            if result.violations_count:
                found.append(f"{scheme} {size['width']}: {result.generate_report()}")
    for width in (320, 360, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        if page.evaluate(SIDEWAYS) > 0:
            found.append(f"{width}: scrolls sideways")
        if route not in STAFF_ROUTES and width < 600:
            found += [f"{width}: too small: {target}" for target in page.evaluate(SMALL_TARGETS)]
    shown.close()
    assert found == []
    assert [fault for fault in shown.faults if "404" not in fault] == []


def is_drawn(page: Page, scheme: str) -> bool:
    """Whether the page's ground has the brightness of this colour scheme."""
    ground = re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))
    return (sum(map(int, ground[:3])) < 3 * 128) == (scheme == "dark")


def test_the_first_visit_is_light(chromium: Browser, living: Living) -> None:
    """Every byte of the home page's first visit, as it goes over the wire; only from our own origin."""
    someone = visitor(chromium, living, **PHONE)
    wire = someone.context.new_cdp_session(someone.page)
    wire.send("Network.enable")
    sizes: dict[str, float] = {}
    urls: list[str] = []
    wire.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    wire.on("Network.requestWillBeSent", lambda event: urls.append(event["request"]["url"]))
    someone.go("/")
    someone.page.wait_for_load_state("networkidle")
    someone.close()
    assert 50 * 1024 < sum(sizes.values()) <= HEAVIEST_FIRST_VISIT
    assert [url for url in urls if not url.startswith((living.url, "data:", "blob:"))] == []
