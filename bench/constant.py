"""The same web server with one endpoint more: the body of a hold parsed, its session read from Redis, a constant."""

import sys
from typing import Any

from fastapi import APIRouter
from redis.asyncio import Redis

from hospital_app.adapters.redis_sessions import PREFIX
from hospital_app.api import app as api
from hospital_app.api.access import allows
from hospital_app.api.appointments import IdempotencyKey, NewAppointment
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.launch.serve import serve_app
from hospital_app.services.sessions import fingerprint
from hospital_app.settings import get_settings

PATH = "/api/v1/bench/constant"
ANSWER = {
    "no": "GH26112400051298", "status": "pending", "cancel_reason": "", "patient_id": 4711, "patient_name": "王*芳",
    "doctor_id": 12, "doctor_name": "张国立", "doctor_title": "主任医师", "department_code": "03.01",
    "department_name": "呼吸内科", "schedule_id": 471, "service_type": "chief", "session": "morning", "seq": 17,
    "starts_at": "2026-11-25T08:00:00+08:00", "ends_at": "2026-11-25T08:30:00+08:00", "room": "2诊室",
    "area_code": "A1", "location": "门诊楼3层A区", "fee_fen": 5000, "paid_fen": 0, "actions": ["cancel"], "refunds": [],
}  # fmt: skip

router = APIRouter()
_redis = Redis.from_url(get_settings().redis_url)


@router.post(PATH, status_code=201)
@allows(Right.OPERATE)
async def constant(wanted: NewAppointment, key: IdempotencyKey, caller: Caller) -> dict[str, Any]:
    await _redis.get(f"{PREFIX}:{fingerprint(caller.token or '')}")
    return ANSWER


api.ROUTERS = (*api.ROUTERS, router)

from hospital_app.hospital_app import app as app  # noqa: E402  the house is built with its routers

if __name__ == "__main__":
    sys.exit(serve_app("bench.constant:app"))
