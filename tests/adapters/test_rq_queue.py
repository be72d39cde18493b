"""Rows handed to a real RQ."""

import pytest
from redis import Redis, RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from hospital_app.adapters.rq_queue import FUNCTION, QUEUE, RqQueue
from tests.support.waiting import free_port


def test_each_row_and_attempt_is_queued_once(redis_url: str) -> None:
    jobs = RqQueue(redis_url)
    jobs.enqueue_many([(1, 1, "his.sync"), (2, 1, "refund.execute"), (1, 1, "his.sync")])
    jobs.enqueue_many([(2, 1, "refund.execute"), (1, 2, "his.sync")])
    with Redis.from_url(redis_url) as connection:
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
        assert queue.job_ids == ["outbox-1-1", "outbox-2-1", "outbox-1-2"]
        job = queue.fetch_job("outbox-2-1")
        assert job is not None
        assert (job.func_name, job.args, job.description) == (FUNCTION, [2], "refund.execute #2")
        assert job.retries_left is None


def test_without_redis_the_relay_is_told() -> None:
    with pytest.raises(RedisError):
        RqQueue(f"redis://127.0.0.1:{free_port()}/0").enqueue_many([(1, 1, "his.sync")])
    RqQueue(f"redis://127.0.0.1:{free_port()}/0").enqueue_many([])
