"""候诊：three screens at once, each by itself, and each again after its connection was lost."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, expect

from hospital_app.domain.identity import Role
from tests.support.browser import Visitor
from tests.support.living import AREA, Living, OnDuty
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@dataclass
class Scene:
    """A clinic that has begun, its doctor at the desk, the area's screen, the kiosk, and the patients' phones."""

    doctor: OnDuty
    schedule: int
    desk: Visitor
    wall: Visitor
    kiosk: Visitor
    phone_of: Callable[..., Visitor]

    @property
    def room(self) -> Locator:
        return self.wall.page.get_by_role("row").filter(has_text=self.doctor.room)

    def patient(self, name: str) -> tuple[Visitor, str]:
        """Somebody with a paid number of this clinic; and its no."""
        visitor = self.phone_of()
        return visitor, visitor.booked(self.schedule, name=name)

    def show_at_kiosk(self, text: str) -> None:
        self.kiosk.page.get_by_label("挂号单号码").fill(text)
        self.kiosk.press("签到", exact=True)

    def kiosk_says(self, heading: str) -> None:
        expect(self.kiosk.page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


@pytest.fixture
def scene(living: Living, phone_of: Callable[..., Visitor], desk_of: Callable[[], Visitor]) -> Scene:
    doctor = living.employ("候立久")
    schedule = living.clinic_now(doctor)
    desk, wall, kiosk = desk_of(), desk_of(), desk_of()
    desk.sign_in_as_staff(doctor.staff_no)
    desk.go("/desk")
    number = f"K{doctor.id:05d}"
    living.hire(number, Role.KIOSK)
    kiosk.sign_in_as_staff(number)
    wall.sign_in_as_staff(number)
    kiosk.go("/kiosk")
    wall.go(f"/screen/{AREA}")
    return Scene(doctor, schedule, desk, wall, kiosk, phone_of)


def test_check_in_call_and_finish_on_three_screens(
    scene: Scene, record_property: Callable[[str, object], None]
) -> None:
    first, no = scene.patient("齐同伟")
    slip = first.slip(no)
    first.go("/queue")
    first.sees("去签到")
    seen: dict[str, float] = {}

    def within(step: str, *expectations: Callable[[], None]) -> None:
        began = time.monotonic()
        for expectation in expectations:
            expectation()
        seen[step] = round(time.monotonic() - began, 2)

    scene.show_at_kiosk(slip["qr"])
    within(
        "check-in",
        lambda: scene.kiosk_says("签到成功"),
        lambda: expect(scene.desk.page.get_by_role("row").filter(has_text="齐同伟")).to_contain_text("候诊"),
        lambda: expect(scene.room).to_contain_text("齐*伟"),
        lambda: first.sees("前面还有"),
    )
    scene.kiosk.press("完成")
    scene.show_at_kiosk(slip["code"])
    scene.kiosk.sees("没有签到成功", "这张挂号单已经签到，请看候诊屏等候叫号。")

    scene.desk.press("叫下一位")
    within(
        "call",
        lambda: scene.desk.sees("已呼叫"),
        lambda: expect(scene.room).to_contain_text("请进诊室"),
        lambda: first.sees("轮到您了"),
    )
    expect(scene.wall.page.get_by_role("status").filter(has_text="齐*伟")).to_contain_text(scene.doctor.room)
    assert "齐同伟" not in scene.wall.page.content()

    scene.desk.press("开始接诊")
    within("start", lambda: expect(scene.room).to_contain_text("就诊中"), lambda: first.sees("正在就诊"))
    scene.desk.page.keyboard.press("f")
    within(
        "finish",
        lambda: scene.desk.sees("诊室空闲", "已看 1"),
        lambda: expect(scene.room).to_contain_text("空闲"),
        lambda: first.sees("就诊已结束"),
    )
    record_property("seconds until all three screens showed it", seen)
    print("seconds until all three screens showed it:", seen)
    assert scene.doctor.name and first.living.appointment(no).status == "fulfilled"
    assert [each.faults for each in (first, scene.desk, scene.wall, scene.kiosk)] == [[]] * 4


def test_check_in_by_ones_own_phone_with_the_code_on_the_wall(scene: Scene) -> None:
    patient, no = scene.patient("何自来")
    code = scene.wall.page.get_by_text("手机签到码").inner_text().split()[-1]
    patient.go(f"/appointment/{no}")
    patient.page.get_by_label("候诊区签到码").fill("0000")
    patient.press("签到", exact=True)
    patient.sees("签到码不对，请到就诊的候诊区，输入那里显示的签到码。")
    patient.page.get_by_label("候诊区签到码").fill(code)
    patient.press("签到", exact=True)
    patient.page.wait_for_url("**/queue")
    patient.sees("前面还有")
    expect(scene.desk.page.get_by_role("row").filter(has_text="何自来")).to_contain_text("候诊")


def test_every_screen_comes_back_after_its_connection_was_lost(scene: Scene) -> None:
    patient, no = scene.patient("连不断")
    patient.go("/queue")
    patient.sees("去签到")
    patient.context.set_offline(True)
    scene.wall.context.set_offline(True)
    scene.show_at_kiosk(patient.living.appointment(no).code)
    scene.kiosk_says("签到成功")
    scene.desk.sees("连不断")
    scene.desk.press("叫下一位")
    scene.desk.sees("已呼叫")
    patient.context.set_offline(False)
    scene.wall.context.set_offline(False)
    patient.sees("轮到您了")
    expect(scene.room).to_contain_text("请进诊室")


def test_every_screen_comes_back_after_the_server_did(scene: Scene) -> None:
    patient, no = scene.patient("再回来")
    house = patient.living.house
    patient.go("/queue")
    patient.sees("去签到")
    killed = house.kill("web")
    wait_until(lambda: house.pids().get("web", killed) != killed and house.ready(), seconds=60, what="the web's return")
    scene.show_at_kiosk(patient.living.appointment(no).code)
    scene.kiosk_says("签到成功")
    patient.sees("前面还有")
    expect(scene.room).to_contain_text("再*来")
    scene.desk.press("叫下一位")
    patient.sees("轮到您了")
    expect(scene.room).to_contain_text("请进诊室")


def test_the_kiosk_refuses_what_is_no_slip(scene: Scene) -> None:
    for text in ("GH1.GH26112400000000.2.AAAAAAAAAAAAAAAAAAAAAA", "12345678", "GH1.", "' OR 1=1 --", "二维码"):
        scene.show_at_kiosk(text)
        scene.kiosk_says("没有签到成功")
        scene.kiosk.press("完成")
        scene.kiosk_says("扫码签到")


def test_a_patient_finds_no_kiosk_and_no_desk(patient: Visitor) -> None:
    patient.sign_in()
    for path in ("/kiosk", "/desk", "/admin"):
        patient.page.goto(path)
        patient.page.wait_for_url("**/staff?next=**")
    patient.go(f"/screen/{AREA}")
    expect(patient.page.get_by_text("手机签到码")).to_have_count(0)
