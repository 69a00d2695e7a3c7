"""`call: activity`: an activity of the user's own workers."""

from collections.abc import Iterator
from typing import Any, Final

from httptask.activities.names import OURS
from httptask.chat.strictness import Level
from httptask.diagnostics.fault import Fault
from httptask.diagnostics.words import quoted
from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.expressions import has_expression
from httptask.dsl.model import DefinitionModel
from httptask.dsl.tasks.kind import CallKind, TaskNode
from httptask.json.pointer import child_pointer

__all__ = ["ACTIVITY", "ARGUMENTS"]

ARGUMENTS: Final = Part("arguments")


class ActivityArguments(DefinitionModel):
    """`call: activity`: an activity of the user's own workers, which `httptask.toml` has to allow."""

    type: str
    """Temporal activity type: the name that it is registered under."""
    arguments: list[Any] | str = []
    """Its arguments, in order."""


class _Activity(CallKind[ActivityArguments]):
    function = "activity"
    spec_model = ActivityArguments
    does = "runs an activity of your own workers: [activities](#activities-of-your-own)"
    yields = "its result"

    def headline(self, node: TaskNode) -> str:
        return self.spec(node).type

    def compile(self, parts: PartsBuilder, pointer: str, spec: ActivityArguments) -> None:
        parts.template(ARGUMENTS, f"{pointer}/with/arguments", spec.arguments)

    def activity(self, node: TaskNode) -> str:
        return self.spec(node).type

    def argument_faults(self, pointer: str, arguments: dict[str, Any], rules: Level) -> Iterator[Fault]:
        type_, given = arguments.get("type"), arguments.get("arguments")
        at = child_pointer(pointer, "type")
        if isinstance(type_, str) and type_.startswith(OURS):
            hint = "write `call: httpRequest` or `call: chatCompletion`"
            yield Fault(at, "own-activity", f"{quoted(type_)} is an activity of httptask", hint)
        elif has_expression(type_):  # which activity is called has to be known before the run, to be allowed
            hint = "write the name; `switch` chooses between several"
            yield Fault(at, "expression-not-here", "`type` is a name, not an expression", hint)
        if isinstance(given, str) and not has_expression(given):
            hint = 'write a list, such as ["${ .id }"], or an expression that yields one'
            yield Fault(child_pointer(pointer, "arguments"), "wrong-type", "`arguments` is not a list", hint)


ACTIVITY: Final = _Activity()
