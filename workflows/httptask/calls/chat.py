"""Plans the call of a chat completion: the very same for a run and for a test request."""

from collections.abc import Mapping, Sequence
from typing import Any

from httptask.activities.names import CHAT_COMPLETION
from httptask.calls.activity_call import CHAT_SECONDS, ActivityCall
from httptask.chat.models import CALL_FIELDS, ChatRequest, Completion, Usage
from httptask.chat.strictness import Incomplete, Level
from httptask.dsl.tasks.chat.arguments import ChatCompletionArguments
from httptask.http.secret_reference import SecretReference
from httptask.json.types import is_object

__all__ = ["chat_call", "chat_output", "plan_chat_call", "sum_usage"]


def plan_chat_call(
    arguments: ChatCompletionArguments,
    body: Mapping[str, Any],
    secrets: Sequence[SecretReference],
    *,
    id_: str,
    idempotency_key: str,
    rules: Level,
    incomplete: Incomplete | None,
    connection: str | None = None,
    live: str | None = None,
) -> ActivityCall[Completion]:
    """The call with a rendered body; pointers of `secrets` start at the body.

    It goes through the task's connection, or another `connection`. With `live` the text of a stream is published
    under that name.
    """
    request = ChatRequest(
        body=dict(body),
        connection=connection or arguments.connection,
        secrets=tuple(secrets),
        idempotency_key=idempotency_key,
        include_response=arguments.output == "response",
        include_message=bool(arguments.handlers),
        rules=rules,
        incomplete=incomplete,
        live=live,
    )
    return chat_call(request, id_)


def chat_call(request: ChatRequest, id_: str = "") -> ActivityCall[Completion]:
    """The call that sends a request."""
    return ActivityCall(CHAT_COMPLETION, request, Completion, id_, CHAT_SECONDS, request.connection)


def chat_output(arguments: ChatCompletionArguments, completion: Completion) -> Any:
    """The task's raw output."""
    if arguments.output == "response":
        return completion.response
    empty = {name for name in ("choices", "unavailable", "warnings") if not getattr(completion, name)}
    return completion.model_dump(mode="json", exclude={*CALL_FIELDS, *empty})


def sum_usage(first: Usage, second: Usage) -> Usage:
    """What both have used: counts and costs are added up, wherever they stand; all else is the second's."""
    return Usage.model_validate(_sum(first.model_dump(), second.model_dump()))


def _sum(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    both = {**first, **{key: value for key, value in second.items() if value is not None}}
    for key in first.keys() & second.keys():
        one, other = first[key], second[key]
        if is_object(one) and is_object(other):
            both[key] = _sum(one, other)
        elif _adds_up(key, one) and _adds_up(key, other):
            both[key] = one + other
    return both


def _adds_up(key: str, value: Any) -> bool:
    """Whether a number is a count or a cost; others are times and rates."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and "cost" in key)
