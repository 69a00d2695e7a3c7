"""The report of a test request, as a person reads it."""

import json
from typing import Any, Final

from httptask.cli.terminal.console import harmless, print_json
from httptask.cli.terminal.failures import explain_failure
from httptask.cli.terminal.styled import stdout
from httptask.diagnostics.fault import Fault
from httptask.dsl.loader import Loaded
from httptask.http.models import Hop
from httptask.testrequest import Report
from httptask.testrequest.report import OutcomePart, Part, PreparedPart, ResponsePart, WirePart

__all__ = ["print_answer", "print_prepared"]

_MOST_SHOWN: Final = 4000
_OF_THE_CALL: Final = frozenset({"attempt", "headers", "simulated", "size", "status", "timing"})
"""What of a response is said in words, or stands in the part before."""
_ENDS: Final = {
    "AddressForbidden": "not allowed",
    "ConnectFailed": "no connection",
    "ResponseInvalid": "no HTTP",
}
_STEPS: Final = {"dns": "name", "connect": "connection", "tls": "TLS", "first_byte": "first byte"}


def print_prepared(part: PreparedPart, loaded: Loaded) -> None:
    """The request as it is to be sent."""
    _heading("prepared", part)
    _warnings(part.warnings)
    if part.estimate is not None:
        estimate = part.estimate
        most = estimate.completion_tokens
        answer = "without a bound" if most is None else f"at most {most:,}"
        cost = "" if estimate.cost is None else f"; at most {_dollars(estimate.cost)}"
        _line(f"  tokens: about {estimate.prompt_tokens:,} in the request, {answer} in the answer{cost}")
    if part.document is not None:
        _line(
            f"  made of: {part.operation} in {part.document} (SHA-256 {(part.document_sha256 or '')[:12]}…)"
        )
    if part.error is not None:
        _line(explain_failure(_without(part.error, "detail"), loaded))
    _line("")
    _line(f"{part.method} {part.uri}")
    _headers(part.headers)
    if part.body is not None:
        print_json(part.body)
    _line(f"\n{part.curl}")


def print_answer(report: Report, loaded: Loaded) -> None:
    """What came of it."""
    if report.wire is not None:
        _wire(report.wire)
    if report.response is not None:
        _response(report.response)
    if report.outcome is not None:
        _outcome(report.outcome, loaded, answered=report.response is not None)


def _wire(part: WirePart) -> None:
    _line("")
    _heading("on the wire", part)
    for hop in part.hops:
        _line(f"  {_hop(hop)}")
    if part.executed is not None:
        kind = "workflow" if part.executed.is_workflow else "activity"
        _line(f"  in Temporal: {kind} {part.executed.id}, on the task queue {part.executed.task_queue}")


def _hop(hop: Hop) -> str:
    ended = str(hop.status) if hop.status is not None else _ENDS.get(hop.error or "", "no answer")
    taken = [(name, getattr(hop, key)) for key, name in _STEPS.items()]
    steps = ", ".join(f"{name} {_milliseconds(spent)}" for name, spent in taken if spent is not None)
    return f"{hop.method} {hop.uri}: {ended}, {_milliseconds(hop.total)}{f' ({steps})' if steps else ''}"


def _dollars(cost: float) -> str:
    return "$" + (f"{cost:.6f}".rstrip("0").rstrip(".") if cost < 1 else f"{cost:.2f}")


def _milliseconds(spent: float) -> str:
    return f"{spent:.3g} ms" if spent < 1000 else f"{spent:.0f} ms"


def _response(part: ResponsePart) -> None:
    _line("")
    _heading("response", part)
    _warnings(part.drift)
    _headers(part.headers)
    more = part.model_extra or {}
    if "content_kind" in more or not more:
        if part.content is not None or more.get("content_kind") == "json":  # where it may be null
            _content(part.content)
    else:
        _content({name: value for name, value in more.items() if name not in _OF_THE_CALL and value != []})


def _outcome(part: OutcomePart, loaded: Loaded, *, answered: bool) -> None:
    _line("")
    _heading("outcome", part)
    if part.attempt > 1 or part.error is not None:
        _line(f"  attempt: {part.attempt} of {part.attempts}")
    if part.usage is not None:
        cost = "" if part.cost is None else f", {_dollars(part.cost)}"
        _line(f"  used: {part.usage.get('total_tokens', 'unknown')} tokens{cost}")
    if part.error is not None:
        error = _without(part.error, "detail")
        if answered:
            error["details"] = _without(error.get("details") or {}, "body_excerpt")
        _line(explain_failure(error, loaded))
    if part.error is not None or part.handled_tools:
        return
    stdout.print("\n[bold]the next task sees[/bold]")
    _content(part.downstream)
    if part.context is not None:
        stdout.print("\n[bold]$context is then[/bold]")
        _content(part.context)
    if part.next_page is not None:
        stdout.print("\n[bold]a run goes on with the next page[/bold]")
        _line(f"{part.next_page['method']} {part.next_page['uri']}")


def _heading(name: str, part: Part) -> None:
    stdout.print(f"[bold]{name}[/bold]")
    _line(f"  what happened: {part.happened}")
    if part.run_would:
        _line(f"  a run would: {part.run_would}")
    if part.change:
        _line(f"  what to change: {part.change}")


def _warnings(faults: list[Fault]) -> None:
    for fault in faults:
        place = f"{fault.pointer}: " if fault.pointer else ""
        _line(f"  warning: {place}{fault.message}{f'; {fault.hint}' if fault.hint else ''}")


def _headers(headers: dict[str, str]) -> None:
    for name, value in headers.items():
        _line(f"{name}: {value}")


def _content(value: Any) -> None:
    """A value as JSON, and a text as it is; the beginning of what is long."""
    text = harmless(value) if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    if len(text) > _MOST_SHOWN:
        _line(f"{text[:_MOST_SHOWN]}\n… {len(text) - _MOST_SHOWN:,} more characters: --json shows all")
    elif isinstance(value, str):
        _line(text)
    else:
        print_json(value)


def _without(problem: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in problem.items() if key != name}


def _line(text: str) -> None:
    stdout.print(text, markup=False)
