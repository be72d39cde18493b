"""One clinic's waiting line as it stands: read afresh, with its pace today."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.errors import not_found
from hospital_app.domain.ticket import IN_ROOM, Place, TicketStatus, ahead_of, line
from hospital_app.domain.waiting_time import Estimate, consult_minutes, estimate
from hospital_app.models.booking import Schedule
from hospital_app.models.waiting import Ticket
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Line:
    """候诊队列：every ticket of one schedule."""

    schedule: Schedule
    tickets: tuple[Ticket, ...]

    @property
    def places(self) -> list[Place]:
        return [place_of(ticket) for ticket in self.tickets]

    @property
    def waiting(self) -> list[Ticket]:
        """In the order in which they will be called."""
        by_id = {ticket.id: ticket for ticket in self.tickets}
        return [by_id[place.id] for place in line(self.places)]

    @property
    def current(self) -> Ticket | None:
        """Who is called or in the room."""
        return next((t for t in self.tickets if TicketStatus(t.status) in IN_ROOM), None)

    @property
    def in_room_since(self) -> datetime | None:
        current = self.current
        return None if current is None else current.started_at or current.called_at

    @property
    def minutes_each(self) -> float:
        """Today's pace of this clinic."""
        durations = [
            (t.done_at - since).total_seconds()
            for t in self.tickets
            if t.status == TicketStatus.DONE and t.done_at and (since := t.started_at or t.called_at)
        ]
        return consult_minutes(durations, service_type=self.schedule.service_type)

    def wait_of(self, place: Place, *, now: datetime) -> tuple[int, Estimate]:
        """How many are before this place, and how long that will take."""
        ahead = ahead_of(self.places, place=place)
        return ahead, estimate(
            ahead=ahead,
            minutes_each=self.minutes_each,
            in_room_since=self.in_room_since,
            now=now,
            starts_at=self.schedule.starts_at,
        )


def place_of(ticket: Ticket) -> Place:
    if ticket.id is None:
        raise ValueError("unsaved ticket")
    return Place(ticket.id, TicketStatus(ticket.status), ticket.rank, ticket.order_key)


def read_line(work: Work, *, schedule_id: int) -> Line:
    schedule = work.session.get(Schedule, schedule_id)
    if schedule is None:
        raise not_found("这个诊室")
    return Line(schedule, _tickets(work, schedule_id))


def lock_line(work: Work, *, schedule_id: int) -> Line:
    """The same, with the schedule locked until the end of the transaction: one change of a line at a time."""
    schedule = work.session.scalar(
        select(Schedule)
        .where(col(Schedule.id) == schedule_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if schedule is None:
        raise not_found("这个诊室")
    return Line(schedule, _tickets(work, schedule_id))


def changed(work: Work, *, schedule: Schedule, appointment_no: str) -> None:
    """Tell everybody who looks at this line."""
    work.hint(f"queue:{schedule.id}", f"area:{schedule.area_code}", f"appointment:{appointment_no}", "today")


def _tickets(work: Work, schedule_id: int) -> tuple[Ticket, ...]:
    query = select(Ticket).where(col(Ticket.schedule_id) == schedule_id).order_by(col(Ticket.id))
    return tuple(work.session.scalars(query.execution_options(populate_existing=True)))
