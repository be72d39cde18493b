"""Free text says what it shows."""

import pytest

from hospital_app.domain.texts import one_line, plain


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  我没有倒号。\r\n是帮邻居挂的。 ", "我没有倒号。\n是帮邻居挂的。"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ('=HYPERLINK("http://x")', '=HYPERLINK("http://x")'),
        ("退号\u202e钱没有到", "退号钱没有到"),
        ("a\u2066b\u2069c\u200bd\ufeffe\u200df", "abcdef"),
        ("a\x00b\x1b[31mc\x7f", "ab[31mc"),
        ("\U000e0041\U000e0042", ""),
        ("e\u0301", "é"),
        ("محمد 𠮷", "محمد 𠮷"),
    ],
)
def test_what_cannot_be_seen_goes_and_the_rest_stays(written: str, kept: str) -> None:
    assert plain(written) == kept
    assert plain(kept) == kept


def test_what_has_no_paragraphs_stays_on_one_line() -> None:
    assert one_line(" 门诊楼\r\n3层\u2028A区\t东 \u202e") == "门诊楼 3层 A区 东"
