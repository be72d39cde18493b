"""设备的名称: from what a browser says of itself, which anybody may invent. Shown to the account's own holder only."""

import re

#: The mark that a browser or client was given at its first sign-in, and brings again.
MARK = re.compile(r"[\w-]{22,100}", re.ASCII)
#: The first that is found names the kind of device.
_KINDS = (
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("openharmony", "鸿蒙手机"),
    ("harmonyos", "鸿蒙手机"),
    ("android", "安卓手机"),
    ("windows", "Windows 电脑"),
    ("macintosh", "Mac 电脑"),
    ("cros", "Chromebook"),
    ("linux", "Linux 电脑"),
)
#: Those that wear another's name as well come first.
_BROWSERS = (
    ("micromessenger", "微信"),
    ("alipayclient", "支付宝"),
    ("qqbrowser", "QQ 浏览器"),
    ("ucbrowser", "UC 浏览器"),
    ("quark", "夸克"),
    ("huaweibrowser", "华为浏览器"),
    ("miuibrowser", "小米浏览器"),
    ("vivobrowser", "vivo 浏览器"),
    ("heytapbrowser", "OPPO 浏览器"),
    ("samsungbrowser", "三星浏览器"),
    ("edg", "Edge"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)
UNKNOWN_KIND, UNKNOWN_BROWSER = "其他设备", "应用程序"


def kind_of(user_agent: str) -> str:
    """iPhone, 安卓手机, Windows 电脑…"""
    said = user_agent.casefold()
    found = next((kind for mark, kind in _KINDS if mark in said), UNKNOWN_KIND)
    return "安卓平板" if found == "安卓手机" and "mobile" not in said else found


def browser_of(user_agent: str) -> str:
    """微信, Chrome, Safari…; 应用程序 for what names no browser."""
    said = user_agent.casefold()
    return next((browser for mark, browser in _BROWSERS if mark in said), UNKNOWN_BROWSER)
