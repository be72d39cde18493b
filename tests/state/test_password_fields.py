"""What a page must not do to somebody who types a password, and whom its scripts must not listen to."""

from pathlib import Path

from pages.components.credentials import new_password_field, password_field

REPOSITORY = Path(__file__).parents[2]
OURS = [
    *(REPOSITORY / "assets").glob("*.js"),
    *(REPOSITORY / "pages").rglob("*.py"),
    *(REPOSITORY / "state").rglob("*.py"),
]


def test_passwords_are_hidden_and_known_to_password_managers() -> None:
    old = str(password_field("password", "密码", complete="current-password"))
    new = str(new_password_field())
    for drawn, purpose in ((old, "current-password"), (new, "new-password")):
        assert 'type:"password"' in drawn
        assert f'autoComplete:"{purpose}"' in drawn


def test_nothing_hinders_pasting() -> None:
    assert not [file.name for file in OURS if "paste" in file.read_text(encoding="utf-8").lower()]


def test_no_script_of_ours_listens_to_other_windows() -> None:
    scripts = [file for file in OURS if file.suffix == ".js" and file.name != "sw.js"]
    assert scripts and not [
        file.name
        for file in scripts
        if "postMessage" in (said := file.read_text(encoding="utf-8")) or '"message"' in said or "onmessage" in said
        if not _only_an_event_source(said)
    ]


def _only_an_event_source(script: str) -> bool:
    """A stream of the server's own (EventSource) has `onmessage` too."""
    return script.count("onmessage") == script.count("source.onmessage") and '"message"' not in script
