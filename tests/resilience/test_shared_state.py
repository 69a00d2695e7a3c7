"""Limits and circuit breakers of several processes."""

from support.forked_scripts import forked_script

BREAKER = """
import os, signal
from httptask.http.errors import HttpStatusError, HttpTaskError, Postponed
from httptask.resilience.circuit_breaker import CircuitBreaker
from httptask.resilience.shared_state import SharedState

state = SharedState({})

def breaker():
    return CircuitBreaker("https://api.example.com", lambda: now, state.outage_state("https://api.example.com"))

def calls(breaker, count, status=503):
    made = 0
    for _ in range(count):
        try:
            with breaker.call(600):
                made += 1
                if status != 200:
                    raise HttpStatusError("x", details={"status": status}, retryable=True)
        except Postponed:
            made += 0
        except HttpTaskError as error:
            told.append(error)
    return made

def in_another(work):
    if (pid := os.fork()) == 0:
        os._exit(work())
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

now, told, own = 1000.0, [], breaker()
"""

COUNTED_TOGETHER = """
print(in_another(lambda: calls(breaker(), 12)), calls(own, 100), in_another(lambda: calls(breaker(), 100)))
print(calls(CircuitBreaker("b", lambda: now, state.outage_state("https://b.example.com")), 5))
"""

TRIED_ONCE = """
calls(own, 100)
now += 1.01
with own.call(600):
    print(in_another(lambda: calls(breaker(), 3)))
print(in_another(lambda: calls(breaker(), 3, 200)), calls(own, 3, 200))
"""

TRIAL_IS_KILLED = """
def die():
    with breaker().call(600):
        os.kill(os.getpid(), signal.SIGKILL)

calls(own, 100)
now += 1.01
print(in_another(die), in_another(lambda: calls(breaker(), 1)), calls(own, 1))
"""

GIVEN_UP = """
in_another(lambda: calls(breaker(), 100, 502))
now += 1.01
with own.call(600):
    now += 700
    in_another(lambda: calls(breaker(), 1) or print(type(told[-1]).__name__, told[-1].details, told[-1]) or 0)
"""


async def test_twenty_failures_of_all_processes_open_it_for_all() -> None:
    lines, _ = await forked_script(BREAKER + COUNTED_TOGETHER)
    assert lines == ["12 8 0", "5"]


async def test_one_process_tries_the_server_and_its_success_closes_it_for_all() -> None:
    lines, _ = await forked_script(BREAKER + TRIED_ONCE)
    assert lines == ["0", "3 3"]


async def test_a_process_that_is_killed_while_it_tries_leaves_that_to_another() -> None:
    lines, _ = await forked_script(BREAKER + TRIAL_IS_KILLED)
    assert lines == ["-9 1 0"]


async def test_a_failure_that_another_process_saw_is_what_a_call_ends_in() -> None:
    lines, _ = await forked_script(BREAKER + GIVEN_UP)
    told = "nothing more is sent: most of this worker's calls to it have failed for 701 s"
    assert lines == [f"HttpStatusError {{'status': 502}} 502 from https://api.example.com; {told}"]


PLACES = """
import asyncio, os, signal
from httptask.http.errors import Postponed
from httptask.resilience import connection_limits
from httptask.resilience.connection_limits import ConcurrencyLimit
from httptask.resilience.shared_state import SharedState

state = SharedState({"shop": COUNT})

def forked(work):
    if (pid := os.fork()) == 0:
        try:
            asyncio.run(work())
        finally:
            os._exit(0)
    return pid
"""

AT_THE_SAME_TIME = """
import mmap, struct
shared = mmap.mmap(-1, 4096)
guard = connection_limits.SharedLocks()

def change(by):
    with guard.held(0):
        now, most, *made = struct.unpack_from("4i", shared)
        made[number] += by > 0
        struct.pack_into("4i", shared, 0, now + by, max(most, now + by), *made)

async def one(limit):
    async with limit.held():
        change(1)
        await asyncio.sleep(0.002)
        change(-1)

async def many():
    limit = ConcurrencyLimit("shop", COUNT, state.places("shop"))
    await asyncio.gather(*(one(limit) for _ in range(60)))

pids = []
for number in range(2):
    pids.append(forked(many))
for pid in pids:
    os.waitpid(pid, 0)
now, most, *made = struct.unpack_from("4i", shared)
print(now, most, made)
"""

KILLED_HOLDER = """
async def hold():
    async with ConcurrencyLimit("shop", COUNT, state.places("shop")).held():
        os.write(tell, b"!")
        await asyncio.sleep(60)

async def next_one():
    connection_limits._LONGEST_WAIT_FOR_PLACE = 0.3
    limit = ConcurrencyLimit("shop", COUNT, state.places("shop"))
    try:
        async with limit.held():
            print("had it")
    except Postponed as error:
        print(error)
    connection_limits._LONGEST_WAIT_FOR_PLACE = 10
    os.kill(pid, signal.SIGKILL)
    async with limit.held():
        print("has it")

told, tell = os.pipe()
pid = forked(hold)
os.read(told, 1)
asyncio.run(next_one())
"""


async def test_no_more_calls_of_all_processes_at_the_same_time_than_allowed() -> None:
    for count in (1, 3):
        lines, _ = await forked_script(f"COUNT = {count}\n{PLACES}{AT_THE_SAME_TIME}")
        assert lines == [f"0 {count} [60, 60]"]


async def test_a_process_that_is_killed_leaves_its_place_free() -> None:
    lines, _ = await forked_script(f"COUNT = 1\n{PLACES}{KILLED_HOLDER}")
    assert lines == ["all 1 places of the connection shop are taken on this worker", "has it"]
