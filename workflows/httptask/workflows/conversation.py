"""A conversation with a model, in definitions and in Python alike: it goes on until an answer calls no tool."""

from collections.abc import Awaitable, Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, Field

from httptask.calls.chat import sum_usage
from httptask.calls.problem import TaskFault
from httptask.chat.models import Completion, ToolCall, Usage
from httptask.chat.tools import (
    ToolCallInvalid,
    answer,
    answered_calls,
    failed,
    follow_up,
    question_so_far,
    read_arguments,
)
from httptask.json.types import is_array
from httptask.scheduling.budget import Spending
from httptask.workflows.errors import OutputInvalid
from httptask.workflows.reask import ask, known_of

__all__ = [
    "Account",
    "Conversation",
    "ConversationState",
    "PendingCall",
    "Questions",
    "Tools",
    "Turns",
    "calls_to_answer",
]

Answer = TypeVar("Answer", covariant=True)


class PendingCall(BaseModel):
    """A call of a tool that waits for its answer.

    Attributes:
        call: as the model made it, with an id of its own.
        arguments: parsed; they fit the tool's schema.
        fault: why there will be no other answer than this, for the model.
    """

    call: ToolCall
    arguments: Any = None
    fault: str | None = None


class ConversationState(BaseModel):
    """What a conversation has come to. That of a definition goes on in a continued run.

    Attributes:
        messages: what was said since the first question.
        questions: how often the model was asked.
        turns: the same without the questions that only asked again.
        usage: of all answers.
        cost: US dollars of all answers; None when that of one is not known.
        calls: of tools, which wait for their answers.
    """

    messages: list[Any] = []
    questions: int = 0
    turns: int = 0
    usage: Usage = Field(default_factory=Usage)
    cost: float | None = 0.0
    calls: list[PendingCall] = []


class Account:
    """Counts what the questions of a conversation use: for a budget, and in its state."""

    def __init__(self, spending: Spending, state: ConversationState) -> None:
        self._spending = spending
        self._state = state

    async def ask(self, model: str, send: Callable[[], Awaitable[Completion]]) -> Completion:
        """Send a question once the budget has room for it, and count its answer, or what a failure tells of one.

        Args:
            model: that is asked.
            send: sends the question.

        Raises:
            TaskFault: the budget is used up, so that nothing is sent; or what `send` raises.
        """
        async with self._spending.question():
            self._spending.take_call(asks_model=True)
            try:
                completion = await send()
            except (TaskFault, OutputInvalid) as failure:
                known = known_of(failure)
                if known.get("usage") or "finish_reason" in known:
                    usage = Usage.model_validate(known.get("usage") or {})
                    self._add(known.get("model") or model, usage, known.get("cost"))
                raise
            if not completion.is_prompt_held_back:
                usage = completion.usage or Usage()
                self._add(completion.model or model, usage, completion.cost, simulated=completion.simulated)
        return completion

    def _add(self, model: str, usage: Usage, cost: float | None, *, simulated: bool = False) -> None:
        self._spending.add_answer(model, usage, cost, simulated=simulated)
        state = self._state
        state.usage = sum_usage(state.usage, usage)
        state.cost = None if cost is None or state.cost is None else state.cost + cost


class Tools(Protocol):
    """What answers the calls of a model."""

    @property
    def names(self) -> Collection[str]:
        """Names of the tools that are answered here."""
        ...

    async def outputs(self, calls: Sequence[PendingCall], *, in_parallel: bool) -> Sequence[Any]:
        """What each call is answered with.

        Args:
            calls: of one answer, with arguments that fit.
            in_parallel: whether they may run at the same time.
        """
        ...


class Questions(Protocol[Answer]):
    """How a model is asked."""

    async def send(self, body: Mapping[str, Any], number: int) -> Completion:
        """Send a question, by its number from 0."""
        ...

    def read(self, completion: Completion) -> Answer:
        """Make the answer of a completion that calls no tool of ours."""
        ...

    def note(self, detail: str) -> None:
        """Hear of a question that asks again."""
        ...


@dataclass(frozen=True, slots=True)
class Turns:
    """How often a model is asked.

    Attributes:
        most: how many turns there are at most.
        option: name under which the author sets that.
        reask: how often to ask again, at each turn, for an answer that does not fit.
    """

    most: int
    option: str
    reask: int


class Conversation(Generic[Answer]):
    """Asks, again where an answer does not fit, and once more when the tools are answered that it calls.

    Args:
        body: of the first question.
        state: where the conversation stands.
        questions: ask the model.
        tools: answer the model's calls.
        turns: how often it is asked.
    """

    def __init__(
        self,
        body: Mapping[str, Any],
        state: ConversationState,
        questions: Questions[Answer],
        tools: Tools,
        turns: Turns,
    ) -> None:
        self._body = body
        self._state = state
        self._questions = questions
        self._tools = tools
        self._turns = turns

    async def run(self) -> Answer:
        """Go on to the end.

        Raises:
            TaskFault: with the typed error `TurnsExceeded`: the model still calls tools after the last turn.
            Exception: what asking and reading raise, when it is not asked again, and what answering the tools does.
        """
        while True:
            if self._state.calls:
                await self._answer_calls()
            answer = await self._take_turn()
            if answer is not None:
                return answer

    @property
    def _offered(self) -> Sequence[Any]:
        """The tools that the request offers."""
        found = self._body.get("tools")
        return found if is_array(found) else []

    async def _take_turn(self) -> Answer | None:
        """Ask; None when the answer calls tools of ours, which are taken up."""
        state = self._state
        if state.turns >= self._turns.most:
            cure = f"raise `{self._turns.option}`, or have its tools say more"
            TaskFault.raise_standard(
                "runtime",
                "Too many turns",
                detail=f"the model still calls tools after {state.turns} turns: {cure}",
                error="TurnsExceeded",
            )
        state.turns += 1
        # The messages of the first question may be anything until it is taken.
        body = follow_up(self._body, state.messages) if state.messages else self._body
        return await ask(body, self._ask, reask=self._turns.reask, note=self._questions.note)

    async def _ask(self, body: Mapping[str, Any]) -> Answer | None:
        question = self._state.questions
        self._state.questions = question + 1
        completion = await self._questions.send(body, question)
        return None if self._takes_calls_of(completion) else self._questions.read(completion)

    def _takes_calls_of(self, completion: Completion) -> bool:
        """Take up the calls of an answer; False when they are for the author, or there are none."""
        state = self._state
        if not self._tools.names:
            return False
        before = [*self._body["messages"], *state.messages]
        calls = calls_to_answer(completion, self._tools.names, self._offered, before)
        if not calls:
            return False
        asked = question_so_far(completion, [pending.call for pending in calls])
        state.messages, state.calls = [*state.messages, asked], calls
        return True

    async def _answer_calls(self) -> None:
        """Answer the calls that wait; what one can't be answered for goes to the model, which may do better."""
        state = self._state
        good = [pending for pending in state.calls if pending.fault is None]
        in_parallel = self._body.get("parallel_tool_calls") is not False
        outputs = iter(await self._tools.outputs(good, in_parallel=in_parallel))
        state.messages = [*state.messages, *(_message(pending, outputs) for pending in state.calls)]
        state.calls = []


def calls_to_answer(
    completion: Completion, handlers: Container[str], tools: Sequence[Any], messages: Sequence[Any]
) -> list[PendingCall]:
    """What `answered_calls` finds in an answer, each with its arguments, or with what is wrong with them."""
    return [_pending(call, tools) for call in answered_calls(completion, handlers, tools, messages)]


def _pending(call: ToolCall, offered: Sequence[Any]) -> PendingCall:
    try:
        return PendingCall(call=call, arguments=read_arguments(call, offered))
    except ToolCallInvalid as invalid:
        return PendingCall(call=call, fault=str(invalid))


def _message(pending: PendingCall, outputs: Iterator[Any]) -> dict[str, Any]:
    if pending.fault is not None:
        return answer(pending.call, failed(pending.fault))
    return answer(pending.call, next(outputs))
