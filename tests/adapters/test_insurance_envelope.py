"""The envelope under fuzz: the bureau's door refuses in its own words, and our side believes nothing odd."""

import json
import random
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from hospital_app.adapters.insurance_bureau import Customs, NationalBureau
from hospital_app.adapters.insurance_gateway import Institution, InsuranceGateway
from hospital_app.ports import Rejected, Unreachable
from tests.adapters.test_insurance_bureau import a_visit
from tests.support.bureau import Bureau
from tests.support.processes import running

ODD: tuple[Any, ...] = (
    None,
    "",
    0,
    -1,
    1e308,
    True,
    [],
    {},
    [[]],
    {"data": []},
    "x" * 500,
    "\x00",
    "九",
    {"setlinfo": 7},
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    world = Bureau(tmp_path_factory.mktemp("envelope"))
    with running(world):
        yield world


def test_the_door_answers_whatever_comes(world: Bureau) -> None:
    """Signed by us, so that what is inside is looked at: every field of the envelope, every input, odd."""
    draw = random.Random(5)
    gateway = world.gateway()
    gateway.call("1101", {"data": {**_asked()}})
    numbers = ("1101", "2201", "2202", "2203A", "2204", "2205", "2206A", "2207", "2208", "2601", "3201", "3202", "9101")
    nodes = ("data", "mdtrtinfo", "feedetail", "signIn", "fsUploadIn")
    before = len(world.books("SELECT * FROM visits"))
    for _ in range(150):
        infno = draw.choice(numbers)
        node: Any = draw.choice((draw.choice(ODD), {draw.choice(list(_asked())): draw.choice(ODD)}, [draw.choice(ODD)]))
        with pytest.raises(Rejected):
            gateway.call(infno, {draw.choice(nodes): node})
    envelope = gateway._envelope("1101", {"data": _asked()}, "", gateway.message_id(), "")
    for name in envelope:
        for odd in draw.sample(ODD, 3):
            body = json.dumps({**envelope, name: odd}).encode()
            answer = world.post("/csb", content=body, headers=gateway._headers("1101", "V1.0"))
            assert answer.status_code == 200 and answer.json()["infcode"] == -1, name
    assert len(world.books("SELECT * FROM visits")) == before
    assert world.books("SELECT * FROM settlements") == []


def test_an_odd_answer_is_never_taken_for_a_split() -> None:
    """A bureau that answers anything at all: we say Rejected or Unreachable, nothing else."""
    draw = random.Random(6)
    good: dict[str, Any] = {
        "baseinfo": {"psn_no": "P1", "certno": a_visit().document_number},
        "insuinfo": [{"psn_insu_stas": "1", "insuplc_admdvs": "110100", "insutype": "310", "balc": "1.00"}],
        "data": {"mdtrt_id": "M1"},
        "result": [{"det_item_fee_sumamt": "80.00"}],
        "setlinfo": {"medfee_sumamt": "80", "fund_pay_sumamt": "30", "acct_pay": "20", "psn_cash_pay": "30.00"},
        "signinoutb": {"sign_no": "S"},
    }
    answers: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answers[0])))
            self.end_headers()
            self.wfile.write(answers[0])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    gateway = InsuranceGateway(
        f"http://127.0.0.1:{server.server_address[1]}", "a", "s", Institution("H00000000001", "x", "420300")
    )
    bureau = NationalBureau(gateway, Customs(timeout_seconds=5))
    answers[:] = [json.dumps({"infcode": 0, "output": good}).encode()]
    assert bureau.quote(a_visit()).split.cash_fen == 30_00
    try:
        for _ in range(120):
            output = json.loads(json.dumps(good))
            node = draw.choice([name for name in good if name != "signinoutb"])
            where = draw.choice([output, output[node] if isinstance(output[node], dict) else output[node][0]])
            odd = draw.choice(ODD)
            field = node if where is output else draw.choice([name for name in where if name != "balc"])
            if field in ("psn_no", "mdtrt_id", "insuplc_admdvs", "insutype"):
                del where[field]  # any text is a number of theirs
            else:
                where[field] = odd
            body = draw.choice(({"infcode": 0, "output": output}, {"infcode": odd, "output": good}))
            answers[:] = [json.dumps(body).encode()]
            if body["output"] is good and str(odd) == "0":
                continue
            with pytest.raises((Rejected, Unreachable)):
                bureau.quote(a_visit())
        for raw in (b"", b"[]", b"{", b"\xff\xfe", b"null", b'"0"', b"<html>"):
            answers[:] = [raw]
            with pytest.raises(Unreachable):
                bureau.quote(a_visit())
    finally:
        server.shutdown()
        server.server_close()


def _asked() -> dict[str, str]:
    visit = a_visit()
    return {
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": visit.document_number,
        "psn_cert_type": "01",
        "certno": visit.document_number,
        "psn_name": visit.name,
    }
