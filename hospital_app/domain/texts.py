"""自由填写的文字：what people write in sentences stays text, and shows what it says.

Signs that a page, a spreadsheet or a terminal could take for more than text are left to those who put text there: pages
escape, sheets write text cells. Here goes what nobody can see and what changes how the rest is read.
"""

import re
import unicodedata

#: Turns the direction of writing, joins or parts without being seen, tags, control signs but a new line.
_UNSEEN = re.compile(
    "[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def plain(text: str) -> str:
    """The same without what cannot be seen, in one spelling, without space around it."""
    return _UNSEEN.sub("", unicodedata.normalize("NFC", text).replace("\r\n", "\n")).strip()


def one_line(text: str) -> str:
    """The same for what has no paragraphs: names, places, notes."""
    return " ".join(plain(" ".join(text.split())).split())
