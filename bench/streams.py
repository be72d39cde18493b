"""Connections that stay open, shared by many who each ask now and then."""

import asyncio
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Answer:
    """`milliseconds`: from the sending of the request to its last byte."""

    status: int
    body: bytes
    milliseconds: float


class Streams:
    """At most so many connections; whoever asks waits for one. `milliseconds` does not count that waiting."""

    def __init__(self, port: int, connections: int) -> None:
        self._port = port
        self._idle: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter] | None] = asyncio.LifoQueue()
        for _ in range(connections):
            self._idle.put_nowait(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        while not self._idle.empty():
            if (stream := self._idle.get_nowait()) is not None:
                stream[1].close()

    async def ask(self, method: str, path: str, headers: dict[str, str], body: str | None) -> Answer:
        content = (body or "").encode()
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: 127.0.0.1",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        request = "\r\n".join([*lines, "", ""]).encode() + content
        stream = await self._idle.get()
        try:
            if stream is None or stream[0].at_eof():  # the server closes what was idle for long
                stream = await asyncio.open_connection("127.0.0.1", self._port)
            answer = await _exchange(*stream, request)
        except BaseException:
            if stream is not None:
                stream[1].close()
            self._idle.put_nowait(None)
            raise
        self._idle.put_nowait(stream)
        return answer


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Answer:
    began = time.perf_counter()
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length, chunked = 0, False
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            length = int(value)
        chunked = chunked or (name == b"transfer-encoding" and b"chunked" in value)
    body = await _chunks(reader) if chunked else await reader.readexactly(length)
    return Answer(int(head[9:12]), body, (time.perf_counter() - began) * 1000)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    await reader.readline()
    return b"".join(parts)
