"""收银台: which ways to pay there are, and the code that a phone scans from another screen."""

from collections.abc import Mapping
from types import MappingProxyType

from hospital_app.container import container
from hospital_app.domain.exchange import Method
from hospital_app.domain.identity import Actor
from hospital_app.domain.payment import Channel
from hospital_app.flows.reading import look
from hospital_app.flows.slips import draw
from hospital_app.services import quoting
from hospital_app.services.payment_views import PaymentView
from hospital_app.settings import get_settings

#: What a payer at a large screen scans with the phone.
SCANNED: Mapping[str, Method] = MappingProxyType({Channel.WECHAT: Method.NATIVE, Channel.ALIPAY: Method.QR})

#: What opens on the very device that asks, where the channel's own first choice was given up for a code.
HERE: Mapping[str, Method] = MappingProxyType({Channel.WECHAT: Method.H5, Channel.ALIPAY: Method.WAP})


def ways(*, onsite: bool) -> list[str]:
    """The channels that take money here, in the order in which they are offered; `onsite`: the window as well."""
    here = {*container().payments, *([Channel.ONSITE.value] if onsite else [])}
    return [each.value for each in Channel if each.value in here]


def insures() -> bool:
    """Whether there is a bureau that settles here."""
    return container().bureau is not None


def insured(actor: Actor, *, no: str) -> str:
    """ready, unverified or absent: whether insurance can pay for whose appointment it is."""
    return look(actor, quoting.insured, no=no)


def scanned_by(channel: str) -> Method | None:
    """None: as the channel's own first choice opens."""
    return SCANNED.get(channel)


def opened_here(channel: str) -> Method | None:
    """For a payer who goes on at a phone with what was to be scanned."""
    return HERE.get(channel)


def code_link(paying: PaymentView) -> str:
    """What the code says, as a link that this very device may follow; empty for an address of the channel's own app."""
    if paying.code_url.startswith("/"):
        return f"{get_settings().public_url.rstrip('/')}{paying.code_url}"
    return paying.code_url if paying.code_url.startswith(("http://", "https://")) else ""


def code_picture(paying: PaymentView) -> bytes:
    """PNG."""
    return draw(code_link(paying) or paying.code_url)
