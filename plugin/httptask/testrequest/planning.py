"""Renders the request of one task from sample data, with the renderer that runs use."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

from pydantic import BaseModel

from httptask.activities.connection_profile import ConnectionProfile
from httptask.calls.activity_call import ActivityCall, after, counted, traced
from httptask.calls.http import with_whole_response
from httptask.calls.planners import PLANNERS, Planner
from httptask.calls.url import RenderPart
from httptask.dsl.expression_parts import EXPORT, INPUT, OUTPUT, TIMEOUT, WORKFLOW_TIMEOUT, Part
from httptask.dsl.expressions import Expression, Template
from httptask.dsl.expressions.paths import Reading
from httptask.dsl.expressions.rendering import Rendered, render
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode
from httptask.http.models import HttpRequest
from httptask.interpreter.schemas import check_schema
from httptask.interpreter.variables import bind, scope_for, task_variables
from httptask.scheduling.deadlines import Deadline
from httptask.scheduling.durations import required_seconds
from httptask.testrequest.naming import in_function, lacking_of, reads_input
from httptask.testrequest.paging import first_page_of
from httptask.testrequest.sample import NotTestable, Place, Sample, find_task, transform

if TYPE_CHECKING:
    from httptask.activities.api_operation import ApiOperation, OperationRequest

__all__ = ["PlannedRequest", "plan_document", "plan_request", "values_read"]

_BEHIND_THE_CALL: Final = frozenset({OUTPUT.place, EXPORT.place, "page"})
_NO_PROFILES: Mapping[str, ConnectionProfile] = {}


class Seen(NamedTuple):
    """What a run sees of the result of an activity."""

    downstream: Any
    """What the next task sees; of a list with pages, after the first."""
    context: Any
    """`$context` behind the task; None where it exports nothing."""
    following: HttpRequest | None
    """The request that a run would make next, if there is one."""


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """A call that is ready to be sent.

    Attributes:
        planner: of the kind of the task.
        request: the HTTP request that the activity will send.
        profile: of the connection that it is sent through.
        attempt: which of a run's attempts this one is to be, from 1.
        seen: from the activity's result to what a run sees of it.
        deadline: when the nearest of the timeouts of the task and of all around it passes, in seconds after its begin;
            those of others count where no expression has to be evaluated on data that only they have.
        unset: names, as `with_value` takes them, of what it reads and the sample lacks: null stands in their place,
            and nothing tells what to do then.
    """

    node: TaskNode
    planner: Planner
    call: ActivityCall[BaseModel]
    request: HttpRequest
    profile: ConnectionProfile
    attempt: int
    seen: Callable[[Any], Seen]
    deadline: Deadline | None
    unset: Sequence[str]

    @property
    def by_hand(self) -> HttpRequest:
        """What somebody sends with another program: a server would know a second call by the key of this one.

        A key that the definition names stays.
        """
        return self.request.model_copy(update={"idempotency_key": None})

    @property
    def attempts(self) -> int:
        """How many a run makes at most."""
        return self.profile.retry.attempts


def plan_request(
    program: Program,
    task: str,
    sample: Sample,
    profiles: Mapping[str, ConnectionProfile] = _NO_PROFILES,
    *,
    attempt: int = 1,
    operation: "ApiOperation | None" = None,
) -> PlannedRequest:
    """Render one task's request. Sends nothing.

    Args:
        program: the definition.
        task: name or JSON Pointer of a task that makes a call.
        sample: the data it would find.
        profiles: of connections, by name.
        attempt: which of a run's attempts this one is to be, from 1.
        operation: that a task of an API document calls, as `plan_document` leads to it.

    Raises:
        NotTestable: no such task, or the sample lacks what its request reads (`SampleIncomplete`), or a run makes
            fewer attempts.
        ExpressionFailed: an expression of the task failed on the sample.
        TaskFault: the rendered parts do not make a request.
    """
    node = find_task(program, task)
    planner = PLANNERS.get(node.kind.function)
    if planner is None:
        raise NotTestable(
            f"{node.name} makes no request, so there is nothing to test; {_known_calls(program)}"
        )
    sample = in_function(program, node, sample)
    expressions = _expressions(node)
    sample.require(node, expressions, "the request")
    readings = _readings(node)
    place = Place.of(program, node, sample, needs_input=reads_input(node, readings))
    data, variables = place.execution.input, place.variables
    id_ = f"test-{uuid4().hex[:12]}"
    call: ActivityCall[Any] = planner.call(program, node, data, _renderer(node, place), id_, operation)
    if isinstance(call.argument, HttpRequest):
        call = with_whole_response(call)
    profile = profiles.get(call.connection or "", ConnectionProfile())
    most = profile.retry.attempts
    if attempt > most:
        whose = f"the connection {call.connection}" if call.connection else "a request without a connection"
        raise NotTestable(f"a run makes no attempt {attempt}: {whose} has {most}")
    call = after(counted(call, most, profile), attempt - 1)  # so that the last of them is told as in a run
    call = traced(call)
    request = _http_request(call.argument)
    first = first_page_of(planner, node, request, profile, variables)
    output: Callable[[Any], Any] = partial(planner.output, node) if first is None else first.items

    def seen(result: Any) -> Seen:
        raw_output = output(result)
        downstream = _downstream(program, node, raw_output, place)
        return Seen(
            downstream,
            _exported(program, node, raw_output, downstream, place) if EXPORT in node.parts else None,
            None if first is None else first.following(result),
        )

    return PlannedRequest(
        node,
        planner,
        call,
        request,
        profile,
        attempt,
        seen,
        min(_deadlines(program, node, place), default=None),
        lacking_of(program, node, [one for one in readings if not one.tested], sample),
    )


def plan_document(program: Program, task: str, sample: Sample) -> "OperationRequest | None":
    """The request for the API document that tells what a task sends; None where the task alone tells it.

    Raises:
        NotTestable: no such task, or the sample lacks what is read for it.
        ExpressionFailed: an expression of the task failed on the sample.
        TaskFault: the rendered parts do not make a request.
    """
    node = find_task(program, task)
    if node.kind.function != "openapi":
        return None
    from httptask.activities.api_operation import OperationRequest  # of use to few tasks
    from httptask.calls.openapi import plan_document_call

    sample = in_function(program, node, sample)
    sample.require(node, _expressions(node), "the request")
    place = Place.of(program, node, sample, needs_input=reads_input(node, _readings(node)))
    call = plan_document_call(node, place.execution.input, _renderer(node, place), id_=node.name)
    assert isinstance(call.argument, OperationRequest)
    return call.argument


def _renderer(node: TaskNode, place: Place) -> RenderPart:
    def render_part(part: Part, *, encode: Callable[[str], str] | None = None) -> Rendered | None:
        found = node.template(part)
        if found is None:
            return None
        return render(found, scope_for(found, place.execution.input, place.variables), encode=encode)

    return render_part


def _deadlines(program: Program, node: TaskNode, place: Place) -> Iterator[Deadline]:
    """As of a run in which the task, and what is around it, begin at once."""
    around = [one for pointer, one in program.nodes.items() if node.pointer.startswith(f"{pointer}/")]
    parts = [(one.pointer, one.parts.get(TIMEOUT)) for one in (node, *around)]
    for pointer, part in [*parts, ("", program.parts.get(WORKFLOW_TIMEOUT))]:
        if isinstance(part, Template) and (part.is_literal or pointer == node.pointer):
            after = transform(part, place.execution.input, place.variables)
            yield Deadline(required_seconds(after, "timeout.after"), pointer)


def values_read(program: Program, task: str, sample: Sample) -> Sequence[str]:
    """Names, as `with_value` takes them, of what the request of a task reads and the sample lacks.

    Raises:
        NotTestable: there is no such task.
    """
    node = find_task(program, task)
    sample = in_function(program, node, sample)
    if node.kind.function not in PLANNERS:
        return ()
    return lacking_of(program, node, _readings(node), sample)


def _known_calls(program: Program) -> str:
    of_name = Counter(node.name for node in program.nodes.values())
    calls = [node for node in program.nodes.values() if node.kind.function in PLANNERS]
    names = [node.name if of_name[node.name] == 1 else node.pointer for node in calls]
    return f"tasks that make one: {', '.join(names)}" if names else "no task of this definition makes one"


def _http_request(argument: BaseModel) -> HttpRequest:
    if isinstance(argument, HttpRequest):
        return argument
    from httptask.chat.models import ChatRequest

    assert isinstance(argument, ChatRequest)  # there are two kinds of calls
    return argument.to_http_request()


def _downstream(program: Program, node: TaskNode, raw_output: Any, place: Place) -> Any:
    seen = {**place.around, **task_variables(program, node, place.execution, raw_output)}
    output = transform(node.parts.get(OUTPUT), raw_output, seen)
    if node.task.output is not None:
        check_schema(node.task.output.schema_, output, "the task's output")
    return output


def _exported(program: Program, node: TaskNode, raw_output: Any, output: Any, place: Place) -> Any:
    seen = {
        **place.around,
        **task_variables(program, node, place.execution, raw_output),
        **bind({"output": output}),
    }
    context = transform(node.parts.get(EXPORT), output, seen)
    if node.task.export is not None:
        check_schema(node.task.export.schema_, context, "the exported context")
    return context


def _expressions(node: TaskNode) -> list[Expression]:
    """What must be evaluated for the request and for what the next task sees."""
    return [expression for _, expression in _placed(node)]


def _readings(node: TaskNode) -> list[Reading]:
    """What of a sample they read: `.` is none of it where it is the task's answer, or what `input.from` made."""
    is_made = INPUT in node.parts

    def of_sample(place: str, variable: str | None) -> bool:
        if variable is None:
            return place == INPUT.place or not (is_made or place in _BEHIND_THE_CALL)
        return not (is_made and variable == "input")

    return [
        reading
        for place, expression in _placed(node)
        for reading in expression.readings
        if of_sample(place, reading.variable)
    ]


def _placed(node: TaskNode) -> Iterator[tuple[str, Expression]]:
    for part, compiled in node.parts.items():
        if isinstance(compiled, Template):
            for _, expression in compiled.expressions:
                yield part.place, expression
        elif part.place == INPUT.place or part.place in _BEHIND_THE_CALL:
            yield part.place, compiled
