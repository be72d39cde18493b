"""运行总览: figures for the admins' dashboard, read without a writer's lock."""

from hospital_app.domain.identity import Actor
from hospital_app.flows.reading import look
from hospital_app.services import backlog as backlogs
from hospital_app.services import statistics, trends
from hospital_app.services.backlog import Backlog
from hospital_app.services.statistics import Dashboard
from hospital_app.services.trends import TrendDay


def dashboard(actor: Actor) -> Dashboard:
    """Today, of the hospital or of a department admin's own department."""
    return look(actor, statistics.dashboard)


def trend(actor: Actor) -> list[TrendDay]:
    """The last 14 days."""
    return look(actor, trends.trend)


def backlog(actor: Actor) -> Backlog:
    """What is owed to the outside world; hospital admins only."""
    return look(actor, backlogs.backlog)
