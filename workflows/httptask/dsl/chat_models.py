"""What the models that a definition names don't take."""

from collections.abc import Iterator, Mapping

from httptask.chat.model_rules import Takes, model_faults
from httptask.chat.unknown import with_unknown
from httptask.dsl.faults import Fault, Severity
from httptask.dsl.functions import CHAT_EXTRA_ARGUMENTS, ChatCompletionArguments
from httptask.dsl.model import CallTask
from httptask.dsl.program import Program
from httptask.dsl.structure.calls import is_expression

__all__ = ["model_warnings"]


def model_warnings(program: Program, rules: Mapping[str, Mapping[str, Takes]]) -> Iterator[Fault]:
    """Fields of chat requests, as far as they are written out, that their model does not take.

    Args:
        program: the definition.
        rules: `model_rules` of each connection, by its name.
    """
    for node in program.nodes.values():
        if not isinstance(node.arguments, ChatCompletionArguments) or not isinstance(node.task, CallTask):
            continue
        if program.rules_for(node) == "off":
            continue
        body = {key: value for key, value in node.task.with_.items() if key not in CHAT_EXTRA_ARGUMENTS}
        for fault in model_faults(
            with_unknown(body, is_expression), rules.get(node.arguments.connection, {})
        ):
            place = f"{node.pointer}/with{fault.pointer}"
            yield Fault(place, "chat-model", fault.message, fault.hint, Severity.WARNING)
