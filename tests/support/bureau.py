"""The insurance bureau's sandbox, and the house's own way to it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from hospital_app.adapters.insurance_gateway import Institution, InsuranceGateway
from hospital_app.adapters.insurance_registry import NationalRegistry
from hospital_app.sandbox.insurance import keys as insurance_keys
from tests.support.outside import Sandbox


class Bureau(Sandbox):
    """Cards that begin with 99 are nobody's, those with 98 of a paused insurance; everybody else is insured."""

    def __init__(self, directory: Path) -> None:
        self.known = insurance_keys.generate(directory / "insurance-keys")
        super().__init__("insurance", directory)

    def gateway(self, **changed: object) -> InsuranceGateway:
        given = {
            "url": f"{self.url}/csb",
            "access_key": self.known.access_key,
            "secret_key": self.known.secret_key,
            "institution": Institution(self.known.institution_code, "市第一人民医院", self.known.region),
        }
        return InsuranceGateway(**{**given, **changed})  # type: ignore[arg-type]

    def registry(self) -> NationalRegistry:
        return NationalRegistry(self.gateway())

    def switch(self, *, up: bool) -> None:
        assert self.post("/sandbox/insurance", json={"up": up}).status_code == 200

    def forget(self) -> None:
        """It has never been asked about anybody."""
        with closing(sqlite3.connect(self.directory / "insurance.sqlite3", timeout=10)) as books, books:
            books.execute("DELETE FROM persons")
            books.execute("DELETE FROM cards")
