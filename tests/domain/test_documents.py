"""ID documents: one spelling each, what they say of their holder, what is still missing."""

from datetime import date

import pytest

from hospital_app.domain.documents import (
    DocumentKind,
    Gender,
    age_on,
    clean_name,
    clean_number,
    may_be_guardian,
    missing_fields,
    needs_guardian,
    same_name,
    written_in,
)
from hospital_app.domain.errors import Refusal

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("resident-id", " 110105 19491231 002x ", "11010519491231002X"),
        ("resident-id", "１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("resident-id", "810000199001010019", "810000199001010019"),
        ("passport", "e-1234 5678", "E12345678"),
        ("hk-macao-permit", "h12345678", "H12345678"),
        ("hk-macao-permit", "H1234567802", "H12345678"),
        ("taiwan-permit", "12345678", "12345678"),
        ("taiwan-permit", "1234567890(B)", "1234567890B"),
        ("foreign-permanent-resident", "USA123456789012", "USA123456789012"),
        ("foreign-permanent-resident", "911101199001010019", "911101199001010019"),
        ("birth-certificate", "Q110123456", "Q110123456"),
    ],
)
def test_a_number_has_one_spelling(kind: str, typed: str, stored: str) -> None:
    assert clean_number(DocumentKind(kind), typed) == stored


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("resident-id", ""),
        ("resident-id", "1101051949123100"),
        ("resident-id", "11010519491231002Y"),
        ("resident-id", "110105194912310021' OR 1=1"),
        ("passport", "ABCDEF"),
        ("passport", "E123"),
        ("passport", "E1234567890123456"),
        ("hk-macao-permit", "X12345678"),
        ("taiwan-permit", "1234567"),
        ("birth-certificate", "1101234567"),
        ("resident-id", "٣٣٠١٠٥١٩٤٩١٢٣١٠٠٢٣"),
    ],
)
def test_what_no_such_document_carries_is_refused(kind: str, typed: str) -> None:
    with pytest.raises(Refusal) as refused:
        clean_number(DocumentKind(kind), typed)
    assert (refused.value.code, refused.value.status) == ("bad_document", 422)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  王秀芳 ", "王秀芳"),
        ("阿依努尔•买买提", "阿依努尔·买买提"),
        ("迪丽热巴・迪力木拉提", "迪丽热巴·迪力木拉提"),
        ("𠮷田", "𠮷田"),
        ("㛃\U000320a0", "㛃\U000320a0"),  # an ideograph newer than this Python's tables
        ("Jean-Luc   O'Neill", "Jean-Luc O'Neill"),
        ("Nguyễn Thị Hoa", "Nguyễn Thị Hoa"),
        ("王", "王"),
        ("محمد علي", "محمد علي"),  # from right to left
        ("हरप्रीत सिंह", "हरप्रीत सिंह"),  # marks that belong to it
        ("བསྒྲུབས", "བསྒྲུབས"),  # three of them under one letter
        ("葛\U000e0100", "葛\U000e0100"),  # one writing of the same ideograph
        ("John Jr.", "John Jr."),
    ],
)
def test_names_of_every_kind_are_taken(typed: str, stored: str) -> None:
    assert clean_name(typed) == stored


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "·", "王5", "王\x00", "<b>王</b>", "王" * 41, "王\ue000", "😀", "王\n;DROP"]
    + [
        "=王",
        "+王",
        "-王",
        "@王",
        "'王",
        ".王",
        " \t=HYPERLINK(王)",
        "<script>王</script>",
        "{王}",
        "%王",
        "$王",
        "王&芳",
    ]
    + [f"王{sign}芳" for sign in "\u202e\u202d\u2066\u2067\u2069\u200e\u200f\u061c"]  # direction
    + [f"王{sign}芳" for sign in "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u3164\u115f\uffa0\u17b4"]  # unseen
    + ["王\U000e0041芳", "\u0301王", "Z" + "\u0335" * 5, "王\x1b[31m芳"],
)
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(Refusal) as refused:
        clean_name(typed)
    assert refused.value.code == "bad_name"


def test_spaces_and_capitals_do_not_make_another_person() -> None:
    assert same_name("Jean Luc", "JEANLUC")
    assert not same_name("王芳", "王方")


def test_a_resident_id_says_when_and_as_what_its_holder_was_born() -> None:
    written = written_in(DocumentKind.RESIDENT_ID, "11010519491231002X", today=TODAY)
    assert written is not None
    assert (written.born_on, written.gender) == (date(1949, 12, 31), Gender.FEMALE)
    assert written_in(DocumentKind.PASSPORT, "E12345678", today=TODAY) is None


@pytest.mark.parametrize("number", ["110105202612310023", "110105202602300023", "110105177701010023"])
def test_impossible_birth_dates_are_refused(number: str) -> None:
    with pytest.raises(Refusal):
        written_in(DocumentKind.RESIDENT_ID, number, today=TODAY)


def test_age_turns_on_the_birthday() -> None:
    assert age_on(date(2012, 11, 24), TODAY) == 14
    assert age_on(date(2012, 11, 25), TODAY) == 13
    assert age_on(date(2012, 2, 29), date(2026, 2, 28)) == 13


def test_children_need_a_guardian_until_their_fourteenth_birthday() -> None:
    assert needs_guardian(date(2012, 11, 25), today=TODAY)
    assert not needs_guardian(date(2012, 11, 24), today=TODAY)
    assert not needs_guardian(None, today=TODAY)
    assert may_be_guardian(date(2008, 11, 24), today=TODAY)
    assert not may_be_guardian(date(2008, 11, 25), today=TODAY)
    assert not may_be_guardian(None, today=TODAY)


def test_missing_fields_are_named_in_the_order_of_the_form() -> None:
    assert missing_fields(name="王芳", document_number=None, born_on=None, gender="unknown") == [
        "document_number",
        "born_on",
        "gender",
    ]
    assert missing_fields(name="王芳", document_number="E1", born_on=TODAY, gender="female") == []
