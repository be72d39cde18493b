"""审计查询: by who, what, whom, from where and when; page by page; exported on record and safe to open."""

import io

import pytest
from openpyxl import load_workbook

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import trail
from hospital_app.services.trail_search import Wanted
from hospital_app.work import Work
from tests.support.booked import CLERK, HOSPITAL_ADMIN, department_admin, doctor_actor
from tests.support.house import House, patient_actor
from tests.support.people import a_member_of_staff


def record(work: Work, *, action: str, subject: str, **detail: object) -> None:
    work.record(action, subject, **detail)


def found(**wanted: object) -> list[str]:
    page = trail.search(HOSPITAL_ADMIN, wanted=Wanted(**wanted))  # type: ignore[arg-type]
    return [f"{entry.action} {entry.subject}" for entry in page.entries]


def test_each_filter_narrows(house: House) -> None:
    staff = a_member_of_staff(house, staff_no="C7001", role=Role.CLERK)
    clerk = Actor(Role.CLERK, staff_id=staff, address="192.0.2.9")
    house.do(record, actor=clerk, action="test.cancel", subject="appointment:GH1")
    house.do(record, actor=patient_actor(12), action="test.hold", subject="appointment:GH2")
    begin = house.now
    house.later(hours=2)
    house.do(record, actor=patient_actor(13), action="test.hold", subject="patient:1")
    assert found(action="test.") == ["test.hold patient:1", "test.hold appointment:GH2", "test.cancel appointment:GH1"]
    assert found(who="C7001") == found(who=f"staff:{staff}") == ["test.cancel appointment:GH1"]
    assert found(who="12") == found(who="account:12") == ["test.hold appointment:GH2"]
    assert found(who="nobody") == []
    assert found(role="patient", action="test.h") == ["test.hold patient:1", "test.hold appointment:GH2"]
    assert found(subject="appointment:", action="test.") == ["test.hold appointment:GH2", "test.cancel appointment:GH1"]
    assert found(address="192.0.2.") == ["test.cancel appointment:GH1"]
    assert found(action="%") == found(subject="appointment_") == []
    later = house.now
    assert found(since=later, action="test.") == ["test.hold patient:1"]
    assert found(until=later, since=begin, role="patient") == ["test.hold appointment:GH2"]


def test_actions_are_found_by_their_name_in_both_languages(house: House) -> None:
    for action in ("cancel", "sign-in.failed", "account.freeze"):
        house.do(record, action=action, subject="x:1")
    assert found(action="退号", subject="x:") == found(action="cancel visit", subject="x:") == ["cancel x:1"]
    assert found(action="登录", subject="x:") == found(action="sign-in", subject="x:") == ["sign-in.failed x:1"]
    assert found(action="退__") == []
    assert [entry.name for entry in trail.search(HOSPITAL_ADMIN, wanted=Wanted(subject="x:")).entries] == [
        "冻结账号",
        "登录失败",
        "退号",
    ]


def test_the_export_tells_name_and_code(house: House) -> None:
    house.do(record, action="cancel", subject="x:1")
    content = trail.export(HOSPITAL_ADMIN, wanted=Wanted(action="退号"))
    head, line = list(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))
    assert (head[5:7], line[5:7]) == (("操作", "操作代码"), ("退号", "cancel"))


def test_pages_go_on_where_the_last_one_ended(house: House) -> None:
    for number in range(7):
        house.do(record, action="test", subject=f"x:{number}")
    first = trail.search(HOSPITAL_ADMIN, wanted=Wanted(), limit=3)
    second = trail.search(HOSPITAL_ADMIN, wanted=Wanted(), below=first.older, limit=3)
    third = trail.search(HOSPITAL_ADMIN, wanted=Wanted(), below=second.older, limit=3)
    subjects = [entry.subject for page in (first, second, third) for entry in page.entries]
    assert subjects == [f"x:{number}" for number in range(6, -1, -1)]
    assert (first.entries[0].link, third.older) == (None, None)
    trail.seal_recent()
    assert trail.search(HOSPITAL_ADMIN, wanted=Wanted()).entries[0].link == 7


def test_an_export_is_on_record_and_holds_no_formula(house: House) -> None:
    house.do(record, action="test", subject="=cmd|' /C calc'!A0", before={"name": "张*丽"}, after={"name": "李*"})
    content = trail.export(HOSPITAL_ADMIN, wanted=Wanted(action="test"))
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    head, line = list(sheet.iter_rows(values_only=True))
    assert head[:4] == ("编号", "时间", "操作者", "角色")
    assert line[7] == "'=cmd|' /C calc'!A0"
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    newest = trail.search(HOSPITAL_ADMIN, wanted=Wanted(action="audit.")).entries[0]
    assert (newest.action, newest.actor) == ("audit.export", HOSPITAL_ADMIN.subject)
    assert newest.detail == {"entries": 1, "filters": {"action": "test"}}


def test_only_the_hospital_admin_may_look(house: House) -> None:
    for actor in (CLERK, department_admin(), doctor_actor(1), patient_actor(1), Actor(Role.ANONYMOUS)):
        for call in (
            trail.state,
            lambda a: trail.search(a, wanted=Wanted()),
            lambda a: trail.export(a, wanted=Wanted()),
        ):
            with pytest.raises(Refusal) as refusal:
                call(actor)
            assert refusal.value.code in {"forbidden", "signed_out"}


def test_the_chains_state_is_told(house: House) -> None:
    house.do(record, action="test", subject="x")
    trail.seal_recent()
    trail.inspect()
    house.later(minutes=2)
    state = trail.state(HOSPITAL_ADMIN)
    assert (state.sealed_to, state.overdue) == (1, 1)  # the report of the inspection waits
    assert state.checked is not None and (state.checked.links, state.checked.broken) == (1, 0)
