"""How fast a client is, and how much of this process it takes."""

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

__all__ = ["Speed", "measure"]


@dataclass(frozen=True)
class Speed:
    """Of one client in one round."""

    per_second: float
    cpu_milliseconds: float
    """Per request, of this process."""


async def measure(send: Callable[[], Awaitable[object]], requests: int, concurrency: int) -> Speed:
    """Send so many requests, so many of them at once, over connections that stand already."""
    await asyncio.gather(*(send() for _ in range(concurrency)))
    numbers = iter(range(requests))

    async def work() -> None:
        for _ in numbers:
            await send()

    began, cpu = time.perf_counter(), _cpu()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    return Speed(requests / (time.perf_counter() - began), (_cpu() - cpu) * 1000 / requests)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
