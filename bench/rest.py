"""The two transactions of a booking over REST, each request by an account of its own.

hold     POST /api/v1/appointments: session, body, hold in one transaction, the appointment read back
capture  POST /callbacks/wechat: RSA signature, AES-GCM, nonce in Redis, then the capture in one transaction
"""

import json

from bench.client import Load, post, send_all
from bench.stage import Bill, Stage, Wish
from hospital_app import clock
from hospital_app.sandbox.wechat.signing import encrypted_resource, platform_of, signed_headers

HOLDS = "/api/v1/appointments"


def holds(
    stage: Stage, wishes: list[Wish], *, port: int | None = None, connections: int = 32, path: str = HOLDS
) -> Load:
    return send_all(port or stage.settings.port, [_hold(wish, path) for wish in wishes], connections=connections)


def captures(stage: Stage, bills: list[Bill]) -> Load:
    return send_all(stage.settings.port, _notices(stage, bills))


def _hold(wish: Wish, path: str) -> bytes:
    body = {
        "schedule_id": wish.schedule_id,
        "starts_at": wish.starts_at.isoformat(),
        "patient_id": wish.person.patient_id,
    }
    headers = {"Authorization": f"Bearer {wish.person.token}", "Idempotency-Key": wish.key}
    return post(path, headers, json.dumps(body))


def _notices(stage: Stage, bills: list[Bill]) -> list[bytes]:
    """Signed as the vendor signs, before the clock starts."""
    platform = platform_of(stage.keys)
    requests = []
    for bill in bills:
        plain = {
            "appid": stage.keys.appid,
            "mchid": stage.keys.mchid,
            "out_trade_no": bill.no,
            "transaction_id": f"4200{bill.no}",
            "trade_state": "SUCCESS",
            "amount": {"total": bill.amount_fen, "currency": "CNY"},
        }
        body = json.dumps(
            {
                "id": bill.no,
                "event_type": "TRANSACTION.SUCCESS",
                "resource_type": "encrypt-resource",
                "resource": encrypted_resource(platform, json.dumps(plain).encode(), "transaction"),
            }
        )
        requests.append(post("/callbacks/wechat", signed_headers(platform, body.encode(), clock.now()), body))
    return requests
