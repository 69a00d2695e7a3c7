"""Which events a `listen` means, held against the values of a run."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from httptask.dsl.expressions import Expression, Template, TemplateText, parse_expression
from httptask.dsl.locate import value_at
from httptask.dsl.tasks.listen import EventFilter, expectation_of, extraction_of, properties_of
from httptask.interpreter.listens import EventCheck, is_same
from httptask.interpreter.task_context import TaskContext
from httptask.json.pointer import json_pointer
from httptask.json.types import is_array, is_object

__all__ = ["FilterOfRun"]

_PATTERN_SIGNS: Final = frozenset("\\^$*+?()[]{}|")


class FilterOfRun:
    """One filter of a task, with the values that it has in a run.

    Args:
        context: of the task.
        index: of the filter among those of the task.
        written: the filter.
        expected: what correlations without an `expect` of their own have to be, by name.

    Attributes:
        checks: what holds of every event that is meant.
    """

    def __init__(
        self, context: TaskContext, index: int, written: EventFilter, expected: Mapping[str, Any]
    ) -> None:
        self._context = context
        self._index = index
        self._conditions: list[tuple[tuple[str | int, ...], Template]] = []
        self.checks: list[EventCheck] = []
        properties = context.node.parts[properties_of(index)]
        assert isinstance(properties, Template)  # which is how it was compiled
        self._expressions = dict[str, list[Expression]]()
        for pointer, expression in properties.expressions:
            self._expressions.setdefault(pointer, []).append(expression)
        self._add(properties.value, (), properties.pointer)
        self._open: list[str] = []
        for name, correlation in written.correlate.items():
            if correlation.expect is None and name not in expected:
                self._open.append(name)
                continue
            source = context.node.expression(extraction_of(index, name))
            own = expected[name] if correlation.expect is None else context.value(expectation_of(index, name))
            self.checks.append(EventCheck(take=source and source.source, equals=own))

    def means(self, event: Mapping[str, Any], correlations: Mapping[str, Any]) -> dict[str, Any] | None:
        """Whether an event is meant.

        Args:
            event: that has come.
            correlations: the values that events before it have set, by name.

        Returns:
            The values that it sets or has; None where it is not meant.

        Raises:
            TaskFault: an expression failed on it.
        """
        if not all(check.holds(event, self._take) for check in self.checks):
            return None
        if not all(self._is_met(condition, value_at(event, at)) for at, condition in self._conditions):
            return None
        found = {name: self._value(extraction_of(self._index, name), event) for name in self._open}
        if any(value is None or value != correlations.get(name, value) for name, value in found.items()):
            return None
        return found

    def _add(self, expected: Any, at: tuple[str | int, ...], pointer: str) -> None:
        """Take in what stands at a place of the properties."""
        if isinstance(expected, TemplateText):
            self._add_computed(expected, at, pointer + json_pointer(at))
        elif is_object(expected) and expected:
            for key, inner in expected.items():
                self._add(inner, (*at, key), pointer)
        elif is_array(expected) and _is_computed(expected):
            for index, inner in enumerate(expected):
                self._add(inner, (*at, index), pointer)
        elif isinstance(expected, str) and _is_pattern(expected):
            self.checks.append(EventCheck(at=at, matches=expected))
        else:
            self.checks.append(EventCheck(at=at, equals=expected))

    def _add_computed(self, expected: TemplateText, at: tuple[str | int, ...], pointer: str) -> None:
        expressions = tuple((pointer, found) for found in self._expressions[pointer])
        template = Template(pointer, expected, expressions, ())
        if any(found.reads_dot for _, found in expressions):
            self._conditions.append((at, template))
        else:
            value = self._evaluate(template, None)
            self.checks.append(EventCheck(at=at, equals=value))

    def _is_met(self, condition: Template, found: Any) -> bool:
        result = self._evaluate(condition, found)
        return result if isinstance(result, bool) else is_same(found, result)

    def _value(self, part: Any, event: Mapping[str, Any]) -> Any:
        return self._evaluate(self._context.node.parts[part], event)

    def _take(self, source: str, value: Any) -> Any:
        return self._evaluate(_parsed(source, self._context.node.pointer), value)

    def _evaluate(self, part: Expression | Template, dot: Any) -> Any:
        return self._context.services.evaluator.transform(part, dot, self._context.variables)


def _is_computed(value: Any) -> bool:
    if isinstance(value, TemplateText):
        return True
    inner: Iterator[Any] = iter(value.values() if is_object(value) else value if is_array(value) else ())
    return any(_is_computed(each) for each in inner)


@lru_cache(maxsize=256)
def _is_pattern(text: str) -> bool:
    """Whether a text can be a regular expression that says more than itself: a dot alone does not."""
    if _PATTERN_SIGNS.isdisjoint(text):
        return False
    try:
        re.compile(text)
    except re.error:
        return False
    return True


@lru_cache(maxsize=256)
def _parsed(source: str, pointer: str) -> Expression:
    expression = parse_expression(source, pointer, [])
    assert expression is not None  # it was parsed before, or made here
    return expression
