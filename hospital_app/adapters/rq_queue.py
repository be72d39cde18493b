"""Carries outbox rows to RQ workers. RQ only carries: what it loses, the relay's next round finds in the outbox."""

from redis import Redis
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from hospital_app.domain.effects import OF_MONEY

QUEUE = "outbox"
MONEY_QUEUE = "outbox-money"
FUNCTION = "workers.jobs.run"
#: Longer than all calls of a settlement wait together: what a job waits for has time-outs of its own.
JOB_TIMEOUT_SECONDS = 1800
#: How long a finished job's id refuses its duplicates. A failed one needs no more: the next attempt has its own id.
RESULT_TTL_SECONDS = 60
FAILURE_TTL_SECONDS = 3600


class RqQueue:
    """JobQueue over RQ."""

    def __init__(self, url: str) -> None:
        connection = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1)
        self._usual, self._money = (
            Queue(name, connection=connection, serializer=JSONSerializer, default_timeout=JOB_TIMEOUT_SECONDS)
            for name in (QUEUE, MONEY_QUEUE)
        )

    def enqueue_many(self, rows: list[tuple[int, int, str]]) -> None:
        """Raises redis.RedisError; what was enqueued until then stays and refuses its repetition.

        One round trip each, not RQ's own enqueue_many: that one would overwrite and repeat a job
        whose id is already queued or running.
        """
        for outbox_id, attempt, kind in rows:
            try:
                queue = self._money if kind in OF_MONEY else self._usual
                queue.enqueue_call(
                    FUNCTION,
                    args=(outbox_id,),
                    job_id=f"outbox-{outbox_id}-{attempt}",
                    description=f"{kind} #{outbox_id}",
                    result_ttl=RESULT_TTL_SECONDS,
                    failure_ttl=FAILURE_TTL_SECONDS,
                    unique=True,
                )
            except DuplicateJobError:
                continue
