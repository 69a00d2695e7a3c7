"""The questions of one `chatCompletion`: whom they go to, what they have cost, and what they have become."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from httptask.calls.chat import chat_output, plan_chat_call, sum_usage
from httptask.calls.problem import Problem, TaskFault
from httptask.chat.models import Completion, Unavailable, Usage
from httptask.chat.tools import follow_up, handler_faults
from httptask.diagnostics.cutting import in_one_line
from httptask.dsl.functions import ChatCompletionArguments, Fallback
from httptask.interpreter.task_context import TaskContext
from httptask.json.types import is_array
from httptask.workflows.reask import ask, usage_in

__all__ = ["Conversation"]

_UNAVAILABLE: Final = frozenset(
    {
        "ConnectFailed",
        "QuotaExhausted",
        "RateLimited",
        "ResponseInterrupted",
        "ResponseInvalid",
        "Timeout",
        "WorkerMissing",
    }
)
_UNAVAILABLE_STATUSES: Final = frozenset({402, 408, 425, 429})
"""Beside those from 500 on. What is wrong with a request or a credential, another server would only hide."""


class Conversation:
    """Asks the model of a task, again where the answer does not fit, elsewhere where there is none to be had.

    What it knows is in the state of the task, and survives into a continued run.
    """

    def __init__(self, context: TaskContext, arguments: ChatCompletionArguments) -> None:
        rendered = context.render("body")
        assert rendered is not None  # every call has one
        self._context = context
        self._arguments = arguments
        self._body: Mapping[str, Any] = rendered.value
        self._secrets = rendered.secrets
        self._candidates: Sequence[Fallback] = (
            Fallback(connection=arguments.connection),
            *arguments.fallback,
        )
        self._state = context.execution.state
        for _, message, hint in handler_faults(self.tools, arguments.handlers):
            TaskFault.raise_standard("validation", "No such tool", detail=f"{message}: {hint}")
        if not self._state:
            self._state.update(
                messages=[], questions=0, turns=0, candidate=0, unavailable=[], usage={}, cost=0.0
            )

    @property
    def tools(self) -> Sequence[Any]:
        """The tools that the request offers."""
        found = self._body.get("tools")
        return found if is_array(found) else []

    @property
    def messages(self) -> Sequence[Any]:
        """The conversation so far, without an answer that is not taken up yet."""
        return [*self._body["messages"], *self._state["messages"]]

    @property
    def answers_in_parallel(self) -> bool:
        """Whether the author lets several calls of one answer run at the same time."""
        return self._body.get("parallel_tool_calls") is not False

    def go_on_with(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Add messages for the next question."""
        self._state["messages"] = [*self._state["messages"], *messages]

    async def ask(self) -> Completion:
        """Ask what there is to ask.

        Raises:
            TaskFault: there is no answer, or none that fits; or the model still calls tools after the last turn.
        """
        turns = self._state["turns"]
        if turns >= self._arguments.max_turns:
            TaskFault.raise_standard(
                "runtime",
                "Too many turns",
                detail=f"the model still calls tools after {turns} turns: raise `maxTurns`, or have its tools say more",
                error="TurnsExceeded",
            )
        self._state["turns"] = turns + 1
        body, answered = self._body, self._state["messages"]
        if answered:  # the author's messages may be anything, until the first question is taken
            body = follow_up(body, answered)
        first = self._state["questions"]

        async def send(asked: Mapping[str, Any], question: int) -> Completion:
            self._state["questions"] = first + question + 1
            return await self._send(asked, first + question)

        completion, _ = await ask(body, send, reask=self._arguments.reask, note=self._context.note)
        return completion

    def output(self, completion: Completion) -> Any:
        """The task's raw output: the answer, with the usage and the cost of all questions."""
        usage = completion.usage and Usage.model_validate(self._state["usage"])
        return chat_output(
            self._arguments,
            completion.model_copy(
                update={
                    "usage": usage,
                    "cost": self._state["cost"],
                    "unavailable": [Unavailable.model_validate(one) for one in self._state["unavailable"]],
                }
            ),
        )

    async def _send(self, body: Mapping[str, Any], question: int) -> Completion:
        """Ask one question, of the first that has an answer."""
        while True:
            index: int = self._state["candidate"]
            try:
                return await self._send_to(self._candidates[index], body, question)
            except TaskFault as fault:
                if index + 1 == len(self._candidates) or not _is_unavailable(fault.problem):
                    raise TaskFault(self._with_those_before(index, fault.problem)) from None
                self._give_up(index, fault.problem)

    async def _send_to(self, candidate: Fallback, body: Mapping[str, Any], question: int) -> Completion:
        index = self._state["candidate"]
        task, services = self._context.execution.id, self._context.services
        id_ = task + (f"~{question}" if question else "") + (f"@{index}" if index else "")
        if candidate.model is not None:
            body = {**body, "model": candidate.model}
        call = plan_chat_call(
            self._arguments,
            body,
            self._secrets,
            id_=id_,
            idempotency_key=self._context.idempotency_key(id_),
            rules=services.program.rules_for(self._context.node),
            incomplete=services.program.incomplete_for(self._context.node),
            connection=candidate.connection,
            live=task if services.state.live else None,
        )
        model = str(body.get("model"))
        async with services.budget.question():
            try:
                completion = await self._context.call(call)
            except TaskFault as fault:
                details = fault.problem.details or {}
                if details.get("usage") or "finish_reason" in details:
                    self._spend(usage_in(details), details.get("model") or model, details.get("cost"))
                raise
            finally:
                services.stream.trim()
            if completion.is_prompt_held_back:  # there is nothing to count
                return completion
            usage = completion.usage or Usage()
            self._spend(usage, completion.model or model, completion.cost, simulated=completion.simulated)
        return completion

    def _spend(self, usage: Usage, model: str, cost: float | None, *, simulated: bool = False) -> None:
        """Count one answer, for the budget of the run and for the output of the task."""
        self._context.services.budget.add_answer(model, usage, cost, simulated=simulated)
        state = self._state
        state["usage"] = sum_usage(Usage.model_validate(state["usage"]), usage).model_dump()
        state["cost"] = None if cost is None or state["cost"] is None else state["cost"] + cost

    def _with_those_before(self, index: int, problem: Problem) -> Problem:
        """The problem of the last server that was asked, with the reasons of those before it."""
        details = problem.details or {}
        if index == 0 or not (_is_unavailable(problem) or "status" in details):
            return problem
        before = self._state["unavailable"]
        reasons = [f"{one['connection']}: {_short(one['detail'] or one['error'])}" for one in before]
        reasons.append(f"{self._candidates[index].connection}: {_short(problem.detail or problem.title)}")
        detail = f"none of {len(reasons)} servers gave an answer: {'; '.join(reasons)}"
        return problem.model_copy(update={"detail": detail, "details": {**details, "unavailable": before}})

    def _give_up(self, index: int, problem: Problem) -> None:
        candidate, following = self._candidates[index], self._candidates[index + 1]
        self._state["unavailable"].append(
            Unavailable(
                connection=candidate.connection,
                model=candidate.model or self._body.get("model"),
                error=problem.error,
                detail=problem.detail,
            ).model_dump()
        )
        self._state["candidate"] = index + 1
        self._context.note(f"asking {following.connection}: {problem.detail or problem.title}")


def _short(reason: str | None) -> str:
    return in_one_line(reason or "no answer")


def _is_unavailable(problem: Problem) -> bool:
    status = (problem.details or {}).get("status")
    if isinstance(status, int) and (status >= 500 or status in _UNAVAILABLE_STATUSES):
        return True
    return problem.error in _UNAVAILABLE
