"""A small HTTP client for requests that are each sent once: prepared bytes over connections that stay open."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True)
class Load:
    """Requests a second that were answered well, and their latency in milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float


def post(path: str, headers: dict[str, str], body: str) -> bytes:
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    head += [f"{name}: {value}" for name, value in headers.items()]
    content = body.encode()
    return "\r\n".join([*head, f"Content-Length: {len(content)}", "", ""]).encode() + content


def send_all(port: int, requests: list[bytes], *, connections: int = 32) -> Load:
    """All of them as fast as the server answers; RuntimeError if it refuses one."""
    return asyncio.run(_send_all(port, requests, connections))


async def _send_all(port: int, requests: list[bytes], connections: int) -> Load:
    left = iter(requests)
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    began = time.perf_counter()
    spans = await asyncio.gather(*(_work(reader, writer, left) for reader, writer in streams))
    took = time.perf_counter() - began
    for _, writer in streams:
        writer.close()
        await writer.wait_closed()
    cuts = quantiles([span * 1000 for mine in spans for span in mine], n=100)
    return Load(len(requests) / took, cuts[49], cuts[98])


async def _work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: Iterator[bytes]) -> list[float]:
    spans = []
    for request in left:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(_content_length(head))
        if not head.startswith(b"HTTP/1.1 2"):
            raise RuntimeError((head + body).decode())
        spans.append(time.perf_counter() - began)
    return spans


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise RuntimeError(f"no length: {head!r}")
