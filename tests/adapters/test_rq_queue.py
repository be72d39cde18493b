"""Rows handed to a real RQ."""

import pytest
from redis import Redis, RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from hospital_app.adapters.rq_queue import FUNCTION, MONEY_QUEUE, QUEUE, RqQueue
from hospital_app.domain.effects import OF_MONEY
from tests.support.waiting import free_port
from workers import jobs


def test_each_row_and_attempt_is_queued_once(redis_url: str) -> None:
    jobs = RqQueue(redis_url)
    jobs.enqueue_many([(1, 1, "his.sync"), (2, 1, "refund.execute"), (1, 1, "his.sync")])
    jobs.enqueue_many([(2, 1, "refund.execute"), (1, 2, "his.sync")])
    with Redis.from_url(redis_url) as connection:
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
        money = Queue(MONEY_QUEUE, connection=connection, serializer=JSONSerializer)
        assert (queue.job_ids, money.job_ids) == (["outbox-1-1", "outbox-1-2"], ["outbox-2-1"])
        job = money.fetch_job("outbox-2-1")
        assert job is not None
        assert (job.func_name, job.args, job.description) == (FUNCTION, [2], "refund.execute #2")
        assert job.retries_left is None


def test_there_is_a_handler_for_every_kind_that_waits_for_money() -> None:
    assert set(jobs.KINDS) >= OF_MONEY


def test_without_redis_the_relay_is_told() -> None:
    with pytest.raises(RedisError):
        RqQueue(f"redis://127.0.0.1:{free_port()}/0").enqueue_many([(1, 1, "his.sync")])
    RqQueue(f"redis://127.0.0.1:{free_port()}/0").enqueue_many([])
