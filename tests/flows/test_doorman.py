"""Who calls, looked up together by all who call at the same moment, on a real Redis."""

import asyncio
from collections.abc import Sequence
from threading import Event

import pytest

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import doorman, sandbox, signin, who
from hospital_app.flows.doorman import Call
from hospital_app.flows.together import Together
from tests.support.house import House
from tests.support.people import signed_in
from tests.support.statements import statements


def call(token: str, address: str = "203.0.113.7") -> Call:
    return Call(token, address, "api", "d")


def recognised(calls: Sequence[Call]) -> list[Actor | BaseException | None]:
    async def everybody() -> list[Actor | BaseException | None]:
        return await asyncio.gather(*map(doorman.recognise, calls), return_exceptions=True)

    return asyncio.run(everybody())


@pytest.fixture
def sandboxed(sqlite_house: House) -> House:
    """Where accounts can be made in one call."""
    redis_url = sqlite_house.container.settings.redis_url
    return House(sqlite_house.engine, redis_url, sandbox_wechat_port=1, budget_session_per_minute=20)


def test_a_crowd_is_known_without_the_database_each_as_who_they_are(sandboxed: House) -> None:
    made = sandbox.accounts(count=40)
    who.compare()
    with statements(sandboxed.engine) as seen:
        found = recognised([call(one.token) for one in made])
    assert seen == []
    assert found == [
        signin.actor_of_token(one.token, address="203.0.113.7", terminal="api", device="d") for one in made
    ]
    assert [actor.account_id for actor in found if isinstance(actor, Actor)] == [one.account_id for one in made]


def test_who_is_not_kept_ready_is_left_to_be_looked_up_alone(sandboxed: House) -> None:
    token = signed_in(sandboxed).token
    who.compare()
    signin.actor_of_token(token)
    ended = sandbox.accounts(count=1)[0].token
    signin.sign_out(signin.actor_of_token(ended))
    found = recognised([call("nobody's"), call(token), call(ended)])
    assert found[0] is None and found[2] is None
    assert isinstance(found[1], Actor) and found[1].role is Role.PATIENT
    sandboxed.later(minutes=2)
    who.compare()
    assert recognised([call(token)]) == [None], "its use is to be noted"


def test_each_call_of_a_crowd_is_counted_for_its_own_session(sandboxed: House) -> None:
    busy, calm = sandbox.accounts(count=2)
    who.compare()
    found = recognised([*[call(busy.token)] * 40, call(calm.token)])
    refused = [each for each in found if isinstance(each, Refusal)]
    # A minute may end meanwhile: then some of the others were let in as well.
    assert 0 < len(refused) <= 20
    assert {each.code for each in refused} == {"too_many_requests"} and not isinstance(found[-1], Refusal)


def test_without_redis_everybody_is_looked_up_alone(sqlite_house: House) -> None:
    house = House(sqlite_house.engine, "redis://127.0.0.1:1", sandbox_wechat_port=1)
    assert recognised([call(signed_in(house).token)] * 3) == [None] * 3


def test_who_asks_while_a_question_is_under_way_is_asked_for_in_the_next_one() -> None:
    asked: list[list[int]] = []
    everybody_asked = Event()

    def doubles(questions: Sequence[int]) -> list[int]:
        asked.append(list(questions))
        assert everybody_asked.wait(30)
        return [2 * question for question in questions]

    together = Together(doubles)

    async def crowd() -> list[int]:
        first = asyncio.create_task(together.ask(0))
        while not asked:
            await asyncio.sleep(0)
        others = [asyncio.create_task(together.ask(each)) for each in range(1, 50)]
        await asyncio.sleep(0)
        everybody_asked.set()
        return await asyncio.gather(first, *others)

    assert asyncio.run(crowd()) == [2 * each for each in range(50)]
    assert asked == [[0], list(range(1, 50))]


def test_what_goes_wrong_is_told_to_all_who_asked_and_to_nobody_after_them() -> None:
    together = Together(lambda questions: [10 // question for question in questions])

    async def crowd() -> list[int | BaseException]:
        answers = await asyncio.gather(*map(together.ask, (1, 0, 2)), return_exceptions=True)
        return [*answers, await together.ask(5)]

    *together_, alone = asyncio.run(crowd())
    assert all(isinstance(each, ZeroDivisionError) for each in together_) and alone == 2


def test_who_gives_up_takes_nobodys_answer_away() -> None:
    going_on = Event()
    together = Together(lambda questions: [going_on.wait(30) and question for question in questions])

    async def crowd() -> int:
        gone, stays = asyncio.create_task(together.ask(1)), asyncio.create_task(together.ask(2))
        await asyncio.sleep(0)
        gone.cancel()
        going_on.set()
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await stays

    assert asyncio.run(crowd()) == 2
