"""Locks of the processes of one worker, as another process finds them."""

import os
import tempfile
from pathlib import Path

import pytest

from httptask.resilience.shared_locks import SharedLocks
from support.forked_scripts import forked_script

LOCKS = """
import os
from contextlib import suppress
from httptask.resilience.shared_locks import SharedLocks

locks = SharedLocks()

def free():
    if (pid := os.fork()) == 0:
        os._exit(sum(locks.try_take(number) << number for number in range(4)))
    bits = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return [number for number in range(4) if bits >> number & 1]

print(free())
print(locks.try_take(1), locks.try_take(2), free())
locks.give_back(1)
print(free())
with suppress(KeyError), locks.held(0):
    print(free())
    raise KeyError
print(free())
"""


async def test_a_lock_is_of_one_process_and_of_one_number() -> None:
    lines, _ = await forked_script(LOCKS)
    assert lines == ["[0, 1, 2, 3]", "True True [0, 3]", "[0, 1, 3]", "[1, 3]", "[0, 1, 3]"]


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no files without a place")
def test_they_need_no_place_to_write_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    assert SharedLocks().try_take(0)


def test_a_system_without_files_in_memory_has_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    locks = SharedLocks()
    with locks.held(0):
        assert locks.try_take(1)


INTERRUPTED = """
import contextlib, os
from httptask.resilience import shared_locks
from support.interruption import was_interrupted

locks = shared_locks.SharedLocks()

def hold():
    with locks.held(0):
        os.getpid()

number = 1
while was_interrupted(hold, number, {shared_locks.__file__, contextlib.__file__, "<string>"}):
    if (pid := os.fork()) == 0:
        os._exit(locks.try_take(0))
    print(number, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    number += 1
"""


async def test_one_is_let_go_of_wherever_its_holder_is_interrupted() -> None:
    ours = f"import sys\nsys.path.append({str(Path(__file__).parents[1])!r})\n"
    lines, _ = await forked_script(ours + INTERRUPTED)
    assert len(lines) > 8
    assert lines == [f"{number} 1" for number in range(1, len(lines) + 1)]
