"""6302 at our own door: only the platform's is acknowledged, and only where mobile insurance payment is in use."""

import json
from dataclasses import replace

import pytest

from hospital_app import container as containers
from hospital_app.domain.errors import Refusal
from hospital_app.flows import insurance_callbacks
from hospital_app.sandbox.insurance.mobile import platform_envelope
from tests.support.bureau import Bureau
from tests.support.house import House
from tests.support.house_fixtures import house

__all__ = ["house"]

SAID = {
    "callType": "02",
    "medOrgOrd": "S1",
    "payOrdId": "ORD1",
    "feeSumamt": "80.00",
    "ownPayAmt": "37.50",
    "psnAcctPay": "20.00",
    "fundPay": "22.50",
}


def test_only_the_platform_is_acknowledged(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    bureau = Bureau(tmp_path_factory.mktemp("callbacks"))
    platform = platform_envelope(bureau.mobile_keys)
    body = json.dumps(platform.seal(SAID)).encode()
    with pytest.raises(Refusal) as unknown:
        insurance_callbacks.hear(body)
    assert unknown.value.status == 404
    containers.use(replace(house.container, mobile=bureau.mobile()))
    assert insurance_callbacks.hear(body)[0] == 200
    wrong = platform.seal({**SAID, "fundPay": "22.51"})
    stranger = replace(platform, private_key=bytes.fromhex(bureau.mobile_keys.hospital_private))
    for forged in (
        b"",
        b"[]",
        body[:-9] + body[-8:],
        *(json.dumps(each).encode() for each in (wrong, stranger.seal(SAID))),
    ):
        assert insurance_callbacks.hear(forged)[0] == 400
