"""What a chat-completion request must have before it is sent, and how it becomes an HTTP request.

Rules are those of `POST /chat/completions` (openai-openapi). Fields without a rule here pass through: servers
add their own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from httptask.chat.models import ChatRequest
from httptask.http.json_schema import compile_schema
from httptask.http.json_tree import is_array, is_object
from httptask.http.models import HttpRequest, JsonBody

__all__ = ["ROLES", "BodyFault", "check_body", "to_http_request"]

ROLES = ("developer", "system", "user", "assistant", "tool", "function")

IsUnknown = Callable[[Any], bool]
_Faults = Iterator["BodyFault"]


@dataclass(frozen=True, slots=True)
class BodyFault:
    """One fault of a request body.

    Attributes:
        pointer: JSON Pointer (RFC 6901) into the body: the value at fault, or where one is missing.
        message: what is wrong.
        hint: what to write instead.
    """

    pointer: str
    message: str
    hint: str


def _everything_is_known(_: Any) -> bool:
    return False


def check_body(body: Mapping[str, Any], is_unknown: IsUnknown = _everything_is_known) -> list[BodyFault]:
    """Find every fault of a request body at once.

    Args:
        body: the JSON body of `POST /chat/completions`.
        is_unknown: tells a value that is not known yet, such as an expression of a definition that is being
            loaded; no rule is applied to it.
    """
    return [
        *_check_model(body, is_unknown),
        *_check_messages(body, is_unknown),
        *_check_stream(body),
        *_check_response_format(body.get("response_format"), is_unknown),
    ]


def to_http_request(request: ChatRequest) -> HttpRequest:
    """The HTTP request that carries this chat request, relative to its connection."""
    return HttpRequest(
        method="POST",
        url="/chat/completions",
        connection=request.connection,
        headers={"Accept": "application/json"},
        body=JsonBody(value=request.body),
        secrets=tuple(
            reference.model_copy(update={"pointer": f"/body/value{reference.pointer}"})
            for reference in request.secrets
        ),
        limits=request.limits,
        idempotency_key=request.idempotency_key,
        path_template="/chat/completions",
    )


def _check_model(body: Mapping[str, Any], is_unknown: IsUnknown) -> _Faults:
    hint = "name a model of the server, for example gpt-4.1-mini"
    if "model" not in body:
        yield BodyFault("/model", "`model` is missing", hint)
    elif is_unknown(body["model"]):
        return
    elif not isinstance(body["model"], str):
        yield BodyFault("/model", f"`model` is {_kind(body['model'])}, not text", hint)
    elif not body["model"].strip():
        yield BodyFault("/model", "`model` is empty", hint)


def _check_messages(body: Mapping[str, Any], is_unknown: IsUnknown) -> _Faults:
    hint = "write a list of messages, for example [{ role: user, content: Hello }]"
    messages = body.get("messages")
    if "messages" not in body:
        yield BodyFault("/messages", "`messages` is missing", hint)
    elif is_unknown(messages):
        return
    elif not is_array(messages):
        yield BodyFault("/messages", f"`messages` is {_kind(messages)}, not a list", hint)
    elif not messages:
        yield BodyFault("/messages", "`messages` is empty", hint)
    else:
        for index, message in enumerate(messages):
            if not is_unknown(message):
                yield from _check_message(message, f"/messages/{index}", is_unknown)


def _check_message(message: Any, pointer: str, is_unknown: IsUnknown) -> _Faults:
    if not is_object(message):
        hint = "write for example { role: user, content: Hello }"
        yield BodyFault(pointer, f"a message is an object, not {_kind(message)}", hint)
        return
    role = message.get("role")
    if is_unknown(role):
        return
    if role not in ROLES:
        problem = "`role` is missing" if "role" not in message else f"unknown role {_quoted(role)}"
        yield BodyFault(f"{pointer}/role", problem, f"one of {', '.join(ROLES)}")
        return
    yield from _check_content(message, role, pointer, is_unknown)
    companion = {"tool": "tool_call_id", "function": "name"}.get(role)
    if companion and not (is_unknown(message.get(companion)) or isinstance(message.get(companion), str)):
        hint = (
            "the id of the tool call it answers"
            if role == "tool"
            else "the name of the function that was called"
        )
        yield BodyFault(f"{pointer}/{companion}", f"a {role} message needs `{companion}` as text", hint)


def _check_content(message: Mapping[str, Any], role: str, pointer: str, is_unknown: IsUnknown) -> _Faults:
    place, content = f"{pointer}/content", message.get("content")
    hint = "write text, or a list of content parts"
    if is_unknown(content) or isinstance(content, str):
        return
    if content is None:
        if role == "function" and "content" in message:
            return  # the one role whose content is required and may be null
        instead = ("tool_calls", "function_call", "refusal", "audio")
        if role == "assistant" and any(message.get(key) is not None for key in instead):
            return
        yield BodyFault(place, f"`content` of the {role} message is missing", hint)
    elif not is_array(content):
        yield BodyFault(place, f"`content` is {_kind(content)}, not text", hint)
    elif not content:
        yield BodyFault(place, "`content` is an empty list", hint)
    else:
        yield from _check_parts(content, place, is_unknown)


def _check_parts(parts: Sequence[Any], pointer: str, is_unknown: IsUnknown) -> _Faults:
    for index, part in enumerate(parts):
        if is_unknown(part):
            continue
        place = f"{pointer}/{index}"
        if not is_object(part) or not (is_unknown(part.get("type")) or isinstance(part.get("type"), str)):
            hint = "write for example { type: text, text: Hello }"
            yield BodyFault(place, "a content part is an object with a `type`", hint)
        elif part["type"] == "text" and not (
            is_unknown(part.get("text")) or isinstance(part.get("text"), str)
        ):
            yield BodyFault(
                f"{place}/text", "a text part needs `text` as text", "write the text of this part"
            )


def _check_stream(body: Mapping[str, Any]) -> _Faults:
    if body.get("stream") is True:
        message = "streamed answers are not supported by this version of httptask"
        yield BodyFault("/stream", message, "remove `stream`: the result of the task is the same without it")


def _check_response_format(response_format: Any, is_unknown: IsUnknown) -> _Faults:
    if response_format is None or is_unknown(response_format):
        return
    hint = "one of { type: text }, { type: json_object }, { type: json_schema, json_schema: {...} }"
    pointer = "/response_format"
    if not is_object(response_format):
        yield BodyFault(pointer, f"`response_format` is {_kind(response_format)}, not an object", hint)
        return
    form = response_format.get("type")
    if is_unknown(form):
        return
    if not isinstance(form, str):
        yield BodyFault(f"{pointer}/type", "`response_format` needs a `type`", hint)
    elif form == "json_schema" and not is_unknown(response_format.get("json_schema")):
        yield from _check_json_schema(
            response_format.get("json_schema"), f"{pointer}/json_schema", is_unknown
        )


def _check_json_schema(declared: Any, pointer: str, is_unknown: IsUnknown) -> _Faults:
    hint = "write json_schema: { name: answer, schema: { type: object, ... } }"
    if not is_object(declared):
        yield BodyFault(pointer, "`json_schema` needs an object with `name` and `schema`", hint)
        return
    name = declared.get("name")
    if not (is_unknown(name) or (isinstance(name, str) and name)):
        yield BodyFault(f"{pointer}/name", "`json_schema` needs a `name`", hint)
    schema = declared.get("schema")
    if schema is None or _has_unknown(schema, is_unknown):
        return
    try:
        compile_schema(schema)
    except ValueError as invalid:
        message = f"the schema is not valid JSON Schema: {_shortened(str(invalid))}"
        yield BodyFault(f"{pointer}/schema", message, "an answer could not be checked against it")


def _has_unknown(value: Any, is_unknown: IsUnknown) -> bool:
    if is_unknown(value):
        return True
    children = value.values() if is_object(value) else value if is_array(value) else ()
    return any(_has_unknown(child, is_unknown) for child in children)


def _kind(value: Any) -> str:
    """The JSON type of a value, as a person says it."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "an object" if is_object(value) else "a list"


def _quoted(value: Any) -> str:
    return f'"{_shortened(value)}"' if isinstance(value, str) else _kind(value)


def _shortened(text: str, limit: int = 200) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
