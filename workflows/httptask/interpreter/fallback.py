"""Whom the questions of a `chatCompletion` go to: its connection, and others where there is no answer to be had."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from httptask.calls.chat import plan_chat_call
from httptask.calls.problem import Problem, TaskFault
from httptask.chat.models import Completion, Unavailable
from httptask.diagnostics.cutting import in_one_line
from httptask.dsl.tasks.chat.arguments import ChatCompletionArguments, Fallback
from httptask.http.secret_reference import SecretReference
from httptask.interpreter.task_context import TaskContext
from httptask.workflows.conversation import Account

__all__ = ["Candidates", "is_unavailable"]

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


class Candidates:
    """Asks the first server that has an answer, and goes on with that one, also in a continued run.

    Args:
        context: of the task, whose state keeps who is asked.
        arguments: of the task.
        secrets: of the request; their pointers start at its body.
        account: counts what the questions use.
    """

    def __init__(
        self,
        context: TaskContext,
        arguments: ChatCompletionArguments,
        secrets: Sequence[SecretReference],
        account: Account,
    ) -> None:
        self._context = context
        self._arguments = arguments
        self._secrets = secrets
        self._account = account
        self._candidates = (Fallback(connection=arguments.connection), *arguments.fallback)
        self._state = context.execution.state
        if "candidate" not in self._state:
            self._state.update(candidate=0, unavailable=[])

    @property
    def unavailable(self) -> list[Unavailable]:
        """Who was asked in vain."""
        return [Unavailable.model_validate(one) for one in self._state["unavailable"]]

    def read(self, completion: Completion) -> Completion:
        """See `Questions`: a completion is held to its form where it is received."""
        return completion

    def note(self, detail: str) -> None:
        """See `Questions`."""
        self._context.note(detail)

    async def send(self, body: Mapping[str, Any], number: int) -> Completion:
        """See `Questions`.

        Raises:
            TaskFault: nobody has an answer, or there is another reason for that than who is asked.
        """
        while True:
            index: int = self._state["candidate"]
            try:
                return await self._send_to(self._candidates[index], body, number)
            except TaskFault as fault:
                if not self._goes_on(index, fault.problem):
                    raise TaskFault(self._with_those_before(index, fault.problem)) from None
                self._give_up(index, fault.problem, body)

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

        async def schedule() -> Completion:
            try:
                return await self._context.schedule(call, keeps=lambda problem: self._goes_on(index, problem))
            finally:
                services.stream.trim()

        return await self._account.ask(str(body.get("model")), schedule)

    def _goes_on(self, index: int, problem: Problem) -> bool:
        """Whether another one is asked after a problem with one of them."""
        return index + 1 < len(self._candidates) and is_unavailable(problem)

    def _with_those_before(self, index: int, problem: Problem) -> Problem:
        """The problem of the last server that was asked, with the reasons of those before it."""
        details = problem.details or {}
        if index == 0 or not (is_unavailable(problem) or "status" in details):
            return problem
        before = self._state["unavailable"]
        reasons = [f"{one['connection']}: {_short(one['detail'] or one['error'])}" for one in before]
        reasons.append(f"{self._candidates[index].connection}: {_short(problem.detail or problem.title)}")
        detail = f"none of {len(reasons)} servers gave an answer: {'; '.join(reasons)}"
        return problem.model_copy(update={"detail": detail, "details": {**details, "unavailable": before}})

    def _give_up(self, index: int, problem: Problem, body: Mapping[str, Any]) -> None:
        candidate, following = self._candidates[index], self._candidates[index + 1]
        self._state["unavailable"].append(
            Unavailable(
                connection=candidate.connection,
                model=candidate.model or body.get("model"),
                error=problem.error,
                detail=problem.detail,
            ).model_dump()
        )
        self._state["candidate"] = index + 1
        self._context.note(f"asking {following.connection}: {problem.detail or problem.title}")


def _short(reason: str | None) -> str:
    return in_one_line(reason or "no answer")


def is_unavailable(problem: Problem) -> bool:
    """Whether another server is asked where a question to a model ended so."""
    status = (problem.details or {}).get("status")
    if isinstance(status, int) and (status >= 500 or status in _UNAVAILABLE_STATUSES):
        return True
    return problem.error in _UNAVAILABLE
