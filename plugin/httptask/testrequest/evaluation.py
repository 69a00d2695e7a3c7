"""What stands in a field, tried where a task of a definition would see it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.dsl.checks.references import reference_faults
from httptask.dsl.checks.shapes import shape_read
from httptask.dsl.expression_parts import INPUT, ExpressionUse
from httptask.dsl.expressions import (
    ExpressionFailed,
    Template,
    TemplateText,
    has_expression,
    parse_expression,
    parse_template,
)
from httptask.dsl.expressions.compiling import compile_check
from httptask.dsl.expressions.evaluation import Scope
from httptask.dsl.expressions.paths import Reading
from httptask.dsl.expressions.rendering import Rendered, render
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode
from httptask.dsl.value_shape import ValueShape
from httptask.interpreter.variables import scope_for
from httptask.json.types import is_array, is_object
from httptask.testrequest.naming import in_function, reads_input
from httptask.testrequest.sample import Place, Sample, find_task

__all__ = [
    "ExpressionInvalid",
    "FieldUnsampled",
    "Tried",
    "UnsampledField",
    "absent_fields",
    "evaluate_in_task",
    "try_in_task",
]

_BEFORE_INPUT: Final = ("if", "input")
"""Places whose `.` is the input of a task before its `input.from`."""


class ExpressionInvalid(ValueError):
    """The text is no expression, or reads what is not there.

    Attributes:
        fault: the first of what is wrong.
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class UnsampledField:
    """A field that a schema has, and that the data, which may be older, don't.

    Attributes:
        name: of the field.
        of: what it is read of, as an expression has it: `$workflow.input`.
    """

    name: str
    of: str


class FieldUnsampled(ExpressionFailed):
    """It failed, and reads fields that a schema has and the data don't.

    Attributes:
        fields: these.
    """

    def __init__(self, failed: ExpressionFailed, fields: Sequence[UnsampledField]) -> None:
        super().__init__(failed.pointer, failed.message, failed.hint)
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a text.

    Attributes:
        value: of the expression, or the text with the values of its expressions; secrets stand as `$NAME`.
        absent: fields that it reads, and that neither the data nor a schema has.
        unsampled: fields that it reads, and that a schema has and the data don't.
        readings: all that its expressions read.
    """

    value: Any
    absent: Sequence[Fault]
    unsampled: Sequence[UnsampledField]
    readings: Sequence[Reading]


def evaluate_in_task(program: Program, task: str, text: str, sample: Sample) -> Any:
    """The value of an expression among the own fields of a task, where `.` is the task's input.

    Args:
        program: the definition.
        task: name or JSON Pointer of a task.
        text: the expression; `${ }` around it may be left out. Or a text with some in it, as a field has it.
        sample: the data that the task would find.

    Raises:
        NotTestable: no such task, or the sample lacks what the expression reads (`SampleIncomplete`).
        ExpressionInvalid: it can't be evaluated.
        ExpressionFailed: it failed, or the task's `input.from` did; `FieldUnsampled` where the data lack what is read.
        ExpressionLimitExceeded: it met a bound.
        TaskFault: the sample is not what a schema wants.
    """
    return try_in_task(program, task, text, sample).value


def try_in_task(program: Program, task: str, text: str, sample: Sample) -> Tried:
    """The same, with what else is to be said of it."""
    node = find_task(program, task)
    sample = in_function(program, node, sample)
    faults: list[Fault] = []
    template = _template_of(text, faults)
    expressions = [] if template is None else [one for _, one in template.expressions]
    uses = [ExpressionUse("", one, node.pointer, "definition") for one in expressions]
    faults += compile_check(expressions) or [
        fault for use in uses for fault in reference_faults(program, use)
    ]
    if template is None or faults:
        raise ExpressionInvalid(faults[0])
    sample.require(node, expressions, "the expression")
    readings = [reading for one in expressions for reading in one.readings]
    needs_input = INPUT in node.parts or reads_input(node, readings)
    place = Place.of(program, node, sample, needs_input=needs_input)
    scope = scope_for(template, place.execution.input, place.variables)
    lacking = [_lacking(program, use, reading, scope) for use in uses for reading in use.expression.readings]
    absent = [one for one in lacking if isinstance(one, Fault)]
    unsampled = [one for one in lacking if isinstance(one, UnsampledField)]
    try:
        return Tried(_shown(render(template, scope)), absent, unsampled, readings)
    except ExpressionFailed as failed:
        if absent:
            raise ExpressionInvalid(absent[0]) from None
        if unsampled:
            raise FieldUnsampled(failed, unsampled) from None
        raise


def absent_fields(
    program: Program, node: TaskNode, uses: Iterable[ExpressionUse], sample: Sample
) -> Iterator[Fault]:
    """Fields that expressions of a task read of what is known, and that neither the data nor a schema has.

    Known are outputs, loop variables, and the task's input. What was given of the workflow's input is one input of
    many: of it nothing is told.

    Args:
        program: the definition.
        node: the task.
        uses: of expressions, in it.
        sample: what is known. Of what it lacks nothing is told.
    """
    is_passed_on = sample.task_input is not None
    is_raw = node.task.input is None or node.task.input.from_ is None
    known = {"tasks": dict(sample.outputs), **sample.variables}
    if is_passed_on and is_raw:
        known["input"] = sample.task_input
    scope = Scope(sample.task_input, known)
    for use in uses:
        is_input = is_passed_on and (use.place in _BEFORE_INPUT or (is_raw and use.place == "definition"))
        for reading in use.expression.readings:
            if reading.variable == "tasks":
                is_known = reading.path[:1] != () and reading.path[0] in sample.outputs
            else:
                is_known = is_input if reading.variable is None else reading.variable in known
            found = _lacking(program, use, reading, scope) if is_known else None
            if isinstance(found, Fault):
                yield found


def _template_of(text: str, faults: list[Fault]) -> Template | None:
    if has_expression(text):
        return parse_template(text, "", faults)
    expression = parse_expression(text, "", faults)
    return None if expression is None else Template("", TemplateText((expression,)), (("", expression),), ())


def _shown(rendered: Rendered) -> Any:
    """The value with the names of secrets, which stand in texts only, where they belong."""
    value = rendered.value
    for reference in reversed(rendered.secrets):
        value = value[: reference.offset] + reference.variable + value[reference.offset :]
    return value


def _lacking(
    program: Program, use: ExpressionUse, reading: Reading, scope: Scope
) -> Fault | UnsampledField | None:
    """The first field that the data don't have: behind one that is not there nothing is known."""
    if reading.tested:  # who asks whether it is there knows that it may not be
        return None
    shape, skipped = shape_read(program, use, reading)
    values = [scope.dot if reading.variable is None else scope.variables.get(reading.variable)]
    text = f"${reading.variable}" if reading.variable else ""
    for index, key in enumerate(reading.path + reading.piped):
        before = text or "."
        if key is None:
            text = f"{before}[]"
            values = [item for one in values if is_array(one) for item in one]
            shape = None if shape is None else shape.item()
            continue
        text = f"{text}.{key}"
        objects = [one for one in values if is_object(one)]
        step = None if shape is None or index < skipped else shape.read(key)
        if objects and not any(key in one for one in objects):
            if isinstance(step, ValueShape):
                return UnsampledField(key, before)
            known = list(dict.fromkeys(name for one in objects for name in one))
            hint = hint_for_unknown(key, known, "fields")
            message = f"there is no field `{key}` in `{before}`"
            return TextFault(
                use.pointer, "absent-field", message, hint, Severity.WARNING, offset=reading.offset
            )
        values = [one[key] for one in objects if key in one]
        if index >= skipped:
            shape = step if isinstance(step, ValueShape) else None
    return None
