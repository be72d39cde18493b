"""医保移动支付的回调 (6302): verified and acknowledged. What was settled is asked by the settlement's own job."""

import json
import logging

from hospital_app.container import container
from hospital_app.domain.errors import not_found
from hospital_app.ports import Forged

log = logging.getLogger(__name__)


def hear(body: bytes) -> tuple[int, bytes, str]:
    """(status, body, content type) of the answer."""
    mobile = container().mobile
    if mobile is None:
        raise not_found("这个支付通道")
    try:
        notice = mobile.read_callback(body)
    except Forged as forged:
        log.warning("forged callback on insurance: %s", forged)
        return 400, json.dumps({"code": -1, "message": "验签失败"}, ensure_ascii=False).encode(), "application/json"
    log.info("mobile insurance: order of settlement %s is through", notice.number)
    return 200, json.dumps({"code": 0, "message": "成功"}, ensure_ascii=False).encode(), "application/json"
