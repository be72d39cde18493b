"""The outside world for tests: each sandbox a process of its own, and the product's own door for callbacks."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from granian.constants import Interfaces
from granian.server.embed import Server

from hospital_app import clock
from hospital_app.api.app import make_api
from hospital_app.sandbox import keys
from hospital_app.sandbox.alipay import keys as alipay_keys
from hospital_app.sandbox.identity import keys as identity_keys
from hospital_app.sandbox.wechat.signing import encrypted_resource, platform_of, signed_headers
from tests.support.processes import Process, running
from tests.support.waiting import free_port, listening, wait_until

QUICK = {"HOSPITAL_SANDBOX_RETRY_SCALE": "0.01", "HOSPITAL_SANDBOX_REFUND_SECONDS": "0.1"}


def plain_client(url: str) -> httpx.Client:
    """Without TLS, whose certificates take longer to load than any answer; a connection for each request."""
    transport = httpx.HTTPTransport(verify=False, limits=httpx.Limits(max_keepalive_connections=0))
    return httpx.Client(base_url=url, transport=transport, trust_env=False, timeout=10)


class Sandbox(Process):
    """One sandbox with its own books; started again, it goes on with them."""

    def __init__(self, name: str, directory: Path, *, program: str = "hospital_app.sandbox", **more: str) -> None:
        """`more`: of its settings, by their HOSPITAL_* names. `program`: another module that starts it."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.directory = directory
        self.keys = keys.generate(directory / "keys")
        self.http = plain_client(self.url)
        arguments = ["-m", program, name, "--port", str(self.port), "--directory", str(directory)]
        super().__init__(name, arguments, directory=directory, environment={**QUICK, **more}, ready=self._answers)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.http.post(path, **options)

    def books(self, query: str, *values: object) -> list[sqlite3.Row]:
        """What it has written down, read past it: the truth of the other side."""
        file = f"file:{self.directory / self.name}.sqlite3?mode=ro"
        with closing(sqlite3.connect(file, uri=True, timeout=10)) as books:
            books.row_factory = sqlite3.Row
            return books.execute(query, values).fetchall()

    def tamper(self, statement: str, *values: object) -> None:
        """Write into its books past it. At least one row must be there to be changed."""
        with closing(sqlite3.connect(self.directory / f"{self.name}.sqlite3", timeout=10)) as books, books:
            assert books.execute(statement, values).rowcount > 0, statement

    def _answers(self) -> bool:
        with suppress(httpx.TransportError):
            return self.get("/healthz").is_success
        return False


class IdentitySandbox(Sandbox):
    """WeChat's and Alipay's sign-in, and the people who come to it."""

    def __init__(self, directory: Path, *, wechat_appid: str = "") -> None:
        self.applications = identity_keys.generate(directory / "identity-keys", wechat_appid=wechat_appid)
        super().__init__("identity", directory)

    def settings(self) -> dict[str, str]:
        """What makes a house offer both ways in."""
        known = identity_keys.product_settings(self.directory / "identity-keys") | identity_keys.addresses(self.url)
        return {name.removeprefix("HOSPITAL_").lower(): value for name, value in known.items()}

    def agree(self, authorize_url: str, person: str) -> dict[str, str]:
        """What the browser brings back when this person has agreed: the parameters of the return address."""
        return self._sent_back(authorize_url, {"person": person})

    def refuse(self, authorize_url: str) -> dict[str, str]:
        return self._sent_back(authorize_url, {"refuse": "yes"})

    def expire_codes(self) -> None:
        """All that are out: as if a day had passed."""
        with closing(sqlite3.connect(self.directory / "identity.sqlite3", timeout=10)) as books, books:
            books.execute("UPDATE grants SET expires_at = 0")

    def _sent_back(self, authorize_url: str, choice: dict[str, str]) -> dict[str, str]:
        answer = self.post(authorize_url.partition("#")[0], data=choice)
        assert answer.status_code == 303, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


class HisSandbox(Sandbox):
    """Hears HL7 v2 too."""

    def __init__(self, directory: Path) -> None:
        self.mllp_port = free_port()
        super().__init__("his", directory, HOSPITAL_SANDBOX_HIS_MLLP_PORT=str(self.mllp_port))

    def settings(self, protocol: str) -> dict[str, Any]:
        return {"his_protocol": protocol, "his_mllp_host": "127.0.0.1", "his_mllp_port": self.mllp_port}


class AlipaySandbox(Sandbox):
    """Alipay, and payers who come to its cashier."""

    def __init__(self, directory: Path, **more: str) -> None:
        self.merchant = alipay_keys.generate(directory / "alipay-keys")
        super().__init__("alipay", directory, **more)

    def settings(self, *, door: str) -> dict[str, str]:
        """What makes a house offer Alipay, and be found by it at `door`."""
        known = alipay_keys.product_settings(self.directory / "alipay-keys") | alipay_keys.addresses(self.url)
        return {name.removeprefix("HOSPITAL_").lower(): value for name, value in known.items()} | {
            "alipay_notify_url": f"{door}/callbacks/alipay"
        }

    def come(self, cashier_url: str) -> None:
        """The payer's browser brings the signed order."""
        answer = self.get(cashier_url)
        assert answer.status_code == 303, answer.text

    def choose(self, payment_no: str, outcome: str, **options: Any) -> int:
        """What the payer does at the cashier; the HTTP status."""
        return self.post(f"/sandbox/cashier/{payment_no}", json={"outcome": outcome, **options}).status_code

    def pay(self, cashier_url: str, payment_no: str, outcome: str = "success") -> None:
        self.come(cashier_url)
        assert self.choose(payment_no, outcome) == 202

    def trade(self, payment_no: str) -> sqlite3.Row:
        (row,) = self.books("SELECT * FROM trades WHERE out_trade_no = ?", payment_no)
        return row

    def refunds(self, payment_no: str) -> list[sqlite3.Row]:
        return self.books("SELECT * FROM refunds WHERE out_trade_no = ? ORDER BY rowid", payment_no)

    def notices(self, payment_no: str) -> list[sqlite3.Row]:
        return self.books("SELECT * FROM notices WHERE number = ? ORDER BY id", payment_no)

    def delivered(self, payment_no: str, count: int = 1) -> None:
        """Wait until so many notifications of a payment were acknowledged."""
        wait_until(
            lambda: sum(row["state"] == "delivered" for row in self.notices(payment_no)) >= count,
            what=f"{count} notifications of {payment_no} being acknowledged",
        )


class Door:
    """The product's API on loopback, in a thread: it answers from whichever container is in use at the moment."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._http = plain_client(self.url)
        self._loop = asyncio.new_event_loop()
        self._server = Server(
            make_api(),
            address="127.0.0.1",
            port=self.port,
            interface=Interfaces.ASGI,
            websockets=False,
            log_enabled=False,
        )
        self._thread = Thread(target=self._serve, name="door", daemon=True)

    def open(self) -> None:
        self._thread.start()
        wait_until(lambda: listening(self.port), what="the API listening")

    def knock(self, headers: Mapping[str, str], body: bytes, *, channel: str = "wechat") -> int:
        """Bring a callback; the HTTP status of the answer."""
        return self._http.post(f"/callbacks/{channel}", content=body, headers=dict(headers)).status_code

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(20)

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._server.serve())


@dataclass(frozen=True)
class Outside:
    """WeChat, HIS and SMS with one set of keys."""

    directory: Path
    wechat: Sandbox
    his: Sandbox
    sms: Sandbox

    def settings(self, *, door: str) -> dict[str, str]:
        """What makes a house trust these sandboxes, and be found by them at `door`."""
        known = keys.product_settings(self.directory / "keys")
        return {name.removeprefix("HOSPITAL_").lower(): value for name, value in known.items()} | {
            "wechat_gateway_url": self.wechat.url,
            "wechat_notify_url": f"{door}/callbacks/wechat",
            "his_url": f"{self.his.url}/fhir/R4",
            "his_token": self.his.keys.his_token,
            "sms_url": self.sms.url,
        }

    def choose(self, payment_no: str, outcome: str, **options: Any) -> int:
        """What the payer does at the cashier; the HTTP status."""
        path = f"/sandbox/cashier/{payment_no}"
        return self.wechat.post(path, json={"outcome": outcome, **options}).status_code

    def trade(self, payment_no: str) -> sqlite3.Row:
        """The channel's own row of a payment; `state` is as written (an unpaid order ends by its time)."""
        (row,) = self.wechat.books("SELECT * FROM orders WHERE out_trade_no = ?", payment_no)
        return row

    def refunds(self, payment_no: str) -> list[sqlite3.Row]:
        return self.wechat.books("SELECT * FROM refunds WHERE out_trade_no = ? ORDER BY rowid", payment_no)

    def notices(self, payment_no: str) -> list[sqlite3.Row]:
        return self.wechat.books("SELECT * FROM notices WHERE number = ? ORDER BY id", payment_no)

    def notice(
        self, payment_no: str, *, amount_fen: int, state: str = "SUCCESS", **changed: Any
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of a notification as the vendor itself would sign it, with some of its content changed."""
        known = self.wechat.keys
        platform = platform_of(known)
        content = {
            "appid": known.appid,
            "mchid": known.mchid,
            "out_trade_no": payment_no,
            "transaction_id": f"4200{payment_no}",
            "trade_state": state,
            "amount": {"total": amount_fen, "currency": "CNY"},
            **changed,
        }
        body = json.dumps(
            {
                "id": f"event-{payment_no}",
                "event_type": f"TRANSACTION.{state}",
                "resource_type": "encrypt-resource",
                "resource": encrypted_resource(platform, json.dumps(content).encode(), "transaction"),
            }
        ).encode()
        return signed_headers(platform, body, clock.now()), body

    def delivered(self, payment_no: str, count: int = 1) -> None:
        """Wait until so many notifications of a payment were acknowledged."""
        wait_until(
            lambda: sum(row["state"] == "delivered" for row in self.notices(payment_no)) >= count,
            what=f"{count} notifications of {payment_no} being acknowledged",
        )


@contextmanager
def outside(directory: Path) -> Iterator[Outside]:
    """All three, running."""
    world = Outside(directory, *(Sandbox(name, directory) for name in ("wechat", "his", "sms")))
    with running(world.wechat, world.his, world.sms):
        yield world
