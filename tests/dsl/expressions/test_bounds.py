"""Hostile expressions end in time with the right error, leave no process behind, and harm nobody else."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from httptask.dsl.expressions import (
    Expression,
    ExpressionFailed,
    ExpressionLimitExceeded,
    ExpressionsBusy,
    compiling,
    helper_process,
    loose,
    parse_template,
    pool,
)
from httptask.dsl.expressions.compiling import compile_check
from httptask.dsl.expressions.evaluation import Scope, evaluate
from httptask.dsl.expressions.helper_process import Limit
from httptask.dsl.expressions.pool import shutdown
from httptask.dsl.expressions.rendering import render
from httptask.dsl.loader import load_text
from support.definitions import HEAD
from support.stand_in_jq import ACTS, acting, standing_in, write_stand_in

Parse = Callable[[str], Expression]
ValueOf = Callable[..., Any]


def helpers() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if child.pid not in zombies() and any("helper.py" in word for word in child.cmdline())
    ]


def zombies() -> set[int]:
    """Children of this process, other tests' among them, that have ended and were not waited for."""
    return {child.pid for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE}


@pytest.fixture(autouse=True)
def stand_in(tmp_path: Path) -> Iterator[None]:
    with standing_in(tmp_path):
        yield


SHORT = Limit(processor=0.3, clock=30)
BOUNDS = {"takes memory": "memory", "ends as jq does when an allocation fails": "memory"}
BOUNDS["ends as jq does when its stack is full"] = "memory"


@pytest.mark.parametrize("name", ACTS)
def test_hostile_expressions(value_of: ValueOf, name: str) -> None:
    before, zombies_before = time.monotonic(), zombies()
    with pytest.raises(ExpressionLimitExceeded) as caught:
        value_of(acting(ACTS[name]), [], limit=SHORT)
    assert time.monotonic() - before < 10  # beside other tests, and of 60
    assert (caught.value.which, caught.value.seconds) == (BOUNDS.get(name, "time"), 0.3)
    assert caught.value.pointer == "/do/0/task/field"
    assert zombies() <= zombies_before
    assert value_of(". + 1", 1) == 2


def test_compiling_is_bounded(parse: Parse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_CHECK_LIMIT", SHORT)
    [fault] = compile_check([parse('"compiling: compute 60"')])
    assert (fault.code, fault.message) == (
        "expression-too-large",
        "compiling the expression was stopped at a bound on time",
    )


def test_a_text_that_jq_has_no_answer_to_in_time_is_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    """In loose mode: taken for no expression, it would be another program than on a machine with less to do."""
    monkeypatch.setattr(loose, "_LIMIT", SHORT)
    slow = '"compiling: compute 60"'
    message = "compiling the text at /a/0 was stopped at a bound on time"
    with pytest.raises(ExpressionsBusy, match=message):
        loose.loosened({"a": [slow]}, "")
    steps = f"do: [{{ a: {{ set: {{ text: '{slow}' }} }} }}]"
    [report] = load_text(f"{HEAD}evaluate: {{ mode: loose }}\n{steps}", "x.yaml").reports
    assert (report.code, report.hint) == ("expressions-busy", "try again")


def test_a_helper_that_ends_for_no_reason_of_the_expressions_is_asked_again_once(value_of: ValueOf) -> None:
    with pytest.raises(ExpressionsBusy, match="end at once"):
        value_of(acting("exit 1"))
    with pytest.raises(ExpressionLimitExceeded) as caught:  # somebody kills it, twice
        value_of(acting("die SIGKILL"))
    assert caught.value.which == "memory"
    assert value_of("1") == 1


def test_what_hardly_had_the_processor_met_no_bound(value_of: ValueOf) -> None:
    assert value_of(". + 1", 1) == 2
    with pytest.raises(ExpressionsBusy, match=r"an expression had the processor for 0\.0 s"):
        value_of(acting("sleep 60"), limit=Limit(processor=0.3, clock=0.5))
    assert value_of(". + 1", 1) == 2


def test_what_had_it_met_its_bound_at_the_end_of_its_time(
    value_of: ValueOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helper_process, "_LEAST_SHARE", 0.0)  # others have the rest
    assert value_of(". + 1", 1) == 2
    with pytest.raises(ExpressionLimitExceeded):
        value_of(acting("compute 60"), limit=Limit(processor=60, clock=0.5))


def test_a_helper_that_starts_late_is_waited_for_again(value_of: ValueOf) -> None:
    shutdown()
    with pytest.raises(ExpressionsBusy, match="not started yet"):
        value_of(". + 1", 1, limit=Limit(processor=1, clock=0))
    [starting] = helpers()
    assert value_of(". + 1", 1) == 2
    assert helpers() == [starting]


def test_the_culprit_among_several_is_named() -> None:
    template = parse_template(
        {"a": "${ 1 }", "b": f"x ${{ 2 }} ${{ {acting('compute 60')} }}", "c": "${ 3 }"}, "/t", []
    )
    assert template is not None
    with pytest.raises(ExpressionLimitExceeded) as caught:
        render(template, Scope(None, {}), limit=SHORT)
    assert caught.value.pointer == "/t/b"


def test_results_have_a_largest_size(value_of: ValueOf) -> None:
    with pytest.raises(ExpressionFailed, match="larger than 16 MB"):
        value_of('"x" * 17000000 | [.]', limit=Limit(processor=20, clock=60))
    assert value_of("1") == 1


@pytest.mark.parametrize(
    "value",
    [
        "y" * 5_000_000,
        "é" * 2_000_000,
        ["0123456789" * 5] * 80_000,
        {"a": [{"i": i, "n": None} for i in range(50_000)]},
    ],
    ids=["text", "unicode", "list", "objects"],
)
def test_large_values_pass(value_of: ValueOf, value: Any) -> None:
    assert value_of(".x", {"x": value}, limit=Limit(processor=10, clock=60)) == value


@pytest.mark.alone
def test_many_threads_and_a_hostile_one(parse: Parse) -> None:
    expression, hostile = parse("[.n, $tasks.a.n + 1]"), parse(acting("compute 60"))
    wrong: list[object] = []

    def work(thread: int) -> None:
        for turn in range(50):
            try:
                if thread == 0 and turn % 25 == 0:
                    evaluate(hostile, Scope(None, {}), limit=SHORT)
                elif evaluate(expression, Scope({"n": thread}, {"tasks": {"a": {"n": turn}}})) != [
                    thread,
                    turn + 1,
                ]:
                    wrong.append((thread, turn))
            except ExpressionLimitExceeded:
                if thread != 0:
                    wrong.append((thread, turn))
            except Exception as error:  # noqa: BLE001 - any other error is a finding
                wrong.append(error)

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(helpers()) <= 8


@pytest.mark.alone
def test_waiting_for_a_helper_is_bounded(
    parse: Parse, value_of: ValueOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_MOST_HELPERS", 1)
    shutdown()
    monkeypatch.setattr(pool, "_WAIT_SECONDS", 0.1)
    hostile = parse(acting("compute 60"))

    def occupy() -> None:
        with pytest.raises(ExpressionLimitExceeded):
            evaluate(hostile, Scope(None, {}), limit=Limit(processor=0.6, clock=30))

    thread = threading.Thread(target=occupy)
    thread.start()
    while not helpers():
        time.sleep(0.001)
    with pytest.raises(ExpressionsBusy):
        value_of("1")
    thread.join()
    assert value_of("1") == 1


def test_shutdown_leaves_no_process(value_of: ValueOf) -> None:
    value_of("1")
    assert helpers()
    shutdown()
    assert not helpers()


def test_a_helper_that_was_killed_is_replaced(value_of: ValueOf) -> None:
    shutdown()
    value_of("1")
    (process,) = helpers()
    process.kill()
    assert value_of("1 + 1") == 2


def test_a_helper_sees_nothing_of_the_worker(value_of: ValueOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTINEL_KEY", "sentinel-value")
    shutdown()
    value_of("1")
    (process,) = helpers()
    environment = Path(f"/proc/{process.pid}/environ")
    if environment.exists():
        assert b"sentinel" not in environment.read_bytes()
    assert os.getsid(process.pid) == process.pid


WORKER = """
import os, psutil, sys, threading, time
from httptask.dsl.expressions import helper_process, parse_expression
from httptask.dsl.expressions.evaluation import Scope, evaluate
helper_process._jq_folder = lambda: sys.argv[1]
def run(text):
    limit = helper_process.Limit(processor=1, clock=60)
    return evaluate(parse_expression(text, "", []), Scope(None, {}), limit=limit)
threading.Thread(target=run, args=['"stand-in: compute 60"'], daemon=True).start()
while len(psutil.Process().children()) < 2:
    run("1 + 1")
assert "jq" not in sys.modules  # it would hold the interpreter for as long as an expression takes
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc").exists(), reason="counts orphans through /proc")
def test_helpers_of_a_killed_worker_end_by_themselves(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WORKER, write_stand_in(tmp_path)]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"ready\n"
    children = psutil.Process(worker.pid).children()
    assert len(children) == 2
    worker.kill()
    worker.wait()
    worker.stdout.close()
    deadline = (
        time.monotonic() + 60
    )  # one of them needs a second of processor time, which others may want as well
    while not all(map(has_ended, children)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def has_ended(process: psutil.Process) -> bool:
    """Whether it has, if perhaps nobody who inherited it has waited for it yet."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
