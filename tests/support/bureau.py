"""The insurance bureau's sandbox, and the house's own way to it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from hospital_app.adapters.insurance_authority import MobileAuthority
from hospital_app.adapters.insurance_bureau import Customs, NationalBureau
from hospital_app.adapters.insurance_gateway import Institution, InsuranceGateway
from hospital_app.adapters.insurance_mobile import MobileBureau
from hospital_app.adapters.insurance_registry import NationalRegistry
from hospital_app.adapters.insurance_sm import NationalEnvelope
from hospital_app.domain.documents import DocumentKind
from hospital_app.domain.insurance import Claim
from hospital_app.sandbox.insurance import keys as insurance_keys
from hospital_app.sandbox.insurance.books import find
from tests.support.outside import Sandbox


class Bureau(Sandbox):
    """Cards that begin with 99 are nobody's, those with 98 of a paused insurance; everybody else is insured."""

    def __init__(self, directory: Path, **more: str) -> None:
        self.known = insurance_keys.generate(directory / "insurance-keys")
        self.mobile_keys = insurance_keys.generate_mobile(directory / "insurance-mobile-keys")
        super().__init__("insurance", directory, **more)

    def settings(self) -> dict[str, str]:
        """What makes a house ask it."""
        known = insurance_keys.product_settings(self.directory / "insurance-keys")
        return {name.removeprefix("HOSPITAL_").lower(): value for name, value in known.items()} | {
            "insurance_url": f"{self.url}/csb"
        }

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

    def bureau(self, *, timeout_seconds: float = 5, **customs: object) -> NationalBureau:
        return NationalBureau(self.gateway(), Customs(timeout_seconds=timeout_seconds, **customs))  # type: ignore[arg-type]

    def mobile(self, *, timeout_seconds: float = 5, **customs: object) -> MobileBureau:
        keys = self.mobile_keys
        envelope = NationalEnvelope(
            keys.app_id,
            keys.app_secret,
            *(bytes.fromhex(key) for key in (keys.hospital_private, keys.hospital_public, keys.platform_public)),
        )
        return MobileBureau(
            self.bureau(timeout_seconds=timeout_seconds, **customs),
            url=f"{self.url}/org/local/api/hos",
            envelope=envelope,
            institution_code=self.known.institution_code,
            customs=Customs(timeout_seconds=timeout_seconds, **customs),  # type: ignore[arg-type]
        )

    def authority(self, **changed: str) -> MobileAuthority:
        known = insurance_keys.authority_settings(
            self.directory / "insurance-authority-keys", institution=self.known.institution_code, url=self.url
        )
        given = {
            "authorize_url": known["HOSPITAL_INSURANCE_MOBILE_AUTHORIZE_URL"],
            "query_url": known["HOSPITAL_INSURANCE_MOBILE_QUERY_URL"],
            "secret": known["HOSPITAL_INSURANCE_MOBILE_PARTNER_SECRET"],
        }
        return MobileAuthority(**{**given, **changed})

    def agree(self, page: str, certno: str, *, family: bool = False) -> str:
        """This person, whom the bureau knows, agrees at the page; where the browser goes then, on our own origin.

        `family`: for a relative (亲情账户).
        """
        (person,) = self.books("SELECT psn_no FROM persons WHERE certno = ?", certno)
        answer = self.post(page, data={"psn_no": person["psn_no"], **({"family": "yes"} if family else {})})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def refuse(self, page: str) -> str:
        answer = self.post(page, data={"refuse": "yes"})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def pay_auth_no(self, certno: str) -> str:
        """What somebody who agreed gave, as the hospital learns it."""
        authority = self.authority()
        back = self.agree(authority.authorize_url(return_url="http://hospital/back?state=1"), certno)
        code = dict(parse_qsl(urlsplit(back).query))["authCode"]
        return authority.authorised(code).pay_auth_no

    def trouble(self, infno: str, kind: str, *, seconds: float = 3, times: int = 1) -> None:
        """The next calls of this transaction go wrong: kinds in sandbox/insurance/troubles.py."""
        order = {"infno": infno, "trouble": kind, "seconds": seconds, "times": times}
        assert self.post("/sandbox/insurance", json=order).status_code == 200

    def calm(self) -> None:
        assert self.post("/sandbox/insurance", json={"calm": True}).status_code == 200

    def enrol(self, certno: str, name: str = "李强") -> None:
        """It is asked about somebody for the first time."""
        assert self.registry().person(Claim(name, DocumentKind.RESIDENT_ID, certno, certno)) is not None

    def provide(self, certno: str, *, used_fen: int = 500_00, fund_fen: int = 0, balance_fen: int = 0) -> None:
        """What this person, who must have been asked about before, has used up this year and has on the account."""
        means = {"deductible_used_fen": used_fen, "fund_used_fen": fund_fen, "balance_fen": balance_fen}
        assert self.post("/sandbox/insurance", json={"certno": certno, **means}).status_code == 200

    def insure(self, people: list[tuple[str, str]], *, balance_fen: int) -> None:
        """Names and document numbers that it knows from now on, this year's deductible behind them."""
        with closing(sqlite3.connect(self.directory / "insurance.sqlite3", timeout=10)) as books, books:
            books.row_factory = sqlite3.Row
            for name, number in people:
                person = find(books, card=number, certno=number, name=name, region=self.known.region)
                assert person is not None
                books.execute(
                    "UPDATE means SET deductible_used_fen = 50000, fund_used_fen = 0, balance_fen = ? WHERE psn_no = ?",
                    (balance_fen, person.psn_no),
                )

    def settlements(self, no: str) -> list[sqlite3.Row]:
        """The bureau's own rows of one of our numbers."""
        return self.books("SELECT * FROM settlements WHERE ipt_otp_no = ? ORDER BY rowid", no)

    def switch(self, *, up: bool) -> None:
        assert self.post("/sandbox/insurance", json={"up": up}).status_code == 200

    def forget(self) -> None:
        """It has never been asked about anybody."""
        with closing(sqlite3.connect(self.directory / "insurance.sqlite3", timeout=10)) as books, books:
            books.execute("DELETE FROM persons")
            books.execute("DELETE FROM cards")
            books.execute("DELETE FROM means")
