"""Random events: names real and invented, arguments of every kind, frames that are none. All decided by one number."""

import inspect
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: What a random frame is; the weight of each kind.
KINDS = {"event": 70, "odd event": 8, "other": 6, "misplaced": 6, "frame": 10}
WORDS = [
    "",
    "a",
    "王秀芳",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "=1+1",
    "\x00",
    "‮gnp.exe",
    "𠮷" * 30,
    "x" * 3_000,
]
WORDS += [
    "../../etc/passwd",
    "{0.__class__}",
    "%s%n",
    "${7*7}",
    "null",
    "undefined",
    "NaN",
    "-0",
    "1e309",
    "\\",
    "\r\n",
]
NUMBERS = [0, 1, -1, 2**31, 2**53, 2**70, -(2**63), 1.5, -0.0, 1e308]
FRAMES: list[str | bytes] = [
    "",
    "4",
    "42",
    "42/_event,",
    "42/_event,[",
    "42/_event,{}",
    "42/_event,[]",
    "42/_event,[1]",
    '42/_event,["event"]',
    '42/_event,["event",{},{},{}]',
    '42["event",{}]',
    '42/nowhere,["event",{}]',
    "42/_event,99999999999999999999[",
    '42/_event,7["event",null]',
    "40/_event,{",
    "40/nowhere,",
    "43/_event,1[]",
    "44/_event,",
    "45",
    '451-/_event,["event",{"_placeholder":true,"num":0}]',
    '459-/_event,["event",{"_placeholder":true,"num":5}]',
    "46/_event,1[]",
    "49",
    "9",
    "x",
    "2probe",
    "3",
    "5",
    "6",
    '42/_event,["event",' + "[" * 5_000,
    '42/_event,["event",' + '{"a":' * 900 + "1" + "}" * 900 + "]",
    "\x00\x01\x02",
    b"",
    b"\x00\xff\xfe",
    b"4" * 300,
]
#: A client may not play the server: these are socket.io's own names.
MISPLACED: list[list[Any]] = [
    ["connect"],
    ["connect", {}],
    ["connect", {"QUERY_STRING": "token=stolen", "asgi.scope": {"client": ["203.0.113.66", 1], "headers": []}}],
    ["connect", {"QUERY_STRING": "token=stolen"}, {"event": {"name": "x"}}],
    ["disconnect"],
    ["disconnect", "transport close"],
    ["disconnect", 1, 2, 3],
    ["trigger_event", 1],
    ["event", "disconnect"],
    ["client_error"],
    ["client_error", {"error_type": "x", "message": "y" * 500}],
    ["client_error", 1, 2],
    ["ping", 1, 2],
    ["_event", {}],
    ["__init__"],
    [None],
    [1, 2],
    [{}],
    [["event"], {}],
]


@dataclass
class Hail:
    """The same number, the same hail. `handlers`: those that may be called by their names; `ids`: what ids to use."""

    number: int
    handlers: Mapping[str, Callable[..., Any]]
    ids: list[int]
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.number)  # not a secret, but a choice that can be repeated

    def next(self) -> tuple[str, Any]:
        """(`frame`, what to send as it is) or (`emit`, the event's name and arguments)."""
        kind = self.chance.choices(list(KINDS), list(KINDS.values()))[0]
        if kind == "frame":
            return "frame", self.chance.choice(FRAMES) if self.chance.random() < 0.8 else self._noise()
        if kind == "misplaced":
            return "emit", self.chance.choice(MISPLACED)
        if kind == "other":
            return "emit", [self._name(), *(self._value(3) for _ in range(self.chance.randint(0, 3)))]
        if kind == "odd event":
            event = self._event()
            for part in self.chance.sample(["name", "payload", "router_data"], self.chance.randint(1, 3)):
                event[part] = self._value(4)
            return "emit", ["event", self.chance.choice([event, json.dumps(event), [event], self._value(4)])]
        return "emit", ["event", self._event()]

    def _event(self) -> dict[str, Any]:
        name = self.chance.choice(list(self.handlers))
        parameters = [p for p in inspect.signature(self.handlers[name]).parameters if p != "self"]
        payload = {parameter: self._value(self.chance.choice([1, 2, 3, 30])) for parameter in parameters}
        if self.chance.random() < 0.2:
            payload[self._name()] = self._value(2)
        if self.chance.random() < 0.25:
            name = self._misspelt(name)
        return {"name": name, "payload": payload, "router_data": self._router()}

    def _router(self) -> dict[str, Any]:
        paths = ["/", "/me", "/desk", "/appointment/GH1", "/doctor/1", "//[", "/%ff", "?", "/x" * 500, "http://[::1"]
        query = {self._word(): self._value(1) for _ in range(self.chance.randint(0, 2))}
        router: dict[str, Any] = {
            "pathname": self.chance.choice(paths),
            "asPath": self.chance.choice(paths),
            "query": query,
        }
        if self.chance.random() < 0.15:
            router[self.chance.choice(["pathname", "asPath", "query", "headers", "ip", "token", "sid"])] = self._value(
                2
            )
        return router

    def _misspelt(self, name: str) -> str:
        state, _, handler = name.rpartition(".")
        return self.chance.choice(
            [
                f"{state}.setvar",
                f"{state}.{self._name()}",
                f"{state}.__init__",
                f"{state}._get_state",
                f"{state}.reset",
                f"{state}.set_{handler}",
                name.upper(),
                f"{name} ",
                f"{name}.{handler}",
                handler,
                state,
                "_redirect",
                "",
            ]
        )

    def _name(self) -> str:
        return self.chance.choice(["event", "load", "setvar", "toString", "constructor", "__class__", self._word()])

    def _word(self) -> str:
        return self.chance.choice(WORDS)

    def _noise(self) -> str | bytes:
        size = self.chance.randint(1, 200)
        if self.chance.random() < 0.5:
            return self.chance.randbytes(size)
        return "42/_event," + "".join(chr(self.chance.randint(32, 0x2FFF)) for _ in range(size))

    def _value(self, depth: int) -> Any:
        """A value nested up to `depth`."""
        if depth > 5:  # a thin deep one
            inner: Any = self._value(1)
            for _ in range(depth):
                inner = [inner] if self.chance.random() < 0.5 else {self._word(): inner}
            return inner
        kind = self.chance.randint(0, 8 if depth else 6)
        if kind == 7:
            return [self._value(depth - 1) for _ in range(self.chance.randint(0, 3))]
        if kind == 8:
            return {self._word(): self._value(depth - 1) for _ in range(self.chance.randint(0, 3))}
        number = self.chance.choice([*self.ids, *NUMBERS])
        return self.chance.choice([None, True, False, number, number, str(number), self._word()])
