import pytest

from hospital_app.domain.search import escape_like, is_latin, query_of, readings, word_starts


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("  ＺＧＬ ", "zgl"),
        ("Zhang Guo-li", "zhangguoli"),
        ("xi'an", "xian"),
        ("张 国立。", "张国立"),
        ("x" * 100, "x" * 40),
    ],
)
def test_queries_are_made_comparable(typed: str, query: str) -> None:
    assert query_of(typed) == query


def test_pinyin_or_not() -> None:
    assert is_latin("zgl")
    assert is_latin("lü")
    assert not is_latin("张gl")
    assert not is_latin("")


def test_every_reading_is_a_word_and_so_is_the_given_name() -> None:
    assert readings([["shan"], ["dan"]], ["guo", "li"]) == ("shanguoli danguoli guoli", "sgl dgl gl")
    assert readings([["ou", "yang"]], ["xue"]) == ("ouyangxue xue", "oyx x")
    assert readings([["ek"]], []) == ("ek", "e")


def test_wildcards_are_letters() -> None:
    assert word_starts("50%_/") == ("50/%/_//%", "% 50/%/_//%")
    assert escape_like("a") == "a"
