from collections.abc import Callable
from typing import Any

import pytest

from httptask.diagnostics.fault import Fault
from httptask.dsl.expressions import Expression, parse_expression, parse_template
from httptask.dsl.expressions.evaluation import LIMIT, Scope, evaluate
from httptask.dsl.expressions.helper_process import Limit
from httptask.dsl.expressions.rendering import Rendered, render

POINTER = "/do/0/task/field"


@pytest.fixture
def parse() -> Callable[[str], Expression]:
    """Parses an expression that has no faults."""

    def run(text: str) -> Expression:
        faults: list[Fault] = []
        expression = parse_expression(text, POINTER, faults)
        assert expression is not None, faults
        return expression

    return run


@pytest.fixture
def value_of(parse: Callable[[str], Expression]) -> Callable[..., Any]:
    """Evaluates an expression: `value_of(".a", {"a": 1}, limit=…, variable=…)`."""

    def run(text: str, dot: Any = None, /, *, limit: Limit = LIMIT, **variables: Any) -> Any:
        return evaluate(parse(text), Scope(dot, variables), limit=limit)

    return run


@pytest.fixture
def rendered() -> Callable[..., Rendered]:
    """Renders a template that has no faults: `rendered({"a": "${ .a }"}, {"a": 1}, variable=…)`."""

    def run(value: Any, dot: Any = None, /, **variables: Any) -> Rendered:
        faults: list[Fault] = []
        template = parse_template(value, POINTER, faults)
        assert template is not None, faults
        return render(template, Scope(dot, variables))

    return run
