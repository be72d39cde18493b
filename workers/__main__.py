"""python -m workers work|quick|relay|schedule: the processes that retry.

work      one RQ worker, for all there is to do, money first; run one or several
quick     another one, which never waits for a bank: codes and slips come whoever hangs; run one beside them
relay     hands due outbox rows to RQ
schedule  what comes round by itself
"""

import logging
import signal
import sys
from threading import Event

from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from hospital_app.adapters.rq_queue import MONEY_QUEUE, QUEUE
from hospital_app.discretion import keep_secrets_out_of_logs
from hospital_app.settings import Settings, start_safely
from workers import jobs, relay, schedule

# RQ's defaults notice a killed worker after 810 s only.
WORKER_TTL_SECONDS = 30
MAINTENANCE_SECONDS = 10
MONITORING_SECONDS = 5


#: The queues that each listens to, the first one before the others.
WORKERS = {"work": [MONEY_QUEUE, QUEUE], "quick": [QUEUE]}


def work(settings: Settings, queues: list[str]) -> None:
    """One worker in this very process: jobs are short, and forking for each would cost eight times as much."""
    worker = SimpleWorker(
        queues,
        connection=Redis.from_url(settings.redis_url),
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        job_monitoring_interval=MONITORING_SECONDS,
    )
    logging.getLogger(__name__).info("worker %s knows %d kinds of jobs", worker.name, len(jobs.KINDS))
    worker.work(logging_level="WARNING")


def main(arguments: list[str]) -> int:
    loops = {"relay": relay.run, "schedule": schedule.run}
    keep_secrets_out_of_logs()
    settings = start_safely()
    if len(arguments) == 1 and arguments[0] in WORKERS:
        work(settings, WORKERS[arguments[0]])
    elif len(arguments) == 1 and arguments[0] in loops:
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        loops[arguments[0]](stop)
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
