"""What clients do who are asked for a proof of work: they compute. Each honest phone is a computer of its own; all bots
share the cores of their owner, and what they wait for there sells meanwhile."""

import asyncio
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import altcha

from bench.streams import Streams

Kinds = dict[str, list[float]]


@dataclass
class Computers:
    """`spent`: the seconds that each proof took its core, by kind of client."""

    bot_cores: int
    spent: Kinds = field(default_factory=lambda: {"honest": [], "bot": []})
    _pools: dict[str, ThreadPoolExecutor] = field(init=False)

    def __post_init__(self) -> None:
        self._pools = {"honest": ThreadPoolExecutor(os.cpu_count()), "bot": ThreadPoolExecutor(self.bot_cores)}

    async def prove(self, streams: Streams, headers: dict[str, str], kind: str) -> str | None:
        """The header's value; None if no challenge was given."""
        answer = await streams.ask("POST", "/api/v1/proofs", headers, "")
        if answer.status != 201:
            return None
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pools[kind], self._solve, json.loads(answer.body), kind)

    def _solve(self, asked: dict[str, Any], kind: str) -> str | None:
        began = time.thread_time()
        challenge = altcha.Challenge.from_dict(asked)
        solution = altcha.solve_challenge(challenge)
        self.spent[kind].append(time.thread_time() - began)
        return altcha.Payload(challenge, solution).to_base64() if solution else None

    def told(self, kind: str) -> str:
        spent = self.spent[kind]
        return f"{len(spent)}, {sum(spent):.1f} core seconds"

    def close(self) -> None:
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)
