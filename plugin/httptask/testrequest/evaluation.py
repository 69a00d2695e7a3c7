"""One expression, tried where a task of a definition would see it."""

from typing import Any

from httptask.diagnostics.fault import Fault
from httptask.dsl.checks.references import reference_faults
from httptask.dsl.expression_parts import INPUT, ExpressionUse
from httptask.dsl.expressions import parse_expression
from httptask.dsl.expressions.compiling import compile_check
from httptask.dsl.expressions.evaluation import evaluate
from httptask.dsl.program import Program
from httptask.interpreter.variables import scope_for
from httptask.testrequest.naming import in_function, reads_input
from httptask.testrequest.sample import Place, Sample, find_task

__all__ = ["ExpressionInvalid", "evaluate_in_task"]


class ExpressionInvalid(ValueError):
    """The text is no expression, or reads what is not there.

    Attributes:
        fault: the first of what is wrong.
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def evaluate_in_task(program: Program, task: str, text: str, sample: Sample) -> Any:
    """The value of an expression among the own fields of a task, where `.` is the task's input.

    Args:
        program: the definition.
        task: name or JSON Pointer of a task.
        text: the expression; `${ }` around it may be left out.
        sample: the data that the task would find.

    Raises:
        NotTestable: no such task, or the sample lacks what the expression reads (`SampleIncomplete`).
        ExpressionInvalid: it can't be evaluated.
        ExpressionFailed: it failed, or the task's `input.from` did.
        ExpressionLimitExceeded: it met a bound.
        TaskFault: the sample is not what a schema wants.
    """
    node = find_task(program, task)
    sample = in_function(program, node, sample)
    faults: list[Fault] = []
    expression = parse_expression(text, "", faults)
    if expression is not None:
        use = ExpressionUse("", expression, node.pointer, "definition")
        faults += compile_check([expression]) or reference_faults(program, use)
    if expression is None or faults:
        raise ExpressionInvalid(faults[0])
    sample.require(node, [expression], "the expression")
    needs_input = INPUT in node.parts or reads_input(node, expression.readings)
    place = Place.of(program, node, sample, needs_input=needs_input)
    return evaluate(expression, scope_for(expression, place.execution.input, place.variables))
