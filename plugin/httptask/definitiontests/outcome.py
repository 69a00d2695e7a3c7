"""What a run of a test came to, and whether that is as expected."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from httptask.calls.problem import ERROR_TYPE_PREFIX, heading_of
from httptask.definitiontests.comparing import NOTHING, Difference, differences
from httptask.definitiontests.format import ExpectedError
from httptask.definitiontests.loading import LoadedTest
from httptask.definitiontests.observed import event_differences, request_differences
from httptask.diagnostics.cutting import in_one_line, shortened
from httptask.dsl.expressions import ExpressionsBusy, read_literal
from httptask.http.errors import FixtureMissing
from httptask.interpreter.status import TaskStatus
from httptask.json.pointer import pointer_tokens
from httptask.json.types import is_object
from httptask.request.preview import PreparedRequest

__all__ = ["Outcome", "judge"]

_SHOWN_CHARACTERS: Final = 600
_MOST_TRIED: Final = 10_000
"""Orders of tasks in branches: of more than that nobody can tell."""
_FORK: Final = "fork"
"""What the status of a run calls tasks whose branches run at the same time."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    Attributes:
        output: where it completed.
        problem: the RFC 7807 object that it ended with; None where it completed.
        unended: why it was given up, where it did not end.
        requests: what was sent, each attempt for itself, in order.
        emitted: the events that were emitted, each as JSON (CloudEvents 1.0), in order.
        missing: the requests among them that no fixture answered.
        tasks: the executions of its tasks, in the order they began.
    """

    output: Any = None
    problem: Mapping[str, Any] | None = None
    unended: str | None = None
    requests: Sequence[PreparedRequest] = ()
    emitted: Sequence[Mapping[str, Any]] = ()
    missing: Sequence[FixtureMissing] = ()
    tasks: Sequence[TaskStatus] = ()

    @property
    def failed_task(self) -> str | None:
        """Name of the task that ended the run."""
        pointer = (self.problem or {}).get("instance")
        return pointer_tokens(pointer)[-1] if isinstance(pointer, str) and pointer else None


def judge(loaded: LoadedTest, outcome: Outcome) -> list[Difference]:
    """All that is not as expected; where the machine is too busy to tell, that."""
    try:
        return list(_Judge(loaded, outcome).differences())
    except ExpressionsBusy as busy:
        told = f"the machine was too busy to evaluate a condition, run the test again: {busy}"
        return [Difference(loaded.pointer, "run", NOTHING, NOTHING, told)]


class _Judge:
    def __init__(self, loaded: LoadedTest, outcome: Outcome) -> None:
        self.loaded = loaded
        self.expect = loaded.test.expect
        self.outcome = outcome
        self.test = loaded.pointer
        self.at = f"{loaded.pointer}/expect"

    def differences(self) -> Iterator[Difference]:
        outcome, expect = self.outcome, self.expect
        for error in outcome.missing:
            told = f"{error.message}, or write it under `answers`"
            if isinstance(diff := error.details.get("diff"), str):
                told += f"\n{diff}"
            yield Difference(self.test, "requests", NOTHING, NOTHING, told)
        if outcome.unended is not None:
            yield Difference(self.test, "run", NOTHING, NOTHING, outcome.unended)
            return
        if expect.error is not None:
            yield from self._error(expect.error)
        elif outcome.problem is not None:
            if not outcome.missing:
                yield Difference(self.test, "error", NOTHING, NOTHING, self._said(outcome.problem))
        elif "output" in expect.model_fields_set:
            at = f"{self.at}/output"
            yield from differences(expect.output, outcome.output, at, "output", exact=expect.exact)
        yield from request_differences(expect, outcome.requests, self.at)
        yield from event_differences(expect, outcome.emitted, self.at)
        yield from self._tasks()

    def _error(self, expected: ExpectedError) -> Iterator[Difference]:
        problem = self.outcome.problem
        written = expected.model_dump(by_alias=True, exclude_unset=True)
        at = f"{self.at}/error"
        if problem is None:
            yield Difference(at, "error", written, NOTHING, "the run completed")
            return
        got = {**problem, "task": self.outcome.failed_task}
        title = problem.get("title")  # the name of an error that no call raised
        if "error" not in got or (expected.error is not None and read_literal(expected.error) == title):
            got["error"] = title
        if expected.type is not None and got.get("type") == ERROR_TYPE_PREFIX + expected.type:
            got["type"] = expected.type
        yield from differences(written, got, at, "error")

    def _said(self, problem: Mapping[str, Any]) -> str:
        """Why a run failed that should not have, and where in its definition."""
        lines = [f"the run failed: {heading_of(str(problem.get('title', 'Failed')), problem.get('error'))}"]
        pointer, details = problem.get("instance"), problem.get("details")
        if isinstance(pointer, str) and pointer:
            file, at = self.loaded.definition.where(pointer, at_key=True)
            lines.append(f"task {self.outcome.failed_task}: {file}:{at.line}:{at.column}")
        if problem.get("detail"):
            lines.append(shortened(str(problem["detail"]), _SHOWN_CHARACTERS))
        excerpt = details.get("body_excerpt") if is_object(details) else None
        if isinstance(excerpt, str) and excerpt and excerpt not in str(problem.get("detail")):
            lines.append(f"the answer: {in_one_line(excerpt, _SHOWN_CHARACTERS)}")
        return "\n  ".join(lines)

    def _tasks(self) -> Iterator[Difference]:
        expect = self.expect
        tasks = [task for task in self.outcome.tasks if task.state != "skipped"]
        ran = [task.name for task in tasks]
        all_told = not (expect.exact and expect.tasks) or len(expect.tasks) == len(ran)
        if not (all_told and _began_in_order(expect.tasks, tasks)):
            told = None if set(expect.tasks) - set(ran) else "they ran in another order"
            yield Difference(f"{self.at}/tasks", "tasks", list(expect.tasks), ran, told)
        for index, name in enumerate(expect.not_run):
            if name in ran:
                yield Difference(f"{self.at}/notRun/{index}", "notRun", NOTHING, name, "it ran")


def _began_in_order(names: Sequence[str], tasks: Sequence[TaskStatus]) -> bool:
    """Whether tasks of these names began one after the other; between branches of a `fork` there is no order.

    Tasks in different branches may have the same name: which is meant is tried, first in the branch of the one before.
    """
    forks = [task for task in tasks if task.kind == _FORK]
    if not forks:
        ran = iter(task.name for task in tasks)
        return all(name in ran for name in names)
    branches = [_branches_around(task, forks) for task in tasks]
    begun: list[int] = []

    def fitting() -> Iterator[int]:
        numbers = [at for at, task in enumerate(tasks) if task.name == names[len(begun)]]
        numbers.sort(key=lambda at: bool(begun) and branches[at] != branches[begun[-1]])
        return iter([at for at in numbers if all(_may_follow(at, before, branches) for before in begun)])

    tried = [fitting()] if names else []
    for _ in range(_MOST_TRIED):
        if len(begun) == len(names) or not tried:
            break
        at = next(tried[-1], None)
        if at is None:
            tried.pop()
            del begun[-1:]
        else:
            begun.append(at)
            tried.append(fitting() if len(begun) < len(names) else iter(()))
    return bool(tried) or not names


def _may_follow(at: int, before: int, branches: Sequence[Mapping[str, str]]) -> bool:
    one, other = branches[at], branches[before]
    return before < at or (
        before > at and any(one[fork] != other[fork] for fork in one.keys() & other.keys())
    )


def _branches_around(task: TaskStatus, forks: Sequence[TaskStatus]) -> Mapping[str, str]:
    """In which branch of each execution of a `fork` an execution is."""
    return {
        fork.id: task.pointer.removeprefix(f"{fork.pointer}/fork/branches/").partition("/")[0]
        for fork in forks
        if task.id.startswith(f"{fork.id}/")
    }
