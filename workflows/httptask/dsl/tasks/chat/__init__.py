"""`call: chatCompletion`: a question to a model, with tasks that answer the tools it calls."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from httptask.chat.fields.json_schema import body_schema
from httptask.chat.models import CALL_FIELDS, Completion
from httptask.chat.strictness import Level
from httptask.connections.connection import Connection
from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.model import Use
from httptask.dsl.tasks.chat.arguments import EXTRA_ARGUMENTS, ChatCompletionArguments
from httptask.dsl.tasks.chat.servers import server_faults
from httptask.dsl.tasks.chat.written import chat_faults
from httptask.dsl.tasks.kind import Body, CallKind, TaskNode
from httptask.dsl.value_shape import ValueShape
from httptask.http.limits import CHAT_DEFAULTS, CHAT_STREAM_DEFAULTS, Limits
from httptask.json.pointer import child_pointer
from httptask.json.types import is_object

__all__ = ["BODY", "CHAT_COMPLETION", "handler_key"]

BODY: Final = Part("body")
"""The body of the request."""

_EXPRESSION: Final = "ChatExpression"


def handler_key(tool: str) -> str:
    """The name of a tool's handler among the sequences of its task."""
    return f"handlers/{tool}"


class _ChatCompletion(CallKind[ChatCompletionArguments]):
    function = "chatCompletion"
    spec_model = ChatCompletionArguments
    does = "asks a model: [chat completions](chat-completions.md)"
    yields = "text, json, usage, …"
    sends_requests = True
    inside = {"response_format": frozenset({"type", "json_schema"})}

    def headline(self, node: TaskNode) -> str:
        return str(self.spec(node).request_body.get("model", ""))

    def compile(self, parts: PartsBuilder, pointer: str, spec: ChatCompletionArguments) -> None:
        parts.template(BODY, f"{pointer}/with", spec.request_body)

    def limits(self, node: TaskNode) -> tuple[Limits, Limits]:
        streams = self.spec(node).request_body.get("stream")
        return Limits(), CHAT_STREAM_DEFAULTS if streams else CHAT_DEFAULTS

    def bodies(self, pointer: str, spec: ChatCompletionArguments) -> Iterator[Body]:
        for tool, handler in spec.handlers.items():
            scope = child_pointer(f"{pointer}/with/handlers", tool)
            yield Body(handler_key(tool), f"{scope}/do", handler.do, scope, runs="for a call of a tool")

    def argument_faults(self, pointer: str, arguments: dict[str, Any], rules: Level) -> Iterable[Fault]:
        return chat_faults(pointer, arguments, rules)

    def faults(self, node: TaskNode, use: Use) -> Iterator[Fault]:
        body = node.template(BODY)
        for secret in () if body is None else body.secrets:
            if secret.pointer.startswith("/messages/"):
                pointer = f"{node.pointer}/with{secret.pointer}"
                message = f"`$secrets.{secret.name}` goes to the model as part of the prompt"
                hint = "credentials belong to the connection; what a model reads, it may tell"
                yield TextFault(
                    pointer, "secret-in-prompt", message, hint, Severity.WARNING, offset=secret.offset
                )

    def server_faults(
        self,
        node: TaskNode,
        connections: Mapping[str, Connection],
        rules: Level,
        budget_units: frozenset[str],
    ) -> Iterator[Fault]:
        for fault in server_faults(self.spec(node), connections, rules, budget_units):
            yield replace(fault, pointer=f"{node.pointer}/with{fault.pointer}")

    def output(self, node: TaskNode) -> ValueShape | None:
        spec = self.spec(node)
        return _completion(spec) if spec.output == "completion" else None

    def connections(self, node: TaskNode) -> Iterator[tuple[str, str]]:
        spec, at = self.spec(node), f"{node.pointer}/with"
        yield f"{at}/connection" if "connection" in spec.model_fields_set else node.pointer, spec.connection
        for index, fallback in enumerate(spec.fallback):
            yield f"{at}/fallback/{index}/connection", fallback.connection

    def takes(self, node: TaskNode, error: Mapping[str, Any]) -> str | None:
        return "tells the model, for which its handler has failed"

    def fallbacks(self, node: TaskNode) -> Iterator[str]:
        for fallback in self.spec(node).fallback:
            yield fallback.connection

    def complete_schema(self, schema: dict[str, Any], definitions: dict[str, Any]) -> None:
        body, parts = body_schema(prefix="Chat", also={"$ref": f"#/$defs/{_EXPRESSION}"})
        definitions |= parts
        definitions[_EXPRESSION] = {
            "type": "string",
            "pattern": r"\$\{",
            "description": "An expression, ${ ... }.",
        }
        schema["properties"] = {**body["properties"], **schema["properties"]}
        schema["required"] = body["required"]

    def streams_text(self, node: TaskNode) -> bool:
        return self.spec(node).request_body.get("stream") not in (None, False)

    def may_hold_secrets(self, place: str) -> bool:
        return place.partition("/")[0] not in EXTRA_ARGUMENTS


@cache
def _completion_schema() -> dict[str, Any]:
    return Completion.model_json_schema(mode="serialization")


def _completion(spec: ChatCompletionArguments) -> ValueShape:
    schema = _completion_schema()
    properties = {key: value for key, value in schema["properties"].items() if key not in CALL_FIELDS}
    answer: Any = spec.request_body
    for key in ("response_format", "json_schema", "schema"):
        answer = answer.get(key) if is_object(answer) else None
    if is_object(answer):
        properties["json"] = _inlined(answer)
    return ValueShape.of({**schema, "properties": properties, "additionalProperties": False})


def _inlined(answer: dict[str, Any]) -> dict[str, Any]:
    """A schema with references of its own would point into the wrong document: nothing is known then."""
    return {} if "$ref" in str(answer) else answer


CHAT_COMPLETION: Final = _ChatCompletion()
