"""What the models and the servers that a definition names don't take."""

from collections.abc import Iterator, Mapping

from httptask.chat.model_rules import model_faults
from httptask.chat.provider_rules import provider_faults
from httptask.chat.unknown import with_unknown
from httptask.dsl.faults import Fault, Severity
from httptask.dsl.functions import CHAT_EXTRA_ARGUMENTS, ChatCompletionArguments
from httptask.dsl.model import CallTask
from httptask.dsl.program import Program
from httptask.dsl.structure.chat import is_expression
from httptask.http.connections import Connection

__all__ = ["model_warnings"]


def model_warnings(program: Program, connections: Mapping[str, Connection]) -> Iterator[Fault]:
    """Fields of chat requests, as far as they are written out, that their model or their server does not take.

    Args:
        program: the definition.
        connections: by name.
    """
    for node in program.nodes.values():
        if not isinstance(node.arguments, ChatCompletionArguments) or not isinstance(node.task, CallTask):
            continue
        if program.rules_for(node) == "off":
            continue
        body = {key: value for key, value in node.task.with_.items() if key not in CHAT_EXTRA_ARGUMENTS}
        known = with_unknown(body, is_expression)
        connection = connections.get(node.arguments.connection)
        faults = [*model_faults(known, connection.model_rules if connection else {})]
        faults += provider_faults(known, connection.provider if connection else None)
        for fault in faults:
            place = f"{node.pointer}/with{fault.pointer}"
            yield Fault(place, "chat-model", fault.message, fault.hint, Severity.WARNING)
