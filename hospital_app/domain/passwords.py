"""密码的规则：long enough, not what a stranger would try first. No rules about what it is made of."""

import re
import unicodedata
from itertools import pairwise

from hospital_app.domain.errors import Refusal

PATIENT_MIN, STAFF_MIN, LONGEST = 8, 10, 128
FEWEST_DIFFERENT = 4
#: 爱你、一生一世、年年岁岁…: what is put before or behind a few letters or digits here.
_HABITS = re.compile(r"(?:woaini|iloveyou|5201314|1314520|520520|123456789?0?|qwerty|asdfgh|password|admin|abcd?123)")
_BIRTHDAY = re.compile(r"[a-z]{0,10}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[a-z]{0,4}")
_LEFT_AFTER_HABIT = 4


def normalised(password: str) -> str:
    """One spelling for what looks the same on every keyboard (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def check_length(password: str, *, least: int) -> None:
    if not least <= len(password) <= LONGEST:
        raise weak("新密码需要 {least} 到 {most} 位。", least=least, most=LONGEST)


def check_guessable(password: str, *, forbidden: tuple[str, ...]) -> None:
    """`forbidden`: what everybody knows of this account. Raises Refusal `weak_password`."""
    plain = password.casefold()
    if len(set(plain)) < FEWEST_DIFFERENT:
        raise weak("新密码不能只是几个重复的字符，请换一个。")
    if any(word and word.casefold() in plain for word in forbidden):
        raise weak("新密码里不要有您的手机号、工号或医院名称，请换一个。")
    if len(plain) > 1 and len({ord(b) - ord(a) for a, b in pairwise(plain)}) == 1:
        raise common()
    if _BIRTHDAY.fullmatch(plain) or len(_HABITS.sub("", plain)) <= _LEFT_AFTER_HABIT < len(plain):
        raise common()


def common() -> Refusal:
    return weak("这个密码太常见，别人一猜就中，请换一个，例如三四个不相干的词连在一起。")


def weak(sentence: str, **params: object) -> Refusal:
    return Refusal("weak_password", sentence, 422, params=params)
