"""The text of a slip's QR: only ours is read, whatever else is scanned."""

import pytest

from hospital_app.domain.errors import Refusal
from hospital_app.services.slips import qr_text, read_qr

GOOD = qr_text(no="GH26112400051298", version=2)


def test_our_own_text_is_read() -> None:
    assert read_qr(f" {GOOD}\n") == ("GH26112400051298", 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GH1",
        "王秀芳",
        GOOD[:-1],
        GOOD + "A",
        GOOD.replace(".2.", ".3."),
        GOOD.replace("GH1.", "GH2."),
        GOOD.replace("00051298", "00051299"),
        GOOD.rpartition(".")[0] + ".",
        GOOD.rpartition(".")[0] + ".签名签名签名签名签名签名签名签名签名签名签名",
        GOOD.rpartition(".")[0] + "." + "\ud800" * 22,
        "GH1.GH26112400051298.²." + "A" * 22,
        "." * 5000,
    ],
)
def test_anything_else_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_qr(text)
    assert (refused.value.code, refused.value.status) == ("bad_qr", 400)


def test_every_character_of_the_text_counts() -> None:
    for place, letter in enumerate(GOOD):
        bent = GOOD[:place] + ("x" if letter != "x" else "y") + GOOD[place + 1 :]
        with pytest.raises(Refusal):
            read_qr(bent)
