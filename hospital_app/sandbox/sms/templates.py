"""短信模板：as registered with the vendors, each under a vendor's own id."""

from zlib import crc32

from hospital_app.domain.text_messages import TEMPLATES


def template_number(name: str) -> str:
    """The id that the pretended vendors gave a template; Aliyun writes SMS_ before it."""
    return str(crc32(name.encode()))


def template_of(number: str) -> str | None:
    """Our name of the template that was registered under this id."""
    return next((name for name in TEMPLATES if template_number(name) == number.removeprefix("SMS_")), None)
