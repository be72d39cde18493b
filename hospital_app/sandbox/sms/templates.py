"""短信模板：as registered with the vendor. A template's names in braces are its required parameters."""

from collections.abc import Mapping
from string import Formatter

TEMPLATES: Mapping[str, str] = {
    "login_code": "【挂号】您的验证码是 {code}，5 分钟内有效。请勿告诉他人，医院工作人员不会向您索要。",
}


class NotFilled(Exception):
    """The names of the parameters that a template lacks."""


def fill(template: str, params: Mapping[str, str]) -> str:
    """The message's text. Raises NotFilled."""
    text = TEMPLATES[template]
    missing = [name for _, name, _, _ in Formatter().parse(text) if name and name not in params]
    if missing:
        raise NotFilled("、".join(missing))
    return text.format_map(params)
