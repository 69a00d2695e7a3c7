"""40 races of five calls each, while their worker is killed ten times.

    uv run python -m tests.benchmarks.forks

Of each race one branch is answered, and the others are not until they are cancelled. The worker is killed in the midst of
the calls. The last line is JSON: how many races had another winner than the one that was answered, how often what is done
behind a race was done twice, how many branches had more than one Idempotency-Key, and how long after the answer the
connections of those that lost were closed. The exit code is 1 if a race is wrong, or a connection stayed for longer than two
seconds while its worker lived.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from httptask.testing import Reply, ScriptedServer, ServedRequest

from .scale import HEAD, PATIENCE, worker_of

RACES = 40
BRANCHES = 5
KILLS = 10
CALLS = RACES * (BRANCHES + 1)
MOST_SECONDS = 2.0
SECONDS_OF_A_CALL = 0.5
SECONDS_BETWEEN = 0.3
SEED = 20261129

BRANCH = """
          - branch%(b)d:
              call: httpRequest
              with: { method: post, connection: shop, path: "/race/${ .race }/%(b)d", body: %(b)d }
"""
DEFINITION = f"""
do:
  - race:
      fork:
        compete: true
        branches: {"".join(BRANCH % {"b": branch} for branch in range(BRANCHES))}
  - keep: {{ set: {{ winner: "${{ . }}", race: "${{ $workflow.input.race }}" }} }}
  - effect: {{ call: httpRequest, with: {{ method: post, connection: shop, path: /effect, body: "${{ . }}" }} }}
output: {{ as: "${{ $tasks.keep.winner }}" }}
"""


@dataclass
class Races:
    """Answers one branch of each race, and asks for the worker to be killed at some calls.

    Attributes:
        winners: of each race.
        answered: when its winner was answered last.
        losers: race, by the connection on which a branch of it waits.
        keys_of: the Idempotency-Keys of each branch.
        effects: of those behind the races, by key: how often they were asked for.
        killed: when the worker was.
    """

    winners: list[int]
    received: int = 0
    kill: asyncio.Event = field(default_factory=asyncio.Event)
    answered: dict[int, float] = field(default_factory=dict[int, float])
    losers: dict[int, int] = field(default_factory=dict[int, int])
    keys_of: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    effects: dict[str, int] = field(default_factory=dict[str, int])
    killed: list[float] = field(default_factory=list[float])

    async def __call__(self, request: ServedRequest) -> Reply:
        self.received += 1
        key, now = request.headers["idempotency-key"], asyncio.get_running_loop().time
        due = CALLS * (len(self.killed) + 1) // (KILLS + 1)
        if len(self.killed) < KILLS and self.received >= due and not self.kill.is_set():
            self.killed.append(now())
            self.kill.set()
            return Reply.silence()
        if request.target == "/effect":
            self.effects[key] = request.json()["race"]
            return Reply.json("done")
        race, branch = map(int, request.target.split("/")[2:])
        self.keys_of[request.target].add(key)
        if branch != self.winners[race]:
            self.losers[request.connection] = race
            return Reply.silence()
        await asyncio.sleep(SECONDS_OF_A_CALL)
        self.answered[race] = now()
        return Reply.json(branch)


async def measure() -> dict[str, Any]:
    """Run all races, and tell how they went."""
    randomness = random.Random(SEED)
    races = Races(winners=[randomness.randrange(BRANCHES) for _ in range(RACES)])
    server = ScriptedServer(races)
    began = time.monotonic()
    async with worker_of(server, races.kill) as (worker, client, folder):
        (folder / "definitions/race.yaml").write_text(HEAD.replace("name: scale", "name: race") + DEFINITION)
        running = asyncio.create_task(worker.run())
        try:
            handles: list[Any] = []
            for race in range(RACES):
                await asyncio.sleep(SECONDS_BETWEEN)
                handles.append(
                    await client.start_workflow(
                        "race", {"race": race}, id=f"race-{race}", task_queue="httptask", result_type=int
                    )
                )
            async with asyncio.timeout(PATIENCE):
                outputs = [await handle.result() for handle in handles]
            await asyncio.sleep(MOST_SECONDS)
            stayed = [race for connection, race in races.losers.items() if connection not in server.left]
            closed = sorted(_seconds_after_the_end(races, server.left))
        finally:
            running.cancel()
            await asyncio.wait([running])
    done = Counter(races.effects.values())
    return {
        "kills": worker.kills,
        "wrong_winners": sum(output != winner for output, winner in zip(outputs, races.winners, strict=True)),
        "effects_lost": RACES - len(done),
        "effects_doubled": sum(count - 1 for count in done.values()),
        "keys_doubled": sum(len(keys) - 1 for keys in races.keys_of.values()),
        "still_open": len(stayed),
        "closed": len(closed),
        "seconds_to_close": [round(closed[len(closed) * share // 100], 2) for share in (50, 95)]
        if closed
        else [],
        "most_seconds_to_close": round(closed[-1], 2) if closed else None,
        "seconds": round(time.monotonic() - began, 1),
    }


def _seconds_after_the_end(races: Races, left: dict[int, float]) -> list[float]:
    """How long the connections of those that lost stayed, but for those that a kill closed."""
    return [
        left[connection] - races.answered[race]
        for connection, race in races.losers.items()
        if left.get(connection, 0.0) > races.answered[race]
        and not any(0 <= left[connection] - at < SECONDS_OF_A_CALL for at in races.killed)
    ]


def holds(found: dict[str, Any]) -> bool:
    """Whether every race had its one winner, and nothing stayed behind."""
    harm = ("wrong_winners", "effects_lost", "effects_doubled", "keys_doubled", "still_open")
    is_right = found["kills"] == KILLS and not any(found[name] for name in harm)
    return is_right and 0 < found["most_seconds_to_close"] <= MOST_SECONDS


async def main() -> int:
    found = await measure()
    print(json.dumps(found))
    return 0 if holds(found) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
