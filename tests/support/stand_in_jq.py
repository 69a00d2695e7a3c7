"""Stands in for jq in helper processes: does what an expression tells it to, where jq would die or never end.

No test holds a program that crashes or hangs jq itself. An expression whose value is the text `stand-in: compute 60`
computes in the helper before it yields, and so on for each of `ACTS`; one that holds the text `running: work 0.4` does so before it
runs. Every other expression is left to jq.
"""

import importlib.util
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from httptask.dsl.expressions import helper_process
from httptask.dsl.expressions.pool import shutdown

__all__ = ["ACTS", "acting", "standing_in", "write_stand_in"]

_MODULE = """
import importlib.util, os, re, signal, time

_found = importlib.util.spec_from_file_location("jq", {path!r})
_jq = importlib.util.module_from_spec(_found)
_found.loader.exec_module(_jq)


def compile(program):
    act("compiling", program)
    return Program(_jq.compile(program), program)


class Program:
    def __init__(self, compiled, text):
        self.compiled = compiled
        self.text = text

    def input_text(self, text):
        act("running", self.text)
        for output in self.compiled.input_text(text):
            act("stand-in", output)
            yield output


def act(when, text):
    for what, how in re.findall(when + r": (\\w+) ?([\\w./-]*)", text):
        if what == "sleep":
            time.sleep(float(how))
        elif what == "hold" and not os.path.exists(how):  # only the first time
            open(how, "w").close()
            time.sleep(60)
        elif what == "work":
            until = time.process_time() + float(how)
            while time.process_time() < until:
                pass
        elif what == "compute":
            while time.process_time() < float(how):
                pass
        elif what == "allocate":  # address space only: nothing is written to it
            kept = [bytes(64 << 20) for _ in range(int(how) >> 6)]
        elif what == "die":
            os.kill(os.getpid(), getattr(signal, how))
        elif what == "exit":
            os._exit(int(how))
"""
ACTS = {
    "computes": "compute 60",
    "takes memory": "allocate 4096",
    "ends as jq does when an allocation fails": "die SIGABRT",
    "ends as jq does when its stack is full": "die SIGSEGV",
    "ends at its bound on processor time": "die SIGPROF",
}
"""What a helper is told to do that no run may wait for: seconds, MiB, signals."""


def acting(act: str) -> str:
    """An expression that does so."""
    return f'"stand-in: {act}"'


def write_stand_in(folder: Path) -> str:
    """Write the module into a folder, and return the folder's name as helpers are given it."""
    found = importlib.util.find_spec("jq")
    assert found is not None
    (folder / "jq.py").write_text(textwrap.dedent(_MODULE).replace("{path!r}", repr(found.origin)))
    return str(folder)


@contextmanager
def standing_in(folder: Path) -> Iterator[None]:
    """Let the helpers of this process use the stand-in."""
    name = write_stand_in(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(helper_process, "_jq_folder", lambda: name)
        shutdown()
        yield
    shutdown()
