"""The sandboxes' keys: made once, whole or not at all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hospital_app.sandbox import keys


def test_keys_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    directory = tmp_path / "run" / "keys"
    first = keys.generate(directory)
    assert keys.generate(directory) == first == keys.read(directory)
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}
    assert len(first.apiv3_key) == 32
    settings = keys.product_settings(directory)
    assert settings["HOSPITAL_WECHAT_MCHID"] == first.mchid
    assert Path(settings["HOSPITAL_WECHAT_PUBLIC_KEY_PATH"]).read_text() == first.platform_public


def test_two_first_runs_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(keys.generate, [tmp_path / "keys"] * 4))
    assert len(set(made)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_half_a_set_is_left_to_a_person(tmp_path: Path) -> None:
    keys.generate(tmp_path / "keys")
    (tmp_path / "keys" / keys.PLATFORM_KEY).unlink()
    with pytest.raises(keys.KeysIncomplete, match=keys.PLATFORM_KEY):
        keys.generate(tmp_path / "keys")
