"""Chat completions for workflows written in Python."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeGuard, TypeVar, Unpack, overload

from pydantic import BaseModel, ValidationError
from temporalio import workflow

from httptask.calls.chat import chat_call
from httptask.calls.problem import TaskFault
from httptask.chat.fields.request import ChatParams
from httptask.chat.models import ChatRequest, Completion, asks_for_json
from httptask.chat.strictness import Incomplete, Level
from httptask.chat.tools import handler_faults, offered_tools
from httptask.diagnostics.validation import describe_invalid
from httptask.dsl.metadata import Budget
from httptask.http.models import Limits
from httptask.scheduling.budget import Spending
from httptask.workflows.activity_arguments import require_json
from httptask.workflows.activity_tools import ActivityTools
from httptask.workflows.chat_result import ChatResult, chat_result
from httptask.workflows.conversation import Account, Conversation, ConversationState, Turns
from httptask.workflows.errors import CallInvalid
from httptask.workflows.failures import fault_error
from httptask.workflows.http_request import CallOptions, execute
from httptask.workflows.live_text import require_stream
from httptask.workflows.strict_schema import response_format_of

__all__ = ["chat_completion"]

_TURNS: Final = 10
_HELLO: Final = "{'role': 'user', 'content': 'Hello'}"

Model = TypeVar("Model", bound=BaseModel)


@overload
async def chat_completion(
    *,
    model: str,
    messages: Sequence[Mapping[str, Any]],
    output_type: type[Model],
    connection: str = ...,
    reask: int = ...,
    rules: Level = ...,
    incomplete: Incomplete | None = ...,
    limits: Limits | None = ...,
    live: str | None = ...,
    options: CallOptions | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
    handlers: Sequence[Callable[..., Any]] = ...,
    handler_options: CallOptions | None = ...,
    max_turns: int | None = ...,
    budget: Budget | None = ...,
    **params: Unpack[ChatParams],
) -> ChatResult[Model]: ...


@overload
async def chat_completion(
    *,
    model: str,
    messages: Sequence[Mapping[str, Any]],
    output_type: None = None,
    connection: str = ...,
    reask: int = ...,
    rules: Level = ...,
    incomplete: Incomplete | None = ...,
    limits: Limits | None = ...,
    live: str | None = ...,
    options: CallOptions | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
    handlers: Sequence[Callable[..., Any]] = ...,
    handler_options: CallOptions | None = ...,
    max_turns: int | None = ...,
    budget: Budget | None = ...,
    **params: Unpack[ChatParams],
) -> ChatResult[Any]: ...


async def chat_completion(
    *,
    model: str,
    messages: Sequence[Mapping[str, Any]],
    output_type: type[Any] | None = None,
    connection: str = "openai",
    reask: int = 0,
    rules: Level = "strict",
    incomplete: Incomplete | None = None,
    limits: Limits | None = None,
    live: str | None = None,
    options: CallOptions | None = None,
    extra_body: Mapping[str, Any] | None = None,
    handlers: Sequence[Callable[..., Any]] = (),
    handler_options: CallOptions | None = None,
    max_turns: int | None = None,
    budget: Budget | None = None,
    **params: Unpack[ChatParams],
) -> ChatResult[Any]:
    """Ask for one chat completion as an activity, with retries.

    Args:
        model: name of the model.
        messages: the conversation, as in `POST /chat/completions`.
        output_type: pydantic model of the answer; the server is given its JSON schema, and `json` is an instance of it.
        connection: name of a connection of the worker.
        reask: how often to ask again when the answer does not have the form that was asked for.
        rules: `strict` refuses what the server is sure to reject, `warn` only warns of it, `off` does neither.
        incomplete: whether an answer that was cut, held back or refused is an `error` or a `value`; by default an error
            where JSON is asked for.
        limits: deadlines (seconds) and response size (bytes) of one attempt.
        live: name under which the text of a `stream` is published while it comes, on the `WorkflowStream` that the
            workflow hosts; it stays in the history.
        options: how Temporal runs each activity.
        extra_body: fields that only some servers know.
        handlers: activities that answer the model's calls of tools of their names, after which it is asked again. What
            the model is told of them comes from their name, docstring and parameters, unless `tools` says it.
        handler_options: how Temporal runs those; there are 5 attempts of a minute, unless they say otherwise.
        max_turns: how often the model is asked at most, while it calls such tools; 10 times, unless it is given.
        budget: what the questions may spend at most, those that are asked again and those between calls of tools.
        params: every other field of the API's request body.

    Raises:
        CallFailed: or one of its subclasses in `httptask.workflows.errors`; `OutputInvalid` when the answer does not
            have the form that was asked for, or the model refused to give one; `TurnsExceeded`; `BudgetExceeded`
            before the question that would exceed the budget, or `UsageUnknown` or `PriceUnknown`.
        CallInvalid: an activity can't be a tool; both `output_type` and `response_format` are given, or a field twice;
            `live` is given in a workflow without a stream; `reask` or `max_turns` is too small, or has no effect; an
            argument is of the wrong type, or has no form in JSON; `output_type` has no strict schema.
    """
    tools = ActivityTools(handlers, handler_options)
    body = _body(model, messages, output_type, {**params}, extra_body or {})
    _offer(body, tools)
    _require_effect(body, tools, reask, max_turns)
    question = _question(
        connection=connection,
        limits=limits or Limits(),
        rules=rules,
        incomplete=incomplete,
        live=live,
        include_message=bool(tools.names),
    )
    if live is not None:
        require_stream()
    spending, state = Spending.of_conversation(_budget(budget)), ConversationState()
    questions = _Questions(question, Account(spending, state), output_type, options)
    turns = Turns(max_turns or _TURNS, "max_turns", reask)
    try:
        result = await Conversation(body, state, questions, tools, turns).run()
    except TaskFault as fault:
        raise fault_error(fault, {"spent": spending.spent.model_dump()}) from None
    return replace(result, usage=result.usage and state.usage, cost=state.cost)


class _Questions:
    """Asks each question in an activity of its own."""

    def __init__(
        self,
        question: ChatRequest,
        account: Account,
        output_type: type[BaseModel] | None,
        options: CallOptions | None,
    ) -> None:
        self._question = question
        self._account = account
        self._output_type = output_type
        self._options = options

    async def send(self, body: Mapping[str, Any], number: int) -> Completion:
        """See `Questions`."""
        own = {"body": dict(body), "idempotency_key": str(workflow.uuid4())}
        call = chat_call(self._question.model_copy(update=own))
        return await self._account.ask(str(body["model"]), lambda: execute(call, self._options))

    def read(self, completion: Completion) -> ChatResult[Any]:
        """See `Questions`."""
        return chat_result(completion, self._output_type)

    def note(self, detail: str) -> None:
        """See `Questions`."""
        workflow.logger.info(detail)


def _question(**arguments: Any) -> ChatRequest:
    """What all questions have in common."""
    try:
        return ChatRequest(body={}, **arguments)
    except ValidationError as error:
        raise CallInvalid(describe_invalid(error)) from None


def _budget(given: Any) -> Budget | None:
    if given is None or isinstance(given, Budget):
        return given
    raise CallInvalid(
        f"`budget` is of type {type(given).__name__}: write a Budget, as in Budget(tokens=1000)"
    )


def _is_sequence(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _messages(given: Any) -> list[dict[str, Any]]:
    """The conversation, which only type checkers have looked at so far."""
    if not _is_sequence(given):
        raise CallInvalid(
            f"`messages` is of type {type(given).__name__}: write a list of messages, as in [{_HELLO}]"
        )
    for index, message in enumerate(given):
        if not isinstance(message, Mapping):
            kind = type(message).__name__
            raise CallInvalid(f"`messages[{index}]` is of type {kind}: write a message, as in {_HELLO}")
    return [dict(message) for message in given]


def _body(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    output_type: type[BaseModel] | None,
    params: dict[str, Any],
    extra: Mapping[str, Any],
) -> dict[str, Any]:
    body: dict[str, Any] = {"model": model, "messages": _messages(messages), **params}
    if output_type is not None:
        if "response_format" in body:
            raise CallInvalid("give one of `output_type` and `response_format`")
        body["response_format"] = response_format_of(output_type)
    twice = sorted(body.keys() & extra.keys())
    if twice:
        raise CallInvalid(f"`extra_body` repeats {', '.join(f'`{name}`' for name in twice)}")
    body |= extra
    require_json(body)
    return body


def _offer(body: dict[str, Any], tools: ActivityTools) -> None:
    """Tell the model of the tools that the caller has not told it of."""
    told = offered_tools(body.get("tools") or [])
    own = [tool for tool in tools.definitions if tool["function"]["name"] not in told]
    if own:
        body["tools"] = [*(body.get("tools") or []), *own]
    for _, message, hint in handler_faults(body.get("tools") or [], tools.names):
        raise CallInvalid(f"{message}: {hint}")


def _require_effect(body: Mapping[str, Any], tools: ActivityTools, reask: int, max_turns: int | None) -> None:
    if reask < 0:
        raise CallInvalid(f"`reask` is {reask}: write how often to ask again, 0 for never")
    if reask and not asks_for_json(body):
        raise CallInvalid("`reask` asks again for JSON: give `output_type`, or a `response_format` of JSON")
    if max_turns is None:
        return
    if max_turns < 1:
        raise CallInvalid(f"`max_turns` is {max_turns}: the model is asked at least once")
    if not tools.names:
        raise CallInvalid("`max_turns` counts the turns of `handlers`, and there are none: leave it out")
