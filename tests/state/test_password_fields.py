"""What a page must not do to somebody who types a password, and whom its scripts must not listen to."""

import re
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
        if re.search(r"postMessage|onmessage|[\"']message[\"']", OWN_STREAMS.sub("", file.read_text(encoding="utf-8")))
    ]


#: The server's stream (EventSource), a worker of our own, and that worker itself: no other window speaks by these.
OWN_STREAMS = re.compile(
    r"\bsource\.onmessage|\bworker\.(onmessage|postMessage)|if \(inWorker\) \{\s+self\.onmessage|\bself\.postMessage"
)
