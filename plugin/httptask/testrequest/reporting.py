"""Makes the report of a test request out of what was planned and what came of it."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel

from httptask.client.edge import Edge
from httptask.diagnostics.fault import Fault
from httptask.dsl.expression_parts import EXPORT
from httptask.dsl.program import Program
from httptask.http.headers import KEYED_METHODS, SAFE_METHODS
from httptask.http.models import Hop, HttpResponse, matches
from httptask.request.curl import curl_command
from httptask.resilience.classify import REDIRECTS
from httptask.testrequest.afterwards import Afterwards, end_of_list, next_task
from httptask.testrequest.checking import check_path, check_planned, check_sample, check_way, estimate_of
from httptask.testrequest.outcome import CANCELLED, Outcome, is_without_worker, outcome_of_result
from httptask.testrequest.planning import PlannedRequest
from httptask.testrequest.report import OutcomePart, PreparedPart, Report, ResponsePart, WirePart
from httptask.testrequest.wording import (
    NOTHING,
    Unsent,
    answer_in_words,
    broken_off_in_words,
    handled_in_words,
    problem_in_words,
    timeout_of,
)

if TYPE_CHECKING:
    from httptask.catalog.catalog import Catalog
    from httptask.testrequest.documents import FoundOperation
    from httptask.testrequest.operation import CalledOperation

__all__ = ["Reporter"]

_CUT: Final[Mapping[str, str]] = {
    "HttpStatusError": "",
    "ResponseInvalid": ", but its answer can't be read",
    "ResponseTooLarge": ", with more than is taken of an answer",
}
_NOTHING_YET: Final = Unsent("nothing would be sent")


class Reporter:
    """Reports on one planned request.

    Args:
        program: the definition.
        planned: the request.
        edge: has its connection, and the secrets that a dry run is held to.
        catalog: of the project, whose references the request and its answer are held against; None for none.
        found: the operation that the task names, and whose document they are held against.

    Raises:
        HttpTaskError: the request can't be sent as written.
        CatalogError: an entry of the catalogue can't be read.
    """

    def __init__(
        self,
        program: Program,
        planned: PlannedRequest,
        edge: Edge,
        catalog: "Catalog | None" = None,
        found: "FoundOperation | None" = None,
    ) -> None:
        self._program = program
        self._planned = planned
        self._edge = edge
        self._shown = edge.prepare(planned.request)
        self._is_simulated = False
        self._called: CalledOperation | None = None
        self._found = found
        request = planned.request
        if found is not None:
            from httptask.testrequest.operation import called_by

            self._called = called_by(found, request, self._shown.uri)
        elif catalog is not None:
            from httptask.testrequest.operation import find_called

            self._called = find_called(catalog, request.method, self._shown.uri, request.connection)
        called = self._called
        self._is_safe = (
            catalog is not None
            and called is not None
            and called.document is None
            and catalog.is_safe(called.name)
        )

    @property
    def may_change_something(self) -> bool:
        """Whether to send it may do something that can't be undone: by its method, unless the catalogue knows better.

        A chat completion changes nothing, though it costs something.
        """
        return not (
            self._planned.planner.is_safe or self._is_safe or self._planned.request.method in SAFE_METHODS
        )

    async def prepared(self, *, dry: bool = False, sent_here: bool = False) -> PreparedPart:
        """The first part.

        Args:
            dry: whether nothing is to be sent, so that what a worker would refuse is told as well: an address that
                may not be reached, a secret without a value.
            sent_here: whether a worker of this process sends it, so that its secrets are those that are known here.
        """
        planned, shown = self._planned, self._shown
        found, problem = check_planned(planned, self._edge)
        warnings = [*found, *check_path(planned, self._edge)]
        if self._called is not None:
            warnings += self._called.request_faults(planned.request, shown.headers, shown.body)
        self._is_simulated = self._edge.is_simulated(planned.request)
        missing = check_sample(planned)
        if problem is None and (dry or sent_here):
            needed, of_way = await check_way(planned, self._edge)
            missing += needed if dry else [one for one in needed if one.code == "secret"]
            problem = of_way if dry else None
        estimate = await estimate_of(planned, self._edge)
        facts: dict[str, Any] = {} if estimate is None else {"estimate": estimate}
        if warnings or missing:
            facts["warnings"] = [*warnings, *missing]
        if self._called is not None:
            facts["operation"] = self._called.name
        if self._found is not None:
            known = self._found.operation
            facts |= {"operation": facts.get("operation", known.operation_id)}
            facts |= {"document": known.kept or known.document, "document_sha256": known.sha256}
        if planned.request.connection is not None:
            facts["connection"] = planned.request.connection
        if problem is not None:
            words = problem_in_words(problem, planned.request.connection, _NOTHING_YET)
            facts |= {"error": problem.to_json(), "run_would": "end here, before anything is sent"}
            facts |= {"happened": _sentence(words.happened)}
            facts |= {"change": words.change} if words.change else {}
        else:
            facts |= {"happened": self._complete(warnings, missing), "run_would": self._run_sends(missing)}
            if missing:
                facts["change"] = "; ".join(one.hint or one.message for one in missing)
            elif warnings:
                facts["change"] = "what is listed as a warning, unless it is meant"
        command = self._edge.prepare(planned.by_hand).export(curl_command)
        return PreparedPart(**shown.model_dump(), curl=command, **facts)

    def report(self, prepared: PreparedPart, outcome: Outcome) -> Report:
        """All parts, of what came of the request."""
        parts: dict[str, Any] = {"prepared": prepared, "wire": self._wire(outcome)}
        if (response := self._response(outcome)) is not None:
            parts["response"] = response
        return Report(**parts, outcome=self._outcome(outcome))

    def simulated(self, prepared: PreparedPart) -> Report | None:
        """All parts, as if an answer had come: made up of what is known of such answers; None where nothing is."""
        from httptask.testrequest.simulation import made_up_result, told_as_made_up

        result = made_up_result(self._planned, prepared, self._called)
        if result is None:
            return None
        return told_as_made_up(self.report(prepared, outcome_of_result(self._planned, result)))

    def _complete(self, warnings: Sequence[Fault], missing: Sequence[Fault]) -> str:
        state = "lacks what is listed below" if missing else "is complete"
        words = f"The request {state}."
        if self._called is not None:
            fits = "is not as its reference" if warnings else "is as its reference"
            called = f"{self._called.name} of {self._called.where}"
            words = f"The request {state}. It calls {called}, and {fits} describes it."
        if warnings:
            words += " Its server may reject it."
        return words

    def _run_sends(self, missing: Sequence[Fault]) -> str:
        same = "send the same, with the missing values filled in" if missing else "send the same"
        if self._planned.request.method in KEYED_METHODS:
            return f"{same}, {'and' if missing else 'with'} an Idempotency-Key of its own"
        return same

    def _wire(self, outcome: Outcome) -> WirePart:
        result = outcome.result
        executed: dict[str, Any] = {} if outcome.executed is None else {"executed": outcome.executed}
        hops = outcome.hops
        simulated = self._is_simulated or (result is not None and result.simulated)
        if not hops and _is_cut_off(outcome):
            happened = "Nobody knows what went out: the call was cut off before that was told."
            return WirePart(happened=happened, **executed)
        happened, run_would = _what_went_out(hops, simulated=simulated, method=self._planned.request.method)
        facts: dict[str, Any] = {"run_would": run_would} if run_would else {}
        if simulated:
            if outcome.problem is not None and outcome.problem.error == "FixtureMissing":
                happened = "Simulated: nothing was sent."
            facts["simulated"] = True
        return WirePart(happened=happened, hops=hops, **facts, **executed)

    def _response(self, outcome: Outcome) -> ResponsePart | None:
        result, details = outcome.result, outcome.details
        connection = self._planned.request.connection
        status = outcome.status
        if not isinstance(status, int):
            return None
        if result is None:
            headers: Mapping[str, str] = details.get("headers") or {}
            said = details.get("text")  # of a model, whose answer was read and refused
            content = said if isinstance(said, str) else _parsed(details.get("body_excerpt"))
            shown: dict[str, Any] = {"status": status, "headers": headers, "content": content}
            empty = content is None and not outcome.is_unreadable
            words = answer_in_words(status, headers, size=None, empty=empty, connection=connection)
        else:
            headers = result.headers
            shown = result.model_dump(mode="json", exclude={"request", "hops"}, exclude_none=True)
            content = result.content if isinstance(result, HttpResponse) else result.response
            empty = isinstance(result, HttpResponse) and result.content_kind == "none"
            words = answer_in_words(status, headers, size=result.size, empty=empty, connection=connection)
        is_whole = result is not None or not isinstance(content, str)
        is_of_api = result is None or isinstance(result, HttpResponse)
        if self._called is not None and is_whole and is_of_api:
            shown["drift"] = self._called.drift(status, headers, content)
        if result is None and outcome.is_broken_off:
            happened = _sentence(broken_off_in_words(status))
            run_would = f"count it as an error{self._tries_again(outcome)}"
            return ResponsePart(happened=happened, run_would=run_would, **shown)
        happened = _sentence(words.happened)
        if shown.get("drift"):
            happened += f" It is not as the reference of {self._called and self._called.name} describes it."
            if words.change is None and result is not None:  # what to change after an error is told of that
                shown["change"] = self._drift_cure()
        if words.change:
            shown["change"] = words.change
        run_would = self._run_takes(status, outcome) + self._tries_again(outcome)
        return ResponsePart(happened=happened, run_would=run_would, **shown)

    def _run_takes(self, status: int, outcome: Outcome) -> str:
        success = self._planned.request.success
        told = ", ".join(map(str, success)) or "none"
        if not matches(status, success):
            return f"count {status} as an error (successes: {told})"
        if outcome.problem is None:
            return f"count {status} as a success (successes: {told})"
        why = problem_in_words(
            outcome.problem, self._planned.request.connection, _unsent(outcome.hops)
        ).happened
        return f"count it as an error, though {status} is among the successes ({told}): {why}"

    def _tries_again(self, outcome: Outcome) -> str:
        """What is said of a failure where its outcome says the same, and how."""
        if outcome.problem is None or not Afterwards.of(self._program, self._planned, outcome).tries_again:
            return ""
        return ", and try again"

    def _drift_cure(self) -> str:
        called, fine = self._called, "nothing, if all is there that the workflow reads"
        if called is None or called.document is not None:
            return f"{fine}; else the document, where there is a newer one"
        api = called.name.partition(".")[0]
        return f"{fine}; where the API has a newer document, `httptask catalog update {api}` takes it"

    def _outcome(self, outcome: Outcome) -> OutcomePart:
        planned, problem = self._planned, outcome.problem
        facts: dict[str, Any] = {"attempt": planned.attempt, "attempts": planned.attempts, **_spent(outcome)}
        if problem is None:
            return self._success(outcome, facts)
        words, after = (
            problem_in_words(problem, planned.request.connection, _unsent(outcome.hops)),
            Afterwards.of(self._program, planned, outcome),
        )
        facts |= {
            "error": {**problem.to_json(), "details": _without_hops(outcome.details)},
            "would_retry": outcome.would_retry,
            "would_ask_again": outcome.would_ask_again,
            "retry_after": outcome.retry_after,
            "next_delay": outcome.next_delay,
            "caught_by": after.caught_by,
        }
        change = self._credential_cure() if problem.error == "Unauthorized" else words.change
        if outcome.ended_by is not None:
            change = f"raise {timeout_of(outcome.ended_by.pointer)}, if it may take longer"
        if change:
            facts["change"] = change
        return OutcomePart(happened=_sentence(words.happened), run_would=after.words, **facts)

    def _success(self, outcome: Outcome, facts: dict[str, Any]) -> OutcomePart:
        if outcome.handled:
            facts["handled_tools"] = [call.tool for call in outcome.handled]
            turns = self._planned.planner.answering(self._planned.node).turns
            happened, run_would = handled_in_words(outcome.handled, turns)
            return OutcomePart(happened=happened, run_would=run_would, **facts)
        facts["downstream"] = outcome.downstream
        if EXPORT in self._planned.node.parts:
            facts["context"] = outcome.context
        run_would = end_of_list(self._program, self._planned.node)
        if outcome.following is not None:
            facts["next_page"] = self._edge.prepare(outcome.following).model_dump()
            run_would = "go on with the next page"
        elif (following := next_task(self._program, self._planned.node)) is not None:
            facts["next_task"] = following
            run_would = f"go on with {following}"
        return OutcomePart(happened="The task succeeded.", run_would=run_would, **facts)

    def _credential_cure(self) -> str:
        """Which secrets to look at where a credential is refused."""
        request = self._planned.request
        names = {one.name for one in request.secrets}
        if request.connection is not None:
            names |= set(self._edge.connection(request.connection).secret_origins())
        if not names:
            return "the request has no credential: say with `authentication` of its connection which it has"
        told = ", ".join(f"${name}" for name in sorted(names))
        return f"check the value of {told}, and that it is sent in the way that the API wants"


def _what_went_out(hops: Sequence[Hop], *, simulated: bool, method: str) -> tuple[str, str | None]:
    """What happened on the wire, and what a run does about it."""
    if simulated:
        return "Simulated: nothing was sent, and a recorded answer stood in for the server.", None
    own = [hop for hop in hops if not hop.for_token]
    keyed = " with the same Idempotency-Key" if method in KEYED_METHODS else ""
    again = f"send it again{keyed}, where it tries again" if method != "GET" else None
    if not own or not own[-1].sent:
        led_on = any(hop.sent for hop in own)
        tries = f" A connection was tried {len(own)} times." if len(own) > 1 and not led_on else ""
        is_tried_again = led_on and own[-1].error == "ConnectFailed"
        return f"{_sentence(_unsent(hops).words)}{tries}", again if is_tried_again else None
    last, sent = own[-1], sum(hop.sent for hop in hops)
    more = f" {sent} requests went out, one after the other." if sent > 1 else ""
    if any(hop.status in REDIRECTS for hop in own[:-1]):
        more = f" It led on to another address:{more.lower()}"
    if last.status is not None:
        cut = _CUT.get(last.error or "HttpStatusError", ", but the answer did not come to its end")
        return f"The request went out, and the server answered{cut}.{more}", None
    if last.error == "ResponseInvalid":
        return f"The request went out, and what came back can't be read.{more}", None
    return (
        f"The request went out, and no answer came back: nobody knows whether the server acted on it.{more}",
        again,
    )


def _unsent(hops: Sequence[Hop]) -> Unsent:
    """What became of a request that could not be sent, or not sent on."""
    sent = [hop for hop in hops if hop.sent]
    if not sent:
        return NOTHING
    if (last := sent[-1]).for_token:
        return Unsent("an access token was asked for, and the request itself was not sent")
    server = urlsplit(last.uri).netloc
    return Unsent(
        f"the request went out, {server} answered {last.status}, and it was not sent on from there",
        "see where that answer leads, and whether the server there can be reached from here",
    )


def _is_cut_off(outcome: Outcome) -> bool:
    """Whether a call was ended from outside, and did not tell what had become of it."""
    problem = outcome.problem
    if problem is None or is_without_worker(problem):
        return False
    return (
        outcome.is_timed_out
        or problem.error == CANCELLED
        or (problem.error == "Timeout" and not problem.details)
    )


def _spent(outcome: Outcome) -> dict[str, Any]:
    """What a model has used."""
    result = outcome.result
    usage: Any = getattr(result, "usage", None) or outcome.details.get("usage")
    cost = getattr(result, "cost", None) or getattr(usage, "cost", None) or outcome.details.get("cost")
    told: Any = usage.model_dump(exclude_none=True) if isinstance(usage, BaseModel) else usage
    return {name: value for name, value in {"usage": told, "cost": cost}.items() if value is not None}


def _without_hops(details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in details.items() if name != "hops"}


def _parsed(excerpt: Any) -> Any:
    """The beginning of a body: as JSON where it is all of one."""
    if not isinstance(excerpt, str) or not excerpt:
        return None
    try:
        return json.loads(excerpt)
    except (ValueError, RecursionError):
        return excerpt


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith(".") else ".")
