"""The parts of a definition that hold expressions: what they are called, and how they are compiled."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from httptask.diagnostics.fault import Fault
from httptask.dsl.expressions import (
    Expression,
    Template,
    parse_address,
    parse_expression,
    parse_template,
)
from httptask.dsl.expressions.loose import loosened
from httptask.dsl.model import DurationLiteral, Timeout, Use
from httptask.json.pointer import child_pointer

__all__ = [
    "EXPORT",
    "IF",
    "INPUT",
    "OUTPUT",
    "TIMEOUT",
    "WORKFLOW_INPUT",
    "WORKFLOW_OUTPUT",
    "WORKFLOW_TIMEOUT",
    "Compiled",
    "ExpressionUse",
    "Part",
    "PartsBuilder",
    "Place",
    "TemplateUse",
]

Place = Literal[
    "workflow-input",
    "workflow-output",
    "if",
    "input",
    "definition",
    "while",
    "event",
    "filter",
    "page",
    "output",
    "export",
]
"""Where an expression stands; dsl.md (Runtime expression arguments) says what each place can see."""

Compiled = Expression | Template


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a task, or of the workflow itself, that holds an expression or a template.

    Attributes:
        name: tells it from the other parts of its task.
        place: what its expressions see.
        is_condition: whether it yields true or false.
    """

    name: str
    place: Place = "definition"
    is_condition: bool = False


IF: Final = Part("if", "if", is_condition=True)
INPUT: Final = Part("input", "input")
OUTPUT: Final = Part("output", "output")
EXPORT: Final = Part("export", "export")
TIMEOUT: Final = Part("timeout")
WORKFLOW_INPUT: Final = Part("input", "workflow-input")
WORKFLOW_OUTPUT: Final = Part("output", "workflow-output")
WORKFLOW_TIMEOUT: Final = Part("timeout", "workflow-input")


@dataclass(frozen=True, slots=True)
class ExpressionUse:
    """Where an expression stands.

    Attributes:
        task: pointer of its task, None for the workflow's own.
        variables: what it sees beside the variables of its place and of the loops around its task.
    """

    pointer: str
    expression: Expression
    task: str | None
    place: Place
    variables: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """Where a template stands; its expressions are among `Program.uses` as well."""

    pointer: str
    template: Template
    task: str | None
    place: Place


class PartsBuilder:
    """Compiles the parts of one task, or of the workflow itself, and notes where each stands.

    Expressions that can't be parsed are appended to the faults and left out.

    Attributes:
        use: the definition's `use`, whose parts tasks refer to by name.

    Args:
        task: pointer of the task; None of the workflow.
        use: see above.
        faults: takes what is wrong.
        loose: whether data may hold expressions without `${ }`.
    """

    def __init__(self, task: str | None, use: Use, faults: list[Fault], *, loose: bool = False) -> None:
        self.use = use
        self._loose = loose
        self.parts: dict[Part, Compiled] = {}
        self.uses: list[ExpressionUse] = []
        self.templates: list[TemplateUse] = []
        self._task = task
        self._faults = faults

    def expression(self, part: Part, pointer: str, text: str | None, *, binds: Iterable[str] = ()) -> None:
        """Compile an expression, if there is one; `binds` are variables that only it sees."""
        if text is None:
            return
        parsed = parse_expression(text, pointer, self._faults, condition=part.is_condition)
        if parsed is not None:
            self.parts[part] = parsed
            self.uses.append(ExpressionUse(pointer, parsed, self._task, part.place, frozenset(binds)))

    def template(self, part: Part, pointer: str, value: Any, *, binds: Iterable[str] = ()) -> None:
        """Compile data that may hold expressions and secrets; `binds` are variables that only they see."""
        if self._loose:
            value = loosened(value, pointer)
        self._keep(part, pointer, parse_template(value, pointer, self._faults), frozenset(binds))

    def address(self, part: Part, pointer: str, value: str) -> None:
        """Compile a URL: on its own, for text put into it is percent-encoded."""
        self._keep(part, pointer, parse_address(value, pointer, self._faults))

    def transformation(self, part: Part, pointer: str, value: Any) -> None:
        """Compile an expression or a template, if there is one."""
        if isinstance(value, str):
            self.expression(part, pointer, value)
        elif value is not None:
            self.template(part, pointer, value)

    def duration(
        self, part: Part, pointer: str, value: DurationLiteral, *, binds: Iterable[str] = ()
    ) -> None:
        """Compile a duration, which may be an expression; `binds` are variables that only it sees."""
        written = value if isinstance(value, str) else value.model_dump(exclude_defaults=True)
        self.template(part, pointer, written, binds=binds)

    def timeout(self, part: Part, pointer: str, timeout: Timeout | str | None) -> None:
        """Compile a timeout given in place, or by the name it has under `use.timeouts`."""
        if isinstance(timeout, str):
            pointer, timeout = child_pointer("/use/timeouts", timeout), self.use.timeouts.get(timeout)
        if timeout is not None:
            self.duration(part, f"{pointer}/after", timeout.after)

    def _keep(
        self, part: Part, pointer: str, parsed: Template | None, binds: frozenset[str] = frozenset()
    ) -> None:
        if parsed is None:
            return
        self.parts[part] = parsed
        self.templates.append(TemplateUse(pointer, parsed, self._task, part.place))
        self.uses += [
            ExpressionUse(at, found, self._task, part.place, binds) for at, found in parsed.expressions
        ]
