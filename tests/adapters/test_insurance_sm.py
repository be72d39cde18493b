"""国密: known answers of the standards, and an envelope that nobody else can make or change."""

import base64
import json
import random
from dataclasses import replace

import gmssl_pyx
import pytest
from cryptography.hazmat.primitives.hashes import SM3, Hash

from hospital_app.adapters.insurance_sm import NationalEnvelope, sm2_sign, sm2_verify, sm4_decrypt, sm4_encrypt
from hospital_app.ports import Forged

#: GB/T 32918.5-2017, annex A.2: recommended curve, user id 1234567812345678, "message digest".
PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
#: GB/T 32905-2016, annex A.1, and GB/T 32907-2016, annex A.1.
SM3_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
SM4_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
SM4_SECRET = "681edf34d206965e86b3e94f536e4246"

THEIR_PUBLIC, THEIR_PRIVATE = gmssl_pyx.sm2_key_generate()
OURS = NationalEnvelope(
    "1HG5VC9EH0CE3F60C80A0000CE3E2B7F", "1HG5VCCT40D0FA64C80A0000EC8D90A1", PRIVATE, PUBLIC, THEIR_PUBLIC
)
THEIRS = replace(OURS, private_key=THEIR_PRIVATE, public_key=THEIR_PUBLIC, their_public_key=PUBLIC)
DATA = {"payOrdId": "ORD1", "feeSumamt": "80.00", "userName": "王秀芳", "list": [], "paid": True, "n": 3}


def test_known_answers() -> None:
    assert sm2_verify(PUBLIC, b"message digest", SIGNATURE)
    digest = Hash(SM3())
    digest.update(b"abc")
    assert digest.finalize().hex() == SM3_ABC
    assert sm4_encrypt(SM4_KEY, SM4_KEY)[:16].hex() == SM4_SECRET
    assert sm4_decrypt(SM4_KEY, sm4_encrypt(SM4_KEY, b"")) == b""


def test_the_text_to_sign() -> None:
    message = {
        "b": 1,
        "a": "x",
        "empty": "",
        "extra": "x",
        "signData": "x",
        "data": {"z": [], "y": True, "x": {"n": 2}},
    }
    secret = OURS.app_secret
    assert OURS.text_to_sign(message).decode() == f'a=x&b=1&data={{"x":{{"n":"2"}},"y":"true"}}&key={secret}'


def test_what_we_seal_they_open() -> None:
    assert THEIRS.open(OURS.seal(DATA)) == DATA and OURS.open(THEIRS.seal(DATA)) == DATA
    sealed = OURS.seal(DATA)
    assert "data" not in sealed and "王" not in json.dumps(sealed, ensure_ascii=False)
    assert len(base64.b64decode(sealed["signData"])) == 64 and sealed["encData"] == sealed["encData"].upper()


def test_a_wrong_key_opens_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    strange_public, strange_private = gmssl_pyx.sm2_key_generate()
    for sender in (
        replace(THEIRS, private_key=strange_private, public_key=strange_public),
        replace(THEIRS, app_secret="1HG5VCCT40D0FA64C80A0000EC8D90A2"),
        replace(THEIRS, app_id="2HG5VC9EH0CE3F60C80A0000CE3E2B7F"),
        replace(THEIRS, app_id="1HG5VC9EH0CE3F60C80A0000CE3E2B70"),
        replace(THEIRS, now=lambda: THEIRS.now() - 301),
        replace(THEIRS, now=lambda: THEIRS.now() + 301),
        OURS,  # our own message, sent back to us
    ):
        with pytest.raises(Forged):
            OURS.open(sender.seal(DATA))
    assert capfd.readouterr().err == ""


def test_a_changed_byte_opens_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    draw = random.Random(3)
    for _ in range(120):
        sealed = THEIRS.seal(DATA)
        name = draw.choice(list(sealed))
        place = draw.randrange(len(sealed[name]))
        other = draw.choice(
            [sign for sign in "0123456789ABCDEFabz+/=&-" if sign.upper() != sealed[name][place].upper()]
        )
        changed = sealed[name][:place] + other + sealed[name][place + 1 :]
        if name == "signData" and _decoded(changed) == base64.b64decode(sealed[name]):
            continue
        with pytest.raises(Forged):
            OURS.open({**sealed, name: changed})
    for missing in ("timestamp", "encData", "signData", "appId", "signType"):
        with pytest.raises(Forged):
            OURS.open({name: value for name, value in THEIRS.seal(DATA).items() if name != missing})
    with pytest.raises(Forged):
        OURS.open({**THEIRS.seal(DATA), "more": "1"})
    assert capfd.readouterr().err == ""


def test_signatures_of_other_lengths_are_none() -> None:
    good = sm2_sign(PRIVATE, PUBLIC, b"m")
    assert sm2_verify(PUBLIC, b"m", good)
    for bad in (b"", good[:-1], good + b"0", bytes(64), good[32:] + good[:32], b"\xff" * 64):
        assert not sm2_verify(PUBLIC, b"m", bad)
    assert not sm2_verify(b"\x01" * 64, b"m", good)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
