"""How fast something is, how much of a process it takes, and how many times that of something else, measured in turns."""

import argparse
import asyncio
import gc
import random
import resource
import statistics
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Send", "Speed", "in_turns", "measure", "print_table", "ratios", "rounds_asked_for"]

Send = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Speed:
    """Of one way in one round."""

    per_second: float
    cpu_milliseconds: float
    """Each takes of the process that does it."""


async def measure(send: Send, count: int, concurrency: int) -> Speed:
    """Do something so many times, so many of them at once, over connections that stand already."""
    await asyncio.gather(*(send() for _ in range(concurrency)))
    numbers = iter(range(count))

    async def work() -> None:
        for _ in numbers:
            await send()

    gc.collect()  # what others left behind is not swept up at this one's expense
    began, cpu = time.perf_counter(), _cpu()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    return Speed(count / (time.perf_counter() - began), (_cpu() - cpu) * 1000 / count)


async def in_turns(
    ways: Iterable[str], rounds: int, measured: Callable[[str], Awaitable[Speed]]
) -> dict[str, list[Speed]]:
    """Measure each way once a round, in an order that changes from round to round: a slow moment meets all of them."""
    names = list(ways)
    found: dict[str, list[Speed]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in random.sample(names, len(names)):
            found[name].append(await measured(name))
    return found


def ratios(ours: Sequence[Speed], theirs: Sequence[Speed]) -> tuple[float, float]:
    """How many times as fast ours is, and how many times the CPU theirs takes: the medians of the rounds' ratios."""
    pairs = list(zip(ours, theirs, strict=True))
    return (
        round(statistics.median(one.per_second / other.per_second for one, other in pairs), 2),
        round(statistics.median(other.cpu_milliseconds / one.cpu_milliseconds for one, other in pairs), 2),
    )


def print_table(title: str, speeds: Mapping[str, Sequence[Speed]]) -> None:
    """Print the medians of each way."""
    print(f"{title}:")
    for name, found in speeds.items():
        per_second = statistics.median(speed.per_second for speed in found)
        cpu = statistics.median(speed.cpu_milliseconds for speed in found)
        print(f"  {name:28} {per_second:8.1f} per second {cpu:8.3f} ms CPU", flush=True)


def rounds_asked_for(benchmark: str, usual: int) -> int:
    """How many rounds the command line asks for, the only thing that it can."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.benchmarks.{benchmark}")
    parser.add_argument("--rounds", type=int, default=usual)
    rounds: int = parser.parse_args().rounds
    return rounds


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
