import fcntl
import gc
import os
import re
import signal
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO

import pytest

pytest_plugins = ["support.fixtures"]

NEXT, MACHINE = Path(__file__), Path(__file__).parent / "support" / "__init__.py"
"""Files that all processes have, as locks: whose turn it is to take the machine, and the machine."""

MOST_OF_A_TEXT = 50
"""Characters that a text gives to a name: other arguments give theirs too."""

SHORT_NAME = re.compile(r"[A-Za-z0-9_.,:/'() \[\]-]{1,60}")
"""What the name of a case is made of: words, and no code."""

# Without it each process of the tests, and each that a test starts, would compile all it imports: ten seconds of work.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Temporal's servers keep little, so they may collect garbage less often: it takes a twelfth of their time.
os.environ.setdefault("GOGC", "400")

# A shell has what it runs in the background ignore Ctrl-C, and so would each process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


_held: list[IO[str]] = []
"""The machine, while this process runs tests with it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("designer")
    group.addoption(
        "--browser",
        metavar="FILE",
        help="a Chromium, as `chromium`, for the tests of the designer in a browser",
    )
    group.addoption("--pictures", metavar="FOLDER", help="keep pictures of what it shows there")
    parser.addoption(
        "--thorough",
        action="store_true",
        help="kill, ask, cut and damage as often as before a release; otherwise a part of that, see the fixture `fewer`",
    )


@pytest.fixture(scope="session")
def fewer(pytestconfig: pytest.Config) -> Callable[[int], int]:
    """A fifth of a count, rounded up, unless `--thorough` asks for all: one finds the fault, more find a rare one."""
    return (lambda count: count) if pytestconfig.getoption("thorough") else lambda count: -(-count // 5)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by the words of its text; by the argument where the text is long, or more than a line."""
    if not isinstance(val, str | bytes):
        return None
    text = val if isinstance(val, str) else val.decode("latin-1")
    words = re.sub(r"[^A-Za-z0-9_.:/-]+", " ", text).strip()
    return words if text.isprintable() and 0 < len(words) <= MOST_OF_A_TEXT else argname


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put those that need the machine first, where they wait for nobody's long test, and then the long ones.

    All of them fall to the first process, from whose end the others take what they have time for.
    """
    nameless = [
        item.nodeid for item in items if isinstance(item, pytest.Function) and not has_short_name(item)
    ]
    if nameless:
        raise pytest.UsageError("give these cases short names, as `ids` or pytest.param(id=):", *nameless)
    items.sort(key=lambda item: (not is_alone(item), item.get_closest_marker("long") is None))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep what all tests are made of from the collector of garbage, meanwhile and from then on.

    To look through it takes a fifth of a second, on busy processors long enough for the SDK to take a workflow for stuck.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, object, object]:
    """Let no two processes collect the same module at once: one compiles what it imports, and the others read that.

    On a fresh checkout all of them would compile everything: that takes as long as to collect it.
    """
    if not isinstance(collector, pytest.Module):
        return (yield)
    with collector.path.open() as module:
        fcntl.flock(module, fcntl.LOCK_EX)
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # outside pytest-timeout's: to wait costs no test its time
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Let no other process run a test beside one that needs the machine, nor between two of them.

    Between two, each of the others would begin a test, for whose end the second would wait beside idle processors.
    """
    if not _held:
        _held.append(_take_machine(fcntl.LOCK_EX if is_alone(item) else fcntl.LOCK_SH))
    try:
        return (yield)
    finally:
        if nextitem is None or not (is_alone(item) and is_alone(nextitem)):
            machine = _held.pop()
            fcntl.flock(machine, fcntl.LOCK_UN)  # a process that the test forked may still have the file
            machine.close()


def _take_machine(operation: int) -> IO[str]:
    with NEXT.open() as turnstile:
        fcntl.flock(turnstile, fcntl.LOCK_EX)  # who waits for the machine is overtaken by nobody
        machine = MACHINE.open()
        fcntl.flock(machine, operation)
        return machine


def is_alone(item: pytest.Item) -> bool:
    """Whether a test holds times that another process would cost it."""
    return item.get_closest_marker("alone") is not None


def has_short_name(item: pytest.Function) -> bool:
    """Whether what tells a case from the others of its test is a few words."""
    return not hasattr(item, "callspec") or SHORT_NAME.fullmatch(item.callspec.id) is not None
