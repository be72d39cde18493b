"""医保移动支付授权: whose insurance was opened."""

import pytest

from hospital_app.domain.settlement import Authorised, is_of

NUMBER = "11010119900307043X"


@pytest.mark.parametrize(
    ("name", "number", "own"),
    [
        ("王秀芳", NUMBER, True),
        ("", NUMBER, True),
        ("", NUMBER.lower(), True),  # platforms write the check letter either way
        ("王秀芳", "", True),
        ("王秀英", NUMBER, False),
        ("王秀芳", "110101199003070433", False),
        ("", "", False),
    ],
)
def test_it_is_the_patients_own_or_nothing(name: str, number: str, own: bool) -> None:
    assert is_of(Authorised("AUTH1", name, number), name="王秀芳", document_number=NUMBER) == own
