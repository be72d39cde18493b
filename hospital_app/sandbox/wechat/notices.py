"""How WeChat Pay notifies: its rhythm, and what a notification looks like."""

import json

import httpx

from hospital_app import clock
from hospital_app.sandbox.courier import Notice
from hospital_app.sandbox.wechat.ledger import rfc3339
from hospital_app.sandbox.wechat.signing import Platform, encrypted_resource, signed_headers

#: Seconds until the next try after each failed one; 24 h 4 min in all (vendor's documentation).
RHYTHM_SECONDS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
SUMMARY = {"transaction": ("TRANSACTION.SUCCESS", "支付成功"), "refund": ("REFUND.SUCCESS", "退款成功")}


def message(platform: Platform, notice: Notice, said: dict[str, object]) -> tuple[bytes, dict[str, str]]:
    """Encrypted and signed, as of now. `said`: the resource."""
    event_type, summary = SUMMARY[notice.kind]
    plain = json.dumps(said, ensure_ascii=False).encode()
    body = json.dumps(
        {
            "id": notice.event_id,
            "create_time": rfc3339(notice.due_at),
            "event_type": event_type,
            "resource_type": "encrypt-resource",
            "summary": summary,
            "resource": encrypted_resource(platform, plain, notice.kind),
        },
        ensure_ascii=False,
    ).encode()
    return body, {"Content-Type": "application/json", **signed_headers(platform, body, clock.now())}


def accepted(answer: httpx.Response) -> bool:
    return answer.status_code in (200, 204)
