from datetime import date

import pytest

from hospital_app.domain.triage import Flag, SymptomWeight, triage

NOVEMBER, JULY = date(2026, 11, 24), date(2026, 7, 1)
WEIGHTS = [
    SymptomWeight("咳嗽", "03.01", 90),
    SymptomWeight("咳嗽", "02", 30),
    SymptomWeight("发热", "03.01", 40),
    SymptomWeight("小儿咳嗽", "07", 90),
    SymptomWeight("头痛", "03.03", 90),
    SymptomWeight("胸痛", "03.04", 80),
    SymptomWeight("尿频尿急尿痛", "04.04", 80),
    SymptomWeight("恶心呕吐", "03.02", 80),
    SymptomWeight("下腹坠痛（女）", "05.01", 80),
    SymptomWeight("腹泻", "03.02", 70),
    SymptomWeight("高热不退", "16.02", 80),
]
FLAGS = [
    Flag("腹泻", "enteric", "先到肠道门诊"),
    Flag("发热", "fever", "先到发热门诊"),
    Flag("胸痛", "red_flag", "立即急诊"),
    Flag("剧烈腹痛", "red_flag", "立即急诊"),
    Flag("犬猫咬伤", "red_flag", "尽快就诊"),
    Flag("骨折", "red_flag", "立即急诊"),
]


def departments(text: str) -> list[str]:
    return [code for code, _ in triage(text, on=NOVEMBER, weights=WEIGHTS, flags=FLAGS).departments]


def advice(text: str, on: date = NOVEMBER) -> list[str]:
    return [flag.symptom for flag in triage(text, on=on, weights=WEIGHTS, flags=FLAGS).advice]


def test_weights_add_up_per_department() -> None:
    found = triage("发烧咳嗽", on=NOVEMBER, weights=WEIGHTS, flags=FLAGS)
    assert found.departments == (("03.01", 130), ("02", 30))
    assert found.symptoms == ("发热", "咳嗽")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("咳嗽三天", "03.01"),
        ("最近老是咳嗽，晚上厉害", "03.01"),
        ("头有点疼", "03.03"),
        ("头 痛", "03.03"),
        ("孩子咳嗽", "07"),
        ("尿频", "04.04"),
        ("我尿频两周", "04.04"),
        ("我感觉不舒服", None),
        ("尿频，两周", "04.04"),
        ("想吐", "03.02"),
        ("小腹坠痛", "05.01"),
        ("高烧不退", "16.02"),
    ],
)
def test_free_text_is_understood(text: str, first: str | None) -> None:
    assert departments(text)[:1] == ([first] if first else [])


def test_a_child_goes_to_the_children_only() -> None:
    assert departments("宝宝咳嗽") == ["07"]


@pytest.mark.parametrize("text", ["", "   ", "痛", "张国立", "没有咳嗽", "不咳嗽", "%", "咳" * 500, "🙂", "a" * 100])
def test_nothing_is_found_in(text: str) -> None:
    assert departments(text) == []
    assert advice(text) == []


def test_red_flags_come_before_fever_and_enteric() -> None:
    assert advice("拉肚子、发热，还有胸口疼", on=JULY) == ["胸痛", "发热", "腹泻"]


def test_the_enteric_clinic_is_a_matter_of_season() -> None:
    assert advice("腹泻", on=JULY) == ["腹泻"]
    assert advice("腹泻", on=NOVEMBER) == []


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("胸口很痛", ["胸痛"]),
        ("没有胸痛，就是头痛", []),
        ("胸闷头痛", []),  # 胸 … 痛, but of the head
        ("是不是骨折了", ["骨折"]),
        ("肚子疼得厉害", ["剧烈腹痛"]),
        ("肚子疼", []),
        ("被狗咬了", ["犬猫咬伤"]),
    ],
)
def test_alarms_are_neither_missed_nor_raised_for_nothing(text: str, flags: list[str]) -> None:
    assert advice(text) == flags
