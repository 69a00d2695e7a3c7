"""Expressions: what may follow in one, and its value on sample data."""

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field

from httptask.calls.problem import TaskFault
from httptask.designer.known import AskedValue, Known, ReadableValue
from httptask.designer.outline import Finding, findings_at
from httptask.designer.problems import Problem
from httptask.designer.routes.definitions import EditedText
from httptask.designer.sampling import (
    SampleData,
    binding_tasks,
    readings_of,
    sample_from,
    sample_given,
    told_lacking,
)
from httptask.designer.workspace import AskedWorkspace
from httptask.diagnostics.fault import TextFault
from httptask.dsl.checks.known_shapes import task_before
from httptask.dsl.expression_parts import ExpressionUse
from httptask.dsl.expressions import ExpressionFailed, ExpressionLimitExceeded, ExpressionsBusy
from httptask.dsl.expressions.paths import Reading
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode
from httptask.interpreter.schemas import check_input
from httptask.json.types import is_array, is_object
from httptask.testrequest import ExpressionInvalid, NotTestable, Sample, SampleIncomplete
from httptask.testrequest.evaluation import FieldUnsampled, UnsampledField, absent_fields, try_in_task
from httptask.testrequest.naming import segments_of
from httptask.testrequest.sample import find_task

router = APIRouter(tags=["expressions"])

_LONGEST: Final = 10_000
_MOST: Final = 200
_SHOWN: Final = 300
"""Characters of a value that is too long to be sent at each key."""
_LONGEST_VALUE: Final = 20_000
_PATH: Final = re.compile(
    r'(?:\$[A-Za-z_]\w*|(?<![\w\])"]))(?:\.[A-Za-z_]\w*|\["[^"\]]*"\]|\[\d*\])*\.?[A-Za-z_]*$|\$\w*$'
)
_STEP: Final = re.compile(r'\.?(?P<name>[A-Za-z_]\w*)|\["(?P<quoted>[^"]*)"\]|\[(?P<index>\d*)\]')
_VARIABLES: Final = {
    "$tasks": "outputs of earlier tasks",
    "$workflow": "the workflow: its input, definition and id",
    "$context": "what tasks have exported",
    "$input": "the task's input",
    "$secrets": "names of secrets",
    "$task": "the task itself",
    "$runtime": "what runs the workflow",
}


class CompletionRequest(EditedText):
    """An expression that somebody writes."""

    pointer: str
    """Of the task."""
    expression: str = Field(max_length=_LONGEST)
    position: int
    """Of the cursor in it."""
    sample: SampleData = SampleData()


class Completion(BaseModel):
    """What may stand at the cursor."""

    label: str
    detail: str
    apply: str
    from_: int = Field(serialization_alias="from")
    """Where in the expression what is applied begins."""
    value: Any = None
    """Of the sample, if it has one, and that is no object or list."""


class EvaluationRequest(EditedText):
    """An expression that is tried."""

    pointer: str
    expression: str = Field(max_length=_LONGEST)
    """Or a text with some in it, as a field has it."""
    sample: SampleData = SampleData()


class ReadableRequest(EditedText):
    """A task of which it is asked what it can read."""

    pointer: str
    sample: SampleData = SampleData()


class Readable(BaseModel):
    """What a task can read, and what is asked for before its request is sent."""

    values: list[ReadableValue]
    asked: list[AskedValue]


class TriedText(EditedText):
    """A definition whose expressions are held against data."""

    sample: SampleData = SampleData()


class AbsentField(BaseModel):
    """A field that an expression reads and that the data does not have."""

    message: str
    hint: str | None


class ExpressionFault(BaseModel):
    """Why an expression has no value."""

    message: str
    hint: str | None = None
    offset: int | None = None
    missing: dict[str, list[str]] | None = None
    """What the sample lacks: `outputs` of tasks, `variables` of loops."""


class Evaluation(BaseModel):
    """The value of an expression, or why it has none."""

    value: Any = None
    begins: str | None = None
    """How its JSON begins, where there is too much of it to be sent: `value` is None then."""
    absent: list[AbsentField] = []
    """What is read, and neither in the data nor in a schema: null stands in its place."""
    unsampled: list[UnsampledField] = []
    """What is read, and in a schema, but not in the data: they may be older. That it fails then says nothing."""
    simulated: bool = False
    """Whether it reads of an answer that is made up."""
    error: ExpressionFault | None = None


@router.post("/evaluate")
async def evaluate_expression(asked: EvaluationRequest, workspace: AskedWorkspace) -> Evaluation:
    """Evaluate an expression as one of a task's own fields: `.` is the task's input. Nothing is sent."""
    _, program = await asyncio.to_thread(workspace.readable, asked.path, asked.text)
    sample = await sample_from(workspace, program, asked.pointer, asked.sample)
    try:
        return await asyncio.to_thread(_evaluated, program, asked, sample)
    except ExpressionInvalid as invalid:
        fault = invalid.fault
        offset = fault.offset if isinstance(fault, TextFault) else None
        return Evaluation(error=ExpressionFault(message=fault.message, hint=fault.hint, offset=offset))
    except SampleIncomplete as error:
        message, hint = told_lacking(error)
        missing = error.facts["missing"]
        return Evaluation(error=ExpressionFault(message=message, hint=hint, missing=missing))
    except NotTestable as error:
        return Evaluation(error=ExpressionFault(message=str(error)))
    except ExpressionFailed as failed:
        unsampled = [*failed.fields] if isinstance(failed, FieldUnsampled) else []
        told = ExpressionFault(message=failed.message, hint=failed.hint)
        return Evaluation(error=told, unsampled=unsampled)
    except (ExpressionLimitExceeded, ExpressionsBusy) as error:
        return Evaluation(error=ExpressionFault(message=str(error)))
    except TaskFault as fault:
        return Evaluation(error=_of_data(program, sample, fault.problem.detail or fault.problem.title))


@router.post("/completions")
async def complete_expression(asked: CompletionRequest, workspace: AskedWorkspace) -> list[Completion]:
    """What may stand at the cursor: variables, and what is behind them by schemas and by the sample."""
    _, program = await asyncio.to_thread(workspace.readable, asked.path, asked.text)
    node = _task(program, asked.pointer)
    sample = await sample_from(workspace, program, asked.pointer, asked.sample)
    before = asked.expression[: asked.position]
    found = _PATH.search(before)
    written = found[0] if found else ""
    begun = re.search(r"\$?\w*$", written)
    word = begun[0] if begun else ""
    start = len(before) - len(word)
    if written == word and (word.startswith("$") or not written):
        names = {**_VARIABLES, **{f"${name}": "of the loop around" for name in sorted(node.variables)}}
        return [
            Completion(label=name, detail=detail, apply=name, from_=start)
            for name, detail in names.items()
            if name.startswith(word)
        ]
    path = written.removesuffix(word).removesuffix(".")
    members = Known(program, node, sample).behind(path)
    begun_alike = [(name, *told) for name, told in members.items() if name.startswith(word)]
    return [
        Completion(label=name, detail=detail, apply=_applied(name), from_=start, value=_brief(value))
        for name, detail, value in begun_alike[:_MOST]
    ]


@router.post("/readable")
async def get_readable(asked: ReadableRequest, workspace: AskedWorkspace) -> Readable:
    """What a task can read where it stands, and what its request reads and the sample lacks."""
    _, program = await asyncio.to_thread(workspace.readable, asked.path, asked.text)
    node = _task(program, asked.pointer)
    sample = await sample_from(workspace, program, asked.pointer, asked.sample)
    known = Known(program, node, sample)
    try:
        missing = known.asked()
    except (ExpressionFailed, ExpressionLimitExceeded, ExpressionsBusy, TaskFault):
        missing = []  # what fails is told where the request is prepared
    return Readable(values=known.readable(), asked=missing)


@router.post("/absent")
def find_absent(asked: TriedText, workspace: AskedWorkspace) -> list[Finding]:
    """What expressions of all tasks read, and the latest data does not have: the text alone doesn't tell it."""
    loaded, program = workspace.readable(asked.path, asked.text)
    # Single values are given of things of which nothing else is known.
    sample = asked.sample.model_copy(update={"values": {}, "own": {}})
    uses: dict[str, list[ExpressionUse]] = {}
    for use in program.uses:
        if use.task is not None and use.expression.readings:
            uses.setdefault(use.task, []).append(use)
    return findings_at(
        loaded,
        (
            fault
            for pointer, found in uses.items()
            for fault in absent_fields(
                program, program.nodes[pointer], found, sample_given(program, pointer, sample)
            )
        ),
    )


def _of_data(program: Program, sample: Sample, told: str) -> ExpressionFault:
    """What is wrong with the data; of an input that is older than its schema, or not there, what to do about it."""
    try:
        check_input(program.definition.input, sample.input, "the latest input")
    except TaskFault as fault:
        if sample.input is None:
            message = "no input yet: run it with one, or give a value in Test request"
        else:
            message = f"{fault.problem.detail}; run it with one that fits, or give a value in Test request"
        return ExpressionFault(message=message, missing={"input": []})
    return ExpressionFault(message=told)


def _evaluated(program: Program, asked: EvaluationRequest, sample: Sample) -> Evaluation:
    tried = try_in_task(program, asked.pointer, asked.expression, sample)
    text = json.dumps(tried.value, ensure_ascii=False)
    is_short = len(text) <= _LONGEST_VALUE
    return Evaluation(
        value=tried.value if is_short else None,
        begins=None if is_short else text[:_SHOWN],
        absent=[AbsentField(message=fault.message, hint=fault.hint) for fault in tried.absent],
        unsampled=[*tried.unsampled],
        simulated=_reads_simulated(program, asked, tried.readings),
    )


def _reads_simulated(program: Program, asked: EvaluationRequest, readings: Sequence[Reading]) -> bool:
    made_up = {*asked.sample.simulated}
    return bool(made_up) and _is_of(
        program, find_task(program, asked.pointer), asked.sample, readings, made_up
    )


def _is_of(
    program: Program, node: TaskNode, sample: SampleData, readings: Sequence[Reading], made_up: set[str]
) -> bool:
    """Whether something is read of a task whose output is made up: by its name, as the input or the item it gives."""
    before = task_before(program, node)
    binding = binding_tasks(program, node)
    for reading in readings:
        if reading.variable == "tasks" and (not reading.path or reading.path[0] in made_up):
            return True
        if reading.variable in (None, "input") and before is not None and before.name in made_up:
            return True
        owner = binding.get(reading.variable or "")
        if owner is None or any(
            segments_of(name)[:1] == [reading.variable] for name in sample.own.get(owner.name, ())
        ):
            continue
        if _is_of(program, owner, sample, readings_of(owner), made_up):
            return True
    return False


def _brief(value: Any) -> Any:
    if is_object(value) or is_array(value):
        return None
    return value[:_SHOWN] if isinstance(value, str) else value


def _task(program: Program, pointer: str) -> TaskNode:
    try:
        return find_task(program, pointer)
    except NotTestable as error:
        raise Problem(404, str(error)) from None


def _applied(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else f'"{name}"'
