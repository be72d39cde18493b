"""姓名的拼音, as readers of English see the names of doctors."""

import pytest

from hospital_app.romanised import romanised
from state import wording


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("张国立", "Zhang Guoli"),
        ("单雄信", "Shan Xiongxin"),  # as a surname, not dan
        ("曾明", "Zeng Ming"),
        ("欧阳修", "Ouyang Xiu"),
        ("欧阳", "Ou Yang"),  # too short to be a surname of two characters and a name
        ("吕秀英", "Lü Xiuying"),
        ("王建安", "Wang Jian'an"),
        ("John Smith", "John Smith"),
        ("", ""),
    ],
)
def test_names_are_written_as_in_a_register(name: str, written: str) -> None:
    assert romanised(name) == written


def test_a_reader_of_english_sees_doctors_places_and_fields_in_latin_letters() -> None:
    assert wording.doctor("张国立", "主任医师", "en") == "Zhang Guoli, Chief physician"
    assert wording.doctor("张国立", "主任医师", "zh") == "张国立 主任医师"
    assert wording.doctor("", "", "en") == wording.person("普通门诊", "en")
    assert wording.place("门诊楼3层西侧", "204诊室", "en") == "Outpatient building, floor 3 west Room 204"
    assert wording.fields("关节置换、本院特色", "en") == "Joint replacement, 本院特色"
    assert wording.fields("关节置换、手外科", "zh") == "关节置换、手外科"
