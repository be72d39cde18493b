"""Every sentence that a user may read has its English, with the same blanks."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hospital_app.catalogue import blanks, english, say

ROOT = Path(__file__).parents[1]
HAN = re.compile("[一-鿿]")
#: Not sentences of ours: what is typed, read out or shown as it is.
AS_IT_IS = {"某"}
#: Refusals and their parts, wherever they are raised.
REFUSING = {"Refusal", "not_found", "malformed"}


def files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def shown_literals(path: Path) -> Iterator[str]:
    """Chinese string constants that are not docstrings nor parts of f-strings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    passed |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in passed and HAN.search(text):
            yield text


def refusal_literals(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        name = node.func if isinstance(node, ast.Call) else None
        if isinstance(name, ast.Name) and name.id in REFUSING:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and HAN.search(str(argument.value)):
                    yield argument.value


@pytest.mark.parametrize("path", files("pages", "state"), ids=lambda path: str(path.relative_to(ROOT)))
def test_screens_speak_english(path: Path) -> None:
    missing = [text for text in shown_literals(path) if text not in english() and text not in AS_IT_IS]
    assert missing == []


def test_refusals_speak_english() -> None:
    missing = {text for path in files("hospital_app") for text in refusal_literals(path)} - english().keys()
    assert missing == set()


def test_both_languages_have_the_same_blanks() -> None:
    differing = {chinese for chinese, text in english().items() if sorted(blanks(chinese)) != sorted(blanks(text))}
    assert differing == set()


def test_no_sentence_stands_twice() -> None:
    pairs = json.loads((ROOT / "hospital_app/locale/en.json").read_text("utf-8"), object_pairs_hook=list)
    names = [name for name, _ in pairs]
    assert sorted(names) == sorted(set(names))


def test_values_are_translated_too() -> None:
    assert say("没有找到{what}，请返回上一页重新选择。", "en", what="这位医生").startswith("Could not find this doctor")
    assert say("今日余 {left}", "zh", left=3) == "今日余 3"


def test_the_catalogue_is_in_order() -> None:
    """Sorted, so that two changes of it seldom meet on one line."""
    keys = list(json.loads((ROOT / "hospital_app/locale/en.json").read_text(encoding="utf-8")))
    assert keys == sorted(keys)


def test_a_value_that_runs_the_other_way_keeps_its_direction_to_itself() -> None:
    assert say("移除就诊人 {name}", "zh", name="王秀芳") == "移除就诊人 王秀芳"
    assert say("移除就诊人 {name}", "zh", name="محمد") == "移除就诊人 \u2068محمد\u2069"
