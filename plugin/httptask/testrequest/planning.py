"""Renders the request of one task from sample data, with the renderer that runs use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from pydantic import BaseModel

from httptask.activities.connection_profile import ConnectionProfile
from httptask.calls.activity_call import ActivityCall
from httptask.calls.http import with_whole_response
from httptask.calls.planners import PLANNERS
from httptask.chat.models import ChatRequest
from httptask.diagnostics.suggest import hint_for_misspelt
from httptask.dsl.expression_parts import INPUT, OUTPUT, WORKFLOW_INPUT, Part
from httptask.dsl.expressions import Expression, Template
from httptask.dsl.expressions.evaluation import evaluate
from httptask.dsl.expressions.rendering import Rendered, render
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode
from httptask.http.models import HttpRequest
from httptask.interpreter.schemas import check_schema
from httptask.interpreter.state import RunState, TaskExecution
from httptask.interpreter.variables import Variables, bind, scope_for, task_variables, workflow_variables
from httptask.testrequest.paging import first_page_of

__all__ = ["NotTestable", "PlannedRequest", "Sample", "SampleIncomplete", "find_task", "plan_request"]

_ID = "test-request"
_NO_PROFILES: Mapping[str, ConnectionProfile] = {}


class NotTestable(ValueError):
    """The task can't be tested as asked; the message says what is missing."""


class SampleIncomplete(NotTestable):
    """The sample lacks what the request reads.

    Attributes:
        outputs: names of the tasks whose outputs are missing.
        variables: names of loop variables that are.
    """

    def __init__(self, outputs: Sequence[str], variables: Sequence[str]) -> None:
        told: list[str] = []
        if outputs:
            reads = f"the request reads the output of {', '.join(outputs)}"
            told.append(f"{reads}; give sample values: --outputs '{_example(outputs)}'")
        if variables:
            reads = f"the request is inside a loop and reads {', '.join(f'${name}' for name in variables)}"
            told.append(f"{reads}; give sample values: --variables '{_example(variables)}'")
        super().__init__("; ".join(told))
        self.outputs = outputs
        self.variables = variables


@dataclass(frozen=True, slots=True)
class Sample:
    """The data that the task would find in a run.

    Attributes:
        input: the workflow's input.
        task_input: the task's raw input; the workflow's input where there is none.
        outputs: outputs of other tasks, by name: `$tasks`.
        variables: loop variables, by name.
        context: `$context`; the workflow's transformed input where there is none.
    """

    input: Any = None
    task_input: Any = None
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    context: Any = None

    def over(self, other: "Sample") -> "Sample":
        """This sample, and what it lacks from another one."""
        return Sample(
            other.input if self.input is None else self.input,
            other.task_input if self.task_input is None else self.task_input,
            {**other.outputs, **self.outputs},
            {**other.variables, **self.variables},
            other.context if self.context is None else self.context,
        )


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """A call that is ready to be sent.

    Attributes:
        request: the HTTP request that the activity will send.
        profile: of the connection that it is sent through.
        downstream: from the activity's result to what the next task sees; of a list with pages, after the first.
        following: from the activity's result to the request that a run would make next, if there is one.
    """

    node: TaskNode
    call: ActivityCall[BaseModel]
    request: HttpRequest
    profile: ConnectionProfile
    downstream: Callable[[Any], Any]
    following: Callable[[Any], HttpRequest | None]


def plan_request(
    program: Program, task: str, sample: Sample, profiles: Mapping[str, ConnectionProfile] = _NO_PROFILES
) -> PlannedRequest:
    """Render one task's request. Sends nothing.

    Args:
        program: the definition.
        task: name or JSON Pointer of a task that makes a call.
        sample: the data it would find.
        profiles: of connections, by name.

    Raises:
        NotTestable: no such task, or the sample lacks what its request reads (`SampleIncomplete`).
        ExpressionFailed: an expression of the task failed on the sample.
        TaskFault: the rendered parts do not make a request.
    """
    node = find_task(program, task)
    planner = PLANNERS.get(node.kind)
    if planner is None:
        raise NotTestable(
            f"{node.name} makes no request, so there is nothing to test; {_known_calls(program)}"
        )
    _require(node, sample)
    shared, execution = _place(program, sample)
    variables = {**shared, **task_variables(program, node, execution)}
    if node.task.input is not None:
        check_schema(node.task.input.schema_, execution.raw_input, "the task's input")
    data = execution.input = _transform(node.parts.get(INPUT), execution.raw_input, variables)

    def render_part(part: Part, *, encode: Callable[[str], str] | None = None) -> Rendered | None:
        found = node.template(part)
        return None if found is None else render(found, scope_for(found, data, variables), encode=encode)

    id_ = f"test-{uuid4().hex[:12]}"
    call: ActivityCall[Any] = planner.call(program, node, data, render_part, id_)
    if isinstance(call.argument, HttpRequest):
        call = with_whole_response(call)
    output: Callable[[Any], Any] = partial(planner.output, node)
    request = _http_request(call.argument)
    profile = profiles.get(call.connection or "", ConnectionProfile())
    first = first_page_of(node, request, profile, variables)
    if first is not None:
        output = first.items
    return PlannedRequest(
        node,
        call,
        request,
        profile,
        lambda result: _downstream(program, node, output(result), shared, execution),
        (lambda _: None) if first is None else first.following,
    )


def _example(names: Sequence[str]) -> str:
    return "{" + ", ".join(f'"{name}": …' for name in names) + "}"


def _http_request(argument: BaseModel) -> HttpRequest:
    if isinstance(argument, ChatRequest):
        return argument.to_http_request()
    assert isinstance(argument, HttpRequest)  # there are two kinds of calls
    return argument


def find_task(program: Program, task: str) -> TaskNode:
    """The task of that name or JSON Pointer.

    Raises:
        NotTestable: there is none, or there are several of that name.
    """
    if task in program.nodes:
        return program.nodes[task]
    found = [node for node in program.nodes.values() if node.name == task]
    if len(found) == 1:
        return found[0]
    if found:
        pointers = ", ".join(node.pointer for node in found)
        raise NotTestable(f"there are several tasks named {task}; name one by its pointer: {pointers}")
    hint = hint_for_misspelt(task, _calls(program), mark="") or _known_calls(program)
    raise NotTestable(f"there is no task {task}; {hint}")


def _calls(program: Program) -> list[str]:
    """Names of the tasks that make requests."""
    return [node.name for node in program.nodes.values() if node.kind in PLANNERS]


def _known_calls(program: Program) -> str:
    names = _calls(program)
    return f"tasks that make one: {', '.join(names)}" if names else "no task of this definition makes one"


def _place(program: Program, sample: Sample) -> tuple[Variables, TaskExecution]:
    """Where the interpreter would be: the variables around the task, and the task about to begin.

    The sample passes through the workflow's `input`.
    """
    now = datetime.now(UTC).timestamp()
    state = RunState(origin_run_id=_ID, input=sample.input, started_at=now)
    around = workflow_variables(program, state, _ID)
    source = program.definition.input
    if source is not None:
        check_schema(source.schema_, sample.input, "the workflow's input")
    data = _transform(program.parts.get(WORKFLOW_INPUT), sample.input, around)
    raw = data if sample.task_input is None else sample.task_input
    given = {
        "context": data if sample.context is None else sample.context,
        "tasks": dict(sample.outputs),
        **sample.variables,
    }
    return {**around, **bind(given)}, TaskExecution(id=_ID, raw_input=raw, input=raw, started_at=now)


def _downstream(
    program: Program, node: TaskNode, raw_output: Any, shared: Variables, execution: TaskExecution
) -> Any:
    seen = {**shared, **task_variables(program, node, execution, raw_output)}
    output = _transform(node.parts.get(OUTPUT), raw_output, seen)
    if node.task.output is not None:
        check_schema(node.task.output.schema_, output, "the task's output")
    return output


def _transform(part: Expression | Template | None, data: Any, variables: Variables) -> Any:
    if part is None:
        return data
    scope = scope_for(part, data, variables)
    return evaluate(part, scope) if isinstance(part, Expression) else render(part, scope).value


def _expressions(node: TaskNode) -> list[Expression]:
    """What must be evaluated for the request and for what the next task sees."""
    found: list[Expression] = []
    for part, compiled in node.parts.items():
        if isinstance(compiled, Template):
            found += [expression for _, expression in compiled.expressions]
        elif part.place in ("input", "output", "page"):
            found.append(compiled)
    return found


def _require(node: TaskNode, sample: Sample) -> None:
    """Hold the sample against what the request, and what follows from its answer, reads.

    Raises:
        SampleIncomplete: it lacks some of that.
    """
    expressions = _expressions(node)
    read = {name for found in expressions for name in filter(None, found.keys_of("tasks"))}
    outputs = sorted(read - sample.outputs.keys())
    bound = {name for found in expressions for name in found.variables} & node.variables
    variables = sorted(bound - sample.variables.keys())
    if outputs or variables:
        raise SampleIncomplete(outputs, variables)
