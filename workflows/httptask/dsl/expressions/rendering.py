"""Renders templates: expressions become their values, secrets become references beside the value."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from httptask.diagnostics.cutting import in_one_line
from httptask.dsl.expressions.errors import ExpressionFailed
from httptask.dsl.expressions.evaluation import LIMIT, Scope, evaluate_all
from httptask.dsl.expressions.expression import Expression
from httptask.dsl.expressions.helper_process import Limit
from httptask.dsl.expressions.template import Secret, Template, TemplateText, is_expression
from httptask.http.secret_reference import SecretReference
from httptask.json.pointer import child_pointer
from httptask.json.types import is_array, is_object

__all__ = ["Rendered", "render"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered template.

    Attributes:
        value: a JSON value; shares what is literal with the template, so it is not to be changed.
        secrets: where secrets belong in it: pointers from its root, offsets in its strings.
        computed: whether the whole value is what one expression yielded.
    """

    value: Any
    secrets: tuple[SecretReference, ...]
    computed: bool = False


def render(
    template: Template,
    scope: Scope,
    *,
    limit: Limit = LIMIT,
    encode: Callable[[str], str] | None = None,
) -> Rendered:
    """Render a template, all its expressions in one round trip.

    A string that is one expression becomes the expression's value. Between other text, text stands as it is,
    numbers, booleans, objects and lists as JSON, and null is an error.

    Args:
        template: a parsed template.
        scope: what its expressions see.
        limit: how long all of them may take.
        encode: applied to what an expression puts between other text, percent-encoding for a URL for example.

    Raises:
        ExpressionFailed: an expression failed, or put null into a text.
        ExpressionLimitExceeded: they met a bound on time or memory.
        ExpressionsBusy: no helper process was free, or the machine is too busy to say what takes them so long.
    """
    if template.is_literal:
        return Rendered(template.value, ())
    expressions = [expression for _, expression in template.expressions]
    renderer = _Renderer(iter(evaluate_all(expressions, scope, limit=limit) if expressions else ()), encode)
    value = renderer.render(template.value, "")
    return Rendered(value, tuple(renderer.secrets), is_expression(template.value))


class _Renderer:
    """Walks a template in the order it was parsed in, and takes the values in that order."""

    def __init__(self, values: Iterator[Any], encode: Callable[[str], str] | None) -> None:
        self.values = values
        self.encode = encode
        self.secrets: list[SecretReference] = []

    def render(self, value: Any, pointer: str) -> Any:
        if isinstance(value, TemplateText):
            return self.text(value, pointer)
        if is_object(value):
            return {key: self.render(item, child_pointer(pointer, key)) for key, item in value.items()}
        if is_array(value):
            return [self.render(item, child_pointer(pointer, index)) for index, item in enumerate(value)]
        return value

    def text(self, template: TemplateText, pointer: str) -> Any:
        if is_expression(template):
            return next(self.values)
        text = ""
        for part in template.parts:
            if isinstance(part, Secret):
                reference = SecretReference(
                    pointer=pointer, offset=len(text), name=part.name, field=part.field
                )
                self.secrets.append(reference)
            elif isinstance(part, Expression):
                inserted = _as_text(part, next(self.values))
                text += self.encode(inserted) if self.encode else inserted
            else:
                text += part
        return text


def _as_text(expression: Expression, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        source = in_one_line(expression.source)
        hint = f'if it may be missing, give a default: `${{ {source} // "" }}`'
        raise ExpressionFailed(expression.pointer, f"`{source}` is null and can't stand in a text", hint)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
