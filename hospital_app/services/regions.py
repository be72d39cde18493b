"""统筹区的名称, out of GB/T 2260 as the library knows it."""

import re

from stdnum import numdb

_SPAN = re.compile(r"^\[[^\]]*\]")  # the years in which a name was in use
_NO_NAME = {"市辖区", "县"}  # what stands for "all districts of the city"


def region_name(code: str) -> str:
    """`420300` → 湖北省十堰市; empty for a code that is unknown."""
    if len(code) != 6 or not (code.isascii() and code.isdecimal()):
        return ""
    (_, province), *rest = numdb.get("cn/loc").info(code)
    name = _SPAN.sub("", province.get("province", ""))
    county = _SPAN.sub("", rest[0][1].get("county", "")) if rest else ""
    return name if county in {"", name, *_NO_NAME} else name + county
