import fcntl
import gc
import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

pytest_plugins = ["support.fixtures"]

NEXT, MACHINE = Path(__file__), Path(__file__).parent / "support" / "__init__.py"
"""Files that all processes have, as locks: whose turn it is to take the machine, and the machine."""

# Without it each process of the tests, and each that a test starts, would compile all it imports: ten seconds of work.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell has what it runs in the background ignore Ctrl-C, and so would each process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put those that need the machine first, where they wait for nobody's long test, and then the long ones.

    All of them fall to the first process, from whose end the others take what they have time for.
    """
    items.sort(key=lambda item: (not is_alone(item), item.get_closest_marker("long") is None))


def pytest_collection_finish() -> None:
    """Keep what all tests are made of from the collector of garbage.

    To look through it takes a fifth of a second, on busy processors long enough for the SDK to take a workflow for stuck.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)  # outside pytest-timeout's: to wait costs no test its time
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let no other process run a test beside one that needs the machine."""
    with NEXT.open() as turnstile, MACHINE.open() as machine:
        fcntl.flock(turnstile, fcntl.LOCK_EX)  # who waits for the machine is overtaken by nobody
        fcntl.flock(machine, fcntl.LOCK_EX if is_alone(item) else fcntl.LOCK_SH)
        fcntl.flock(turnstile, fcntl.LOCK_UN)
        try:
            return (yield)
        finally:
            fcntl.flock(machine, fcntl.LOCK_UN)  # a process that the test forked may still have the file


def is_alone(item: pytest.Item) -> bool:
    """Whether a test holds times that another process would cost it."""
    return item.get_closest_marker("alone") is not None
