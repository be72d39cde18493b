"""排队入场 over HTTP: a place, the door of the booking pages, the stream of news, and nobody overtakes."""

import asyncio
import json
from dataclasses import replace

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from hospital_app import container as containers
from hospital_app.api.lobby_door import LobbyDoor
from hospital_app.api.lobby_page import inner
from hospital_app.domain.errors import Refusal
from hospital_app.flows import lobby
from tests.support.house import House, patient_actor
from tests.support.terminal import ORIGIN, Terminal, the_api

HTML = {"accept": "text/html,*/*"}


@pytest.fixture
def narrow(house: House) -> House:
    """One comes in at once, then one in a second."""
    rules = replace(house.container.settings.rules, lobby_per_second=1, lobby_burst_seconds=1)
    containers.use(replace(house.container, settings=house.container.settings.model_copy(update={"rules": rules})))
    lobby._latest.looked_at = 0.0  # what this process knew of another test's line
    return house


def crowded(count: int = 5) -> list[str]:
    """So many take a place; whose turn has not come is asked for again by its place."""
    return [Terminal().post("/api/v1/lobby").json()["place"] for _ in range(count)]


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("the page")(scope, receive, send)


def visit(path: str, *, cookies: httpx.Cookies | None = None, **headers: str) -> httpx.Response:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(LobbyDoor(_page)), base_url=ORIGIN, cookies=cookies
        ) as client:
            return await client.get(path, headers={**HTML, **headers})

    return asyncio.run(send())


def test_usually_nobody_waits(house: House) -> None:
    standing = Terminal().post("/api/v1/lobby").json()
    assert standing["inside"] and standing["ahead"] == 0
    assert visit("/doctor/1").text == "the page"


def test_a_place_is_kept_by_header_and_by_cookie(narrow: House) -> None:
    *_, place = crowded()
    behind = Terminal().post("/api/v1/lobby").json()
    assert not behind["inside"]
    again = Terminal(X_Guahao_Place=place).post("/api/v1/lobby").json()
    assert again["place"] == place and again["ahead"] < behind["ahead"]
    browser = Terminal()
    first = browser.post("/api/v1/lobby").json()
    assert browser.post("/api/v1/lobby").json()["ahead"] <= first["ahead"]
    assert browser.cookies.get("guahao_place") == first["place"]


def test_a_place_that_nobody_gave_is_no_place(narrow: House) -> None:
    assert Terminal(X_Guahao_Place="x; Domain=evil").post("/api/v1/lobby").status_code == 422
    cookies = httpx.Cookies({"guahao_place": "short"})
    crowded()
    answer = visit("/", cookies=cookies)
    assert answer.status_code == 303 and "guahao_place=short" not in answer.headers["set-cookie"]


def test_the_door_shows_to_the_lobby_and_back(narrow: House) -> None:
    crowded()
    answer = visit("/doctor/7?from=home")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/lobby?next=%2Fdoctor%2F7%3Ffrom%3Dhome"
    assert answer.headers["cache-control"] == "no-store"
    page = Terminal().get("/lobby?next=%2Fdoctor%2F7%3Ffrom%3Dhome")
    assert 'data-next="/doctor/7?from=home"' in page.text


@pytest.mark.parametrize(
    "path", ["/slip/GH1", "/appointments", "/queue", "/signin", "/desk", "/screen", "/me", "/doctor/referrals"]
)
def test_other_pages_have_no_door(narrow: House, path: str) -> None:
    crowded()
    assert visit(path).text == "the page"


def test_only_pages_are_guarded_not_what_they_load(narrow: House) -> None:
    crowded()
    assert visit("/", accept="application/json").text == "the page"


def test_with_no_pace_there_is_no_lobby(narrow: House) -> None:
    rules = replace(containers.container().settings.rules, lobby_per_second=0)
    settings = containers.container().settings.model_copy(update={"rules": rules})
    containers.use(replace(containers.container(), settings=settings))
    crowded()
    assert visit("/").text == "the page"
    assert Terminal().post("/api/v1/lobby").json()["inside"]


@pytest.mark.parametrize(
    ("given", "page"),
    [
        ("/doctor/5?a=1", "/doctor/5?a=1"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/lobby?next=/lobby", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\nb", "/"),
    ],
)
def test_the_lobby_leads_to_our_own_pages_only(given: str, page: str) -> None:
    assert inner(given) == page


def test_markup_in_the_address_stays_text(house: House) -> None:
    page = Terminal().get("/lobby", params={"next": '/"><script>alert(1)</script>'})
    assert "<script>alert" not in page.text


def test_nobody_overtakes_the_line_by_the_api(narrow: House) -> None:
    lobby.check(patient_actor(1), place="")  # nobody waits: whoever comes may book
    *_, last = crowded()
    lobby._latest.looked_at = 0.0
    with pytest.raises(Refusal) as refused:
        lobby.check(patient_actor(2), place="")
    assert refused.value.code == "wait_in_line" and refused.value.status == 429
    ahead = refused.value.extra["ahead"]
    assert isinstance(ahead, int) and ahead >= 3
    with pytest.raises(Refusal):
        lobby.check(patient_actor(3), place=last)


def test_who_was_let_in_books_although_others_wait(narrow: House) -> None:
    first, *_ = crowded()
    lobby._latest.looked_at = 0.0
    lobby.check(patient_actor(4), place=first)
    with pytest.raises(Refusal):
        lobby.check(patient_actor(5), place=first)  # one place, one account


def test_the_news_end_with_coming_in(narrow: House) -> None:
    crowded(3)
    told = asyncio.run(asyncio.wait_for(_listen(), 60))
    assert [each["inside"] for each in told] == [False] * (len(told) - 1) + [True]
    ahead = [each["ahead"] for each in told]
    assert ahead == sorted(ahead, reverse=True) and ahead[0] > 0
    assert all(each["seconds"] >= 1 for each in told[:-1])


async def _listen() -> list[dict[str, object]]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(the_api()), base_url=ORIGIN) as client:
        answer = await client.get("/api/v1/lobby/events", timeout=60)
        assert answer.headers["content-type"].startswith("text/event-stream")
        return [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line]
