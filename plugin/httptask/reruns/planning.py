"""Which outputs of an earlier run stand before a task, and whether the rest of a definition can go on from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from httptask.activities.api_operation import ApiOperation
from httptask.calls.problem import TaskFault
from httptask.dsl.expression_parts import EXPORT, INPUT, WORKFLOW_INPUT
from httptask.dsl.expressions import ExpressionFailed
from httptask.dsl.liveness import CONTEXT, Value
from httptask.dsl.program import Program
from httptask.dsl.tasks.openapi import api_call
from httptask.interpreter.schemas import check_input
from httptask.interpreter.state import RunState, TaskExecution
from httptask.interpreter.variables import Variables, bind, task_variables, workflow_variables
from httptask.reruns.earlier import Earlier, NotRerunnable, Ran
from httptask.reruns.places import Path, Place, Places
from httptask.reruns.rerun import Misfit, Rerun, RerunReport, ReusedTask
from httptask.runs.records import RerunOf
from httptask.testrequest.sample import NotTestable, find_task, transform

__all__ = ["plan_rerun"]


def plan_rerun(
    earlier: Earlier, definition: dict[str, Any], program: Program, task: str | None = None
) -> Rerun:
    """Plan a run that begins with a task, and has the outputs of an earlier run for all before it.

    Args:
        earlier: that run.
        definition: of the new run, as JSON data: that of the earlier one, or a changed one.
        program: the same, compiled.
        task: name or JSON Pointer of a task of it; None for the one at which the earlier run stopped.

    Raises:
        NotRerunnable: no run can begin there, or it reads what the earlier run does not have.
    """
    places = Places(program)
    place = _place(earlier, places, task)
    planning = _Planning(earlier, places, place)
    try:
        rerun = planning.rerun(definition)
        rerun.state("a-run")  # whatever is wrong with what it begins with is told now
    except ExpressionFailed as failed:
        raise NotRerunnable(f"the outputs of {earlier.record.id} don't do here: {failed}") from None
    except TaskFault as fault:
        problem = fault.problem
        raise NotRerunnable(f"{earlier.record.id} does not fit: {problem.detail or problem.title}") from None
    return rerun


def _place(earlier: Earlier, places: Places, task: str | None) -> Place:
    if task is None:
        return _default_place(earlier, places)
    try:
        place = places.by_pointer[find_task(places.program, task).pointer]
    except NotTestable as error:
        raise NotRerunnable(str(error)) from None
    loop = place.outermost_loop
    if loop is not None:
        name, around = place.node.name, loop.node
        whole = f"stands inside {around.name} ({around.kind.name}), which only runs as a whole"
        caught = f"runs for an error of {around.name} alone, and so not by itself"
        raise NotRerunnable(f"{name} {caught if around.kind.catches else whole}", f"--from {around.name}")
    return place


def _default_place(earlier: Earlier, places: Places) -> Place:
    stopped = earlier.stopped_at
    if stopped is None:
        raise NotRerunnable(
            f"no task of {earlier.record.id} failed", "name the task to begin with: --from TASK"
        )
    for path, was in places.matched(earlier.places).items():
        if was == stopped.path:
            place = places.by_path[path]
            return place.outermost_loop or place
    raise NotRerunnable(
        f"{stopped.node.name}, at which {earlier.record.id} stopped, is not in the definition any more",
        "name the task to begin with: --from TASK",
    )


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What a task is given, and how many executions came before it; `has_run` where it did in the earlier run."""

    raw_input: Any
    cut: int
    has_run: bool = False


class _Planning:
    """One plan."""

    def __init__(self, earlier: Earlier, places: Places, place: Place) -> None:
        self._earlier = earlier
        self._run = earlier.record.id
        self._places = places
        self._place = place
        self._program = places.program
        self._was = places.matched(earlier.places)
        self._now = {was: path for path, was in self._was.items()}
        self._state = RunState(
            origin_run_id=self._run,
            input=earlier.record.input,
            started_at=earlier.record.started_at.timestamp(),
        )

    def rerun(self, definition: dict[str, Any]) -> Rerun:
        first = self._first()
        beginnings = [self._beginning(each, first) for each in self._place.chain]
        cut = beginnings[-1].cut
        outputs = self._outputs(cut)
        misfits = list(self._misfits(beginnings, cut))
        report = self._report(cut, misfits)
        return Rerun(
            definition=definition,
            places=self._places,
            place=self._place,
            input=self._state.input,
            first=first,
            raw_inputs=tuple(each.raw_input for each in beginnings),
            outputs=outputs,
            context=self._context(cut, first),
            operations=dict(self._operations()),
            source=RerunOf(
                run=self._run,
                run_id=self._earlier.record.run_id,
                task=self._place.node.pointer,
                before=cut,
                reused=[each.task for each in report.reused],
            ),
            report=report,
        )

    def _first(self) -> Any:
        """The workflow's input as the first task gets it."""
        data = self._state.input
        check_input(self._program.definition.input, data, "the workflow's input")
        return transform(
            self._program.parts.get(WORKFLOW_INPUT),
            data,
            workflow_variables(self._program, self._state, self._run),
        )

    def _beginning(self, place: Place, first: Any) -> _Beginning:
        """What a task was given when it last began, or would have been: the output of the one before it."""
        for at, ran in reversed(list(enumerate(self._earlier.ran))):
            if ran.path == self._was.get(place.path) and ran.task.data is not None:
                return _Beginning(ran.task.data.raw_input, at, has_run=True)
        for node in reversed(place.sequence.tasks[: place.index]):
            before = self._places.by_pointer[node.pointer]
            index = self._last(before)
            if index is None:
                self._refuse_before(before)
            task = self._earlier.ran[index].task
            if task.state == "completed":
                return _Beginning(task.output, self._behind(index))
            if task.state != "skipped":
                self._refuse_before(before)
        if place.around is None:
            return _Beginning(first, 0)
        around = self._beginning(place.around, first)
        cut = around.cut + 1 if around.has_run else around.cut
        return _Beginning(self._input_of(place.around, around.raw_input, self._outputs(cut)), cut)

    def _refuse_before(self, before: Place) -> NoReturn:
        name = before.node.name
        raise NotRerunnable(
            f"{name} stands before {self._place.node.name}, and did not complete in {self._run}",
            f"--from {name}",
        )

    def _last(self, place: Place) -> int | None:
        """The last execution of a task."""
        was = self._was.get(place.path)
        found = [index for index, ran in enumerate(self._earlier.ran) if ran.path == was]
        return found[-1] if found else None

    def _behind(self, index: int) -> int:
        """The first execution that began when one had ended."""
        path = self._earlier.ran[index].path
        for later in range(index + 1, len(self._earlier.ran)):
            if self._earlier.ran[later].path[: len(path)] != path:
                return later
        return len(self._earlier.ran)

    def _completed(self, cut: int) -> Iterator[Ran]:
        """What ran to its end before; the tasks around the one to begin with did not."""
        around = {self._was.get(each.path) for each in self._place.chain}
        for ran in self._earlier.ran[:cut]:
            if ran.task.state in ("completed", "skipped") and ran.path not in around:
                yield ran

    def _outputs(self, cut: int) -> dict[str, Any]:
        """Those that are read from now on."""
        found: dict[str, Any] = {}
        for ran in self._completed(cut):
            path = self._now.get(ran.path)
            if path is not None and not ran.is_in_loop and self._is_read(("", path[-1])):
                found[path[-1]] = ran.task.output
        return found

    def _operations(self) -> Iterator[tuple[str, ApiOperation]]:
        """Operations of documents that were loaded, by pointers; one that the project has is read as it is now."""
        for was, operation in self._earlier.operations():
            path = self._now.get(was)
            if path is None or operation.kept:
                continue
            node = self._places.by_path[path].node
            call = api_call(node)
            if call is not None and call.operation_id == operation.operation_id:
                yield node.pointer, operation

    def _is_read(self, value: Value) -> bool:
        """Whether anything reads a value from the task to begin with on."""
        liveness, pointer = self._program.liveness, self._place.node.pointer
        return (
            liveness.is_read_by(pointer, value)
            or liveness.is_read_inside(pointer, value)
            or liveness.is_read_after(pointer, value)
        )

    def _input_of(self, place: Place, raw: Any, outputs: dict[str, Any]) -> Any:
        variables = self._variables(place, raw, outputs, None)
        return transform(place.node.parts.get(INPUT), raw, variables)

    def _variables(self, place: Place, raw: Any, outputs: dict[str, Any], context: Any) -> Variables:
        execution = TaskExecution(
            id=place.node.name, raw_input=raw, input=raw, started_at=self._state.started_at
        )
        return {
            **workflow_variables(self._program, self._state, self._run),
            **bind({"context": context, "tasks": outputs}),
            **task_variables(self._program, place.node, execution),
        }

    def _context(self, cut: int, first: Any) -> Any:
        """`$context` as it stood before the task to begin with."""
        if not self._is_read(CONTEXT):
            return None
        found = self._earlier.ran[cut].task.data if cut < len(self._earlier.ran) else None
        if found is not None and found.context is not None:
            return found.context
        exporting = [each for each in self._places.before(self._place) if EXPORT in each.node.parts]
        if not exporting:
            return first
        name = exporting[0].node.name
        raise NotRerunnable(
            f"`$context` is read from {self._place.node.name} on, and {self._run} did not keep it",
            f"--from {name}, which exports it",
        )

    def _misfits(self, beginnings: list[_Beginning], cut: int) -> Iterator[Misfit]:
        """What of the definition is another than that of the earlier run.

        Raises:
            NotRerunnable: it can't go on from what that has.
        """
        completed = dict.fromkeys(ran.path for ran in self._completed(cut))
        yield from self._of_tasks_before(beginnings, completed)
        around = {self._was.get(each.path) for each in self._place.chain}
        for path in completed:
            if path not in self._now and (len(path) == 1 or path[:-2] in around):
                told = "is not in the definition any more; what it gave to the next task stands"
                yield _misfit(path[-1], "removed", told)
        for each in self._place.chain:
            for node in each.sequence.tasks[each.index + 1 :]:
                if self._stood_before(node.pointer) and self._was_of(node.pointer) in completed:
                    yield _misfit(node.name, "moved", "stands behind it now, and runs again")

    def _was_of(self, pointer: str) -> Path | None:
        return self._was.get(self._places.by_pointer[pointer].path)

    def _stood_before(self, pointer: str) -> bool:
        """Whether a task stood before the one to begin with in the earlier run's definition."""
        was, begins = self._was_of(pointer), self._was.get(self._place.path)
        if was is None or begins is None:
            return False
        paths = list(self._earlier.places.by_path)
        return paths.index(was) < paths.index(begins)

    def _of_tasks_before(self, beginnings: list[_Beginning], completed: dict[Path, None]) -> Iterator[Misfit]:
        is_given = {
            each.sequence.tasks[each.index - 1].pointer
            for each, beginning in zip(self._place.chain, beginnings, strict=True)
            if beginning.has_run and each.index
        }
        for each in self._places.before(self._place):
            name, was = each.node.name, self._was.get(each.path)
            if was in completed:
                if each.path[-1] != was[-1]:
                    yield _misfit(name, "renamed", f"was called {was[-1]}")
                elif not each.node.sequences and self._text_now(each) != self._text_then(was):
                    yield _misfit(name, "changed", "is written otherwise now; its output is that of then")
                continue
            is_new = was is None or not self._stood_before(each.node.pointer)
            if not is_new or each.node.scope or each.outermost_loop is not None:
                continue  # the flow went round it then, too; or it is a part of what is reused as a whole
            if self._is_read(("", name)) or each.node.pointer in is_given:
                self._refuse_before(each)
            change: Literal["new", "moved"] = "new" if was is None else "moved"
            yield _misfit(name, change, "stands before it now, and has not run")

    def _text_now(self, place: Place) -> str:
        return self._places.text(place)

    def _text_then(self, was: Path) -> str:
        return self._earlier.places.text(self._earlier.places.by_path[was])

    def _report(self, cut: int, misfits: list[Misfit]) -> RerunReport:
        reused: list[ReusedTask] = []
        completed = list(self._completed(cut))
        for level in self._place.chain:
            for node in level.sequence.tasks[: level.index]:
                was = self._was_of(node.pointer)
                if was is None or not any(ran.path == was for ran in completed):
                    continue
                inside = [ran for ran in self._earlier.ran[:cut] if ran.path[: len(was)] == was]
                calls = [call for ran in inside for call in ran.task.calls]
                reused.append(
                    ReusedTask(
                        task=node.name,
                        pointer=node.pointer,
                        calls=len(calls),
                        cost_usd=round(sum(call.cost_usd or 0 for call in calls), 12),
                    )
                )
        return RerunReport(
            run=self._run,
            task=self._place.node.name,
            pointer=self._place.node.pointer,
            reused=reused,
            calls=sum(each.calls for each in reused),
            cost_usd=round(sum(each.cost_usd for each in reused), 12),
            misfits=misfits,
            simulated=self._earlier.record.simulated,
        )


def _misfit(task: str, change: Any, told: str) -> Misfit:
    return Misfit(task=task, change=change, message=f"{task} {told}")
