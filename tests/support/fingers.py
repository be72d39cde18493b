"""A device with a fingerprint reader inside Chromium: the virtual authenticator of its debugging protocol."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession

from tests.support.browser import Visitor


@dataclass(frozen=True)
class Device:
    """One authenticator of a browser."""

    wire: CDPSession
    id: str

    def passkeys(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.wire.send("WebAuthn.getCredentials", {"authenticatorId": self.id})[
            "credentials"
        ]
        return found

    def owner_is_here(self, here: bool) -> None:
        """Whether the finger on the reader is the right one."""
        self.wire.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": here})

    def put_in(self, passkey: dict[str, Any]) -> None:
        """As a key that is carried from one phone to another, or a synced one."""
        self.wire.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": passkey})


def device_of(person: Visitor) -> Device:
    """Give this person's browser a fingerprint reader; the owner's finger is on it."""
    wire = person.context.new_cdp_session(person.page)
    wire.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    added = wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Device(wire, str(added["authenticatorId"]))
