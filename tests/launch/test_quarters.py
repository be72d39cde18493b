"""The run directory: one house at a time, secrets made once, and everything forgotten on demand."""

import socket
import stat
from pathlib import Path

import pytest

from hospital_app.launch.bootstrap import Sentence
from hospital_app.launch.quarters import Quarters, check_port, furnish


def test_two_houses_cannot_share_their_quarters(tmp_path: Path) -> None:
    quarters = Quarters(tmp_path)
    with quarters.lock(), pytest.raises(Sentence, match="already running"):
        quarters.lock()
    quarters.lock().close()


def test_secrets_are_made_once_and_are_nobody_elses_business(tmp_path: Path) -> None:
    quarters = Quarters(tmp_path)
    first, second = (furnish(quarters, host="127.0.0.1", port=8000).environment for _ in range(2))
    for name in ("HOSPITAL_ENCRYPTION_KEYS", "HOSPITAL_INDEX_KEY", "HOSPITAL_SIGNING_KEY", "HOSPITAL_HIS_TOKEN"):
        assert first[name] == second[name] != ""
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600


def test_what_the_caller_sets_goes_before_what_we_choose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSPITAL_REDIS_URL", "redis://elsewhere:6379/0")
    monkeypatch.setenv("HOSPITAL_DATABASE_URL", "mysql+pymysql://elsewhere/guahao")
    house = furnish(Quarters(tmp_path), host="127.0.0.1", port=8000)
    assert house.environment["HOSPITAL_REDIS_URL"] == "redis://elsewhere:6379/0"
    assert house.valkey_port is None
    assert not house.embedded


def test_a_busy_port_is_one_clear_sentence() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(Sentence, match="not available"):
            check_port("127.0.0.1", holder.getsockname()[1])


def test_forgetting_leaves_the_logs(tmp_path: Path) -> None:
    quarters = Quarters(tmp_path)
    quarters.lock().close()
    furnish(quarters, host="127.0.0.1", port=8000)
    (tmp_path / "guahao.sqlite3-wal").touch()
    quarters.forget()
    assert {path.name for path in tmp_path.iterdir()} == {"lock", "log"}
