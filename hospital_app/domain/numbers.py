"""Numbers that people and vendors see. Random ones come from the operating system; the caller passes them in."""

from datetime import date

ID_MAX = 2**31 - 1  # the largest id that our tables can hold


def appointment_no(on: date, digits: str) -> str:
    """GH + clinic day + 8 digits, e.g. GH26112400051298."""
    return f"GH{on:%y%m%d}{digits}"


def payment_no(on: date, digits: str) -> str:
    """GP + day + 10 digits: 18 characters, within WeChat's 6-32."""
    return f"GP{on:%y%m%d}{digits}"


def refund_no(on: date, digits: str) -> str:
    """GR + day + 10 digits."""
    return f"GR{on:%y%m%d}{digits}"


def settlement_no(on: date, digits: str) -> str:
    """GI + day + 10 digits: the ipt_otp_no of one quote at the insurance bureau."""
    return f"GI{on:%y%m%d}{digits}"


def provider_day(provider: str, on: date) -> str:
    """The key of "one live appointment per patient + doctor + day"."""
    return f"{provider}@{on.isoformat()}"
