"""What a behaviour event keeps of a path."""

import pytest

from hospital_app.domain.behaviour import route_of, screen_of


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/find?q=咳嗽", "/find"),
        ("/pay/GH26112400051298", "/pay/*"),
        ("/doctor/12/", "/doctor/*/"),
        ("/slip/GH1.x#top", "/slip/*"),
        ("/王秀芳", "/other"),
        ("javascript:alert", "/other"),
        ("/" + "a" * 200, "/other"),
    ],
)
def test_a_path_loses_whatever_could_name_somebody(path: str, route: str) -> None:
    assert route_of(path) == route


def test_screens_are_named_by_their_width() -> None:
    assert [screen_of(width) for width in (360, 768, 1280)] == ["phone", "tablet", "desk"]
