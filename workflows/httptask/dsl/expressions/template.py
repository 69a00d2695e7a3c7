"""A JSON value whose strings may hold expressions and secrets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.expressions.expression import Expression, read_expression
from httptask.dsl.expressions.joined_text import text_parts
from httptask.dsl.expressions.lexer import Lexed, lex
from httptask.dsl.expressions.paths import static_path
from httptask.json.pointer import child_pointer
from httptask.json.types import is_object

__all__ = [
    "Secret",
    "Template",
    "TemplateText",
    "as_literal",
    "expressions_of",
    "has_expression",
    "is_expression",
    "parse_address",
    "parse_template",
    "read_literal",
]

_MOST_SECRET_KEYS = 2


@dataclass(frozen=True, slots=True)
class Secret:
    """A mention of a secret: `$secrets.NAME` or `$secrets.NAME.field`.

    Attributes:
        pointer: JSON Pointer of the string it stands in, from the template's root.
        offset: index of its `${` in that string as it is written, in code points.
    """

    pointer: str
    offset: int
    name: str
    field: str | None


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A string with expressions or secrets in it, in order."""

    parts: tuple[str | Expression | Secret, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A JSON value to be rendered.

    Attributes:
        pointer: JSON Pointer of the value in the definition.
        value: the value, with a `TemplateText` for each string that must be rendered.
        expressions: each expression, in order, behind the pointer of its string in the definition.
        secrets: each mention of a secret, in order.
    """

    pointer: str
    value: Any
    expressions: tuple[tuple[str, Expression], ...]
    secrets: tuple[Secret, ...]

    @property
    def is_literal(self) -> bool:
        """Whether it holds neither expressions nor secrets."""
        return not self.expressions and not self.secrets


def is_expression(value: Any) -> bool:
    """Whether a template's value is one expression and nothing else, so that it keeps its type."""
    return (
        isinstance(value, TemplateText) and len(value.parts) == 1 and isinstance(value.parts[0], Expression)
    )


def has_expression(value: Any) -> bool:
    """Whether a value as it is written is known only when its task runs."""
    return isinstance(value, str) and "${" in value


def expressions_of(part: Expression | Template) -> list[Expression]:
    """An expression itself, or those of a template."""
    return [part] if isinstance(part, Expression) else [one for _, one in part.expressions]


def as_literal(text: str) -> str:
    """A text as a definition writes it, so that no part of it is an expression."""
    return text.replace("${", "$${")


def read_literal(text: str) -> str:
    """A text that `as_literal` wrote."""
    return text.replace("$${", "${")


def parse_template(value: Any, pointer: str, faults: list[Fault]) -> Template | None:
    """Parse a value: `${ … }` in a string is an expression or a secret, `$${` a literal `${`.

    Args:
        value: any JSON value.
        pointer: its JSON Pointer in the definition.
        faults: takes what is wrong, all of it.

    Returns:
        The template, None when it has faults.
    """
    parser = _Parser(pointer)
    skeleton = parser.parse(value, "")
    faults += parser.faults
    if parser.faults:
        return None
    return Template(pointer, skeleton, tuple(parser.expressions), tuple(parser.secrets))


def parse_address(value: Any, pointer: str, faults: list[Fault]) -> Template | None:
    """Parse an address: as `parse_template` does, and with what one expression joins taken apart (`joined_text`)."""
    template = parse_template(value, pointer, faults)
    if template is None or not isinstance(value, str) or not is_expression(template.value):
        return template
    parts = text_parts(value, pointer)
    if parts is None:
        return template
    expressions = tuple((pointer, part) for part in parts if isinstance(part, Expression))
    text = TemplateText(parts) if expressions else "".join(map(str, parts))
    return Template(pointer, text, expressions, ())


class _Parser:
    def __init__(self, root: str) -> None:
        self.root = root
        self.faults: list[Fault] = []
        self.expressions: list[tuple[str, Expression]] = []
        self.secrets: list[Secret] = []

    def parse(self, value: Any, pointer: str) -> Any:
        if isinstance(value, str):
            return self.text(value, pointer)
        if is_object(value):
            return {
                self.key(key, pointer): self.parse(item, child_pointer(pointer, key))
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            items = cast("Sequence[Any]", value)
            return [self.parse(item, child_pointer(pointer, index)) for index, item in enumerate(items)]
        return value

    def key(self, key: str, pointer: str) -> str:
        """Keys hold no expressions; `$${` is a literal there too."""
        literal = key.replace("$${", "")
        if "${" in literal:
            at = child_pointer(self.root + pointer, key)
            hint = "build the object in one expression: `${ { (.key): .value } }`"
            self.faults.append(
                TextFault(at, "expression-in-key", f"the key `{key}` holds an expression", hint, at_key=True)
            )
        return read_literal(key)

    def text(self, text: str, pointer: str) -> str | TemplateText:
        parts: list[str | Expression | Secret] = []
        literal = ""
        at = 0
        while (found := text.find("${", at)) >= 0:
            if found > at and text[found - 1] == "$":
                literal += text[at : found - 1] + "${"
                at = found + 2
                continue
            literal += text[at:found]
            lexed = lex(text, found + 2, braced=True)
            part = self.part(text, lexed, pointer, found)
            if literal:
                parts.append(literal)
                literal = ""
            if part is not None:
                parts.append(part)
            at = lexed.end
        literal += text[at:]
        if not parts:
            return literal
        return TemplateText((*parts, literal) if literal else tuple(parts))

    def part(self, text: str, lexed: Lexed, pointer: str, start: int) -> Expression | Secret | None:
        """What stands between one pair of braces; None when it has faults."""
        secret = _secret(lexed, pointer, start)
        if secret is not None:
            self.secrets.append(secret)
            return secret
        expression, faults = read_expression(text, lexed, self.root + pointer)
        if expression is None or faults:
            self.faults += faults
            return None
        self.expressions.append((self.root + pointer, expression))
        return expression


def _secret(lexed: Lexed, pointer: str, start: int) -> Secret | None:
    """The secret, if the expression is exactly its name."""
    if lexed.fault is not None or not lexed.tokens or lexed.tokens[0].text != "$secrets":
        return None
    path, end = static_path(lexed.tokens, 1)
    keys = [key for key in path if key is not None]
    if end < len(lexed.tokens) or lexed.tokens[-1].text == "?" or len(keys) < len(path):
        return None
    if not 0 < len(keys) <= _MOST_SECRET_KEYS:
        return None
    return Secret(pointer, start, keys[0], keys[1] if len(keys) > 1 else None)
