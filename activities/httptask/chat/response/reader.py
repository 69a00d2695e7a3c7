"""Reading the answer to a chat completion: a completion, or a typed error, never a wrong success."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import to_json

from httptask.chat.models import (
    Completion,
    Extra,
    RateLimit,
    RateLimits,
    ToolCall,
    asks_for_json,
)
from httptask.chat.response.embedded_error import embedded_error
from httptask.chat.response.structured_output import read_structured
from httptask.chat.response.wire import (
    BROKEN,
    FILTERED,
    TRUNCATED,
    WireChoice,
    WireCompletion,
    WireMessage,
    WireToolCall,
    broke_off,
    finish_reason_of,
    with_message,
)
from httptask.chat.strictness import Incomplete
from httptask.connections.connection import Connection
from httptask.diagnostics.cutting import first_bytes
from httptask.diagnostics.fault import Fault, Severity
from httptask.http.errors import (
    AnswerFiltered,
    AnswerRefused,
    AnswerTruncated,
    OutputInvalid,
    ResponseInterrupted,
    ResponseInvalid,
)
from httptask.http.excerpt import bound, end_of_json, excerpt
from httptask.json.pointer import json_pointer
from httptask.json.tree import parse
from httptask.json.types import is_array, is_object
from httptask.resilience.retry_after import duration

__all__ = ["MAX_TEXT_BYTES", "read_completion", "read_rate_limits"]

MAX_TEXT_BYTES = 4096
MAX_REASON_BYTES = 100
_BYTES_OF_TOKEN: Final = 8
"""More are rare: in most languages, and in code, a token has 3 to 6 bytes of UTF-8 on average."""

_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_LONGEST_RESET: Final = 366 * 86400
"""Seconds; more is a date, whose distance depends on clocks that need not agree."""

_CUT_SHORT: Final[Mapping[str, tuple[type[OutputInvalid], str]]] = {
    TRUNCATED: (
        AnswerTruncated,
        "it was cut off at the token limit; raise max_completion_tokens or ask for less",
    ),
    FILTERED: (AnswerFiltered, "a content filter of the server held it back"),
}


def read_completion(
    body: Any,
    request_body: Mapping[str, Any],
    *,
    include_response: bool = False,
    include_message: bool = False,
    incomplete: Incomplete | None = None,
    connection: Connection | None = None,
) -> Completion:
    """Read the body of an answer of `POST /chat/completions`.

    Args:
        body: the parsed JSON body, its text when the server did not call it JSON, or None when it is empty.
        request_body: the body of the request, which says what form the answer has to have.
        include_response: whether the completion carries the whole body.
        include_message: whether it carries the model's message as it came.
        incomplete: whether an answer that was cut, held back or refused is an error or a value; by default an error
            where JSON is asked for and the answer was cut or held back, and a value everywhere else.
        connection: that it came through, whose rules say which errors may pass.

    Raises:
        ResponseInvalid: it is not a chat completion.
        ResponseInterrupted: it is empty, or the server says that generating broke off.
        HttpStatusError: (or a subclass) it is an error object under a status of success.
        AnswerTruncated: (or AnswerFiltered, AnswerRefused) it is not complete; see `incomplete`.
        OutputInvalid: the text is not the JSON that `response_format` asks for. `details` holds what a re-ask
            needs: `text`, `errors` (pointer and message each), `finish_reason`, `usage`, `model`, `id`.
    """
    answer = _object(body)
    if error := embedded_error(answer, connection):
        bound(error)
        raise error
    try:
        wire = WireCompletion.model_validate(answer)
    except ValidationError as invalid:
        first = invalid.errors(include_input=False, include_url=False, include_context=False)[0]
        problem = "is missing" if first["type"] == "missing" else "can't be read"
        place = json_pointer(first["loc"]) or "the whole"
        raise _not_a_completion(f"{place} {problem}", answer) from None
    choice = _first(wire.choices)
    completion = _completion(wire, choice)
    _require_finished(wire, completion, answer)
    if _asks_for_several(request_body.get("n")) or len(wire.choices) > 1:
        completion.choices = answer["choices"]
    completion.warnings = list(_doubts(completion, request_body.get("n")))
    if include_response:
        completion.response = answer
    if include_message:
        sent = answer["choices"][wire.choices.index(choice)]
        completion.message = with_message(sent, "message")["message"]
    wants_json = asks_for_json(request_body)
    calls_tools = include_message and bool(completion.tool_calls)  # which may be cut in their arguments
    _require_complete(completion, incomplete, is_used=wants_json or calls_tools)
    if wants_json and _answers_in_text(completion) and completion.finish_reason not in _CUT_SHORT:
        completion.json_ = _structured(completion, request_body["response_format"])
    return completion


def read_rate_limits(headers: Mapping[str, str]) -> RateLimits | None:
    """The limits that headers tell, None if they tell none.

    Azure sends -1, and 0 for a limit, where it does not know; both count as not told.

    Args:
        headers: names in lower case.
    """
    limits = RateLimits(requests=_rate_limit(headers, "requests"), tokens=_rate_limit(headers, "tokens"))
    return None if limits.requests is None and limits.tokens is None else limits


def _object(body: Any) -> dict[str, Any]:
    if body is None or (isinstance(body, str) and not body.strip()):
        # A server that keeps a connection alive with blank lines gives up so.
        raise ResponseInterrupted("the answer is empty")
    if isinstance(body, str):
        try:
            body = parse(body)
        except ValueError:
            raise _not_a_completion(f"it is {end_of_json(body)}", body) from None
    if is_array(body) and body and is_object(body[0]) and "error" in body[0]:
        return body[0]  # Google's servers wrap errors in a list
    if not is_object(body):
        raise _not_a_completion("it is not a JSON object", body)
    return body


def _asks_for_several(n: Any) -> bool:
    return isinstance(n, int) and n > 1


def _first(choices: list[WireChoice]) -> WireChoice:
    return next((choice for choice in choices if choice.index == 0), choices[0])


def _completion(wire: WireCompletion, choice: WireChoice) -> Completion:
    message = choice.message
    calls = [_tool_call(call) for call in message.tool_calls]
    function = message.function_call
    if not calls and function is not None and (function.name or function.arguments):
        calls = [ToolCall(name=function.name, arguments=function.arguments)]
    return Completion(
        text=_text(message),
        refusal=message.refusal or _joined(message.content, "refusal"),
        tool_calls=calls,
        finish_reason=finish_reason_of(choice.finish_reason),
        model=wire.model,
        id=wire.id,
        reasoning=message.reasoning_content or message.reasoning or _thoughts(message.content),
        parts=_parts(message.content),
        audio=message.audio,
        annotations=message.annotations,
        logprobs=choice.logprobs,
        usage=wire.usage,
        extra=_extra(wire, choice),
    )


def _extra(wire: WireCompletion, choice: WireChoice) -> Extra | None:
    told = choice.finish_reason
    own_reason = {"finish_reason": told} if told != finish_reason_of(told) else {}
    extra = Extra(
        answer=_without(wire.unplaced, "object"),
        choice={**choice.unplaced, **own_reason},
        message=_without(choice.message.unplaced, "role"),
    )
    return extra if extra != Extra() else None


def _without(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """All but a field that says the same in every answer."""
    return {key: value for key, value in fields.items() if key != name}


def _text(message: WireMessage) -> str | None:
    return message.content if isinstance(message.content, str) else _joined(message.content, "text")


def _joined(content: str | list[Any] | None, kind: str) -> str | None:
    """The text of all content parts of one kind; the others (reasoning, references) are not the answer."""
    if not is_array(content):
        return None
    parts = [{"type": "text", "text": part} if isinstance(part, str) else part for part in content]
    told = [part.get(kind) for part in parts if is_object(part) and part.get("type") == kind]
    texts = [part for part in told if isinstance(part, str)]
    return "".join(texts) if texts else None


def _parts(content: str | list[Any] | None) -> list[Any] | None:
    """The parts of a content, if they say more than their text."""
    parts = content if is_array(content) else []
    says_more = any(not is_object(part) or part.keys() - {"type", "text"} for part in parts)
    return parts if says_more else None


def _thoughts(content: str | list[Any] | None) -> str | None:
    """The text of `thinking` parts, each of which is text or a list of text parts."""
    parts = content if is_array(content) else []
    found = [part.get("thinking") for part in parts if is_object(part)]
    texts = [text if isinstance(text, str) else _joined(text, "text") for text in found]
    return "".join(text for text in texts if text) or None


def _tool_call(call: WireToolCall) -> ToolCall:
    called = call.function or call.custom or call
    return ToolCall(
        **{key: value for key, value in call.unplaced.items() if key not in ToolCall.model_fields},
        id=call.id,
        type=call.type or ("custom" if call.function is None and call.custom is not None else "function"),
        name=called.name,
        arguments=called.input if called.arguments is None else called.arguments,
    )


def _answers_in_text(completion: Completion) -> bool:
    """A refusal or a call of tools takes the place of the JSON that was asked for."""
    return not completion.refusal and (bool(completion.text) or not completion.tool_calls)


def _require_finished(wire: WireCompletion, completion: Completion, answer: Mapping[str, Any]) -> None:
    """Refuse an answer of which the server did not finish a choice."""
    for choice in wire.choices:
        if finish_reason_of(choice.finish_reason) == BROKEN:
            error = broke_off(choice.finish_reason)
            paid = {
                key: value for key, value in _known(completion).items() if key in ("usage", "model", "id")
            }
            error.details.update(paid, body_excerpt=excerpt(answer))
            raise error


def _doubts(completion: Completion, wanted: Any) -> Iterator[Fault]:
    """Warnings of an answer for which more than one choice was asked.

    Args:
        completion: the answer, with all its choices.
        wanted: `n` of the request.
    """
    choices = completion.choices
    if choices is None or not isinstance(wanted, int):  # or more than the one that nobody counted
        return
    if len(choices) < wanted:
        message = f"`n` is {wanted}, and the server answered with {len(choices)}"
        yield _warning("fewer-choices", message, "ask once for each, or another server")
    tokens = completion.usage.completion_tokens if completion.usage else None
    if tokens is not None and _are_more(choices, tokens):
        message = f"`n` is {wanted}, and the {tokens} tokens of the answer that the server counts are too few for all"
        hint = "usage and cost may be those of one choice: ask once for each, or another server"
        yield _warning("usage-of-one-choice", message, hint)


def _are_more(choices: Sequence[Any], tokens: int) -> bool:
    """Whether choices that say something have more tokens, as far as their lengths can tell."""
    messages = [
        choice["message"] for choice in choices if is_object(choice) and is_object(choice.get("message"))
    ]
    said = [text for message in messages if (text := message.get("content") or message.get("tool_calls"))]
    texts = [text if isinstance(text, str) else to_json(text).decode() for text in said]
    size = sum(len(text.encode(errors="replace")) for text in texts)
    return len(texts) > 1 and (tokens < len(texts) or size > _BYTES_OF_TOKEN * tokens)


def _warning(code: str, message: str, hint: str) -> Fault:
    return Fault("/n", code, message, hint, Severity.WARNING)


def _require_complete(completion: Completion, incomplete: Incomplete | None, *, is_used: bool) -> None:
    """Refuse an answer that is less than was asked for, where that is to be an error.

    What was cut may still parse ("12" of "123"), so it is never taken for the JSON that was asked for.
    """
    if incomplete == "value":
        return
    cut_short = _CUT_SHORT.get(completion.finish_reason or "")
    if cut_short is not None and (is_used or incomplete == "error"):
        error, reason = cut_short
        told = (completion.extra or Extra()).choice.get("finish_reason")
        words = f' (the server calls it "{first_bytes(str(told), MAX_REASON_BYTES)}")' if told else ""
        raise error(f"the answer is not complete: {reason}{words}", details=_known(completion))
    if completion.refusal and incomplete == "error":
        refused = excerpt(completion.refusal)
        raise AnswerRefused(
            f"the model refused: {refused}", details={**_known(completion), "refusal": refused}
        )


def _structured(completion: Completion, response_format: Mapping[str, Any]) -> Any:
    output = read_structured(completion.text or "", response_format, reasoning=completion.reasoning)
    if output.faults and not completion.tool_calls:  # beside calls of tools, a text says why they are made
        raise _not_as_asked(completion, output.faults)
    return output.value if not output.faults else None


def _not_as_asked(completion: Completion, faults: tuple[Fault, ...]) -> OutputInvalid:
    first = faults[0]
    place = f"{first.pointer}: " if first.pointer else ""
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return OutputInvalid(
        f"the answer is not what response_format asks for: {place}{first.message}{more}",
        details={
            **_known(completion),
            "errors": [{"pointer": fault.pointer, "message": fault.message} for fault in faults],
        },
    )


def _known(completion: Completion) -> dict[str, Any]:
    """What an error tells of an answer that was paid for: its text, or what stands in place of that."""
    is_only_thought = completion.reasoning and not completion.text
    return {
        "text": first_bytes(completion.text or "", MAX_TEXT_BYTES),
        **({"reasoning": first_bytes(completion.reasoning or "", MAX_TEXT_BYTES)} if is_only_thought else {}),
        "finish_reason": completion.finish_reason,
        "usage": completion.usage.model_dump() if completion.usage else None,
        "model": completion.model,
        "id": completion.id,
    }


def _not_a_completion(problem: str, body: Any) -> ResponseInvalid:
    return ResponseInvalid(
        f"the answer is not a chat completion: {problem}", details={"body_excerpt": excerpt(body)}
    )


def _rate_limit(headers: Mapping[str, str], unit: str) -> RateLimit | None:
    found = RateLimit(
        limit=_whole(headers.get(f"x-ratelimit-limit-{unit}", "")) or None,
        remaining=_whole(headers.get(f"x-ratelimit-remaining-{unit}", "")),
        reset_seconds=_seconds(headers.get(f"x-ratelimit-reset-{unit}", "")),
    )
    return None if found == RateLimit() else found


def _whole(text: str) -> int | None:
    text = text.strip()
    return int(float(text)) if len(text) <= 15 and _NUMBER.fullmatch(text) else None


def _seconds(text: str) -> float | None:
    seconds = duration(text) if text else None
    return seconds if seconds is not None and seconds <= _LONGEST_RESET else None
