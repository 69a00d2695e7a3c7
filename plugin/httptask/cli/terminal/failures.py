"""Why a run failed, as its author can use it."""

from typing import TYPE_CHECKING, Any

from httptask.diagnostics.cutting import in_one_line
from httptask.json.types import is_array, is_object

if TYPE_CHECKING:
    from temporalio.client import WorkflowFailureError

    from httptask.dsl.loader import Loaded

__all__ = ["explain_failure", "hint_at_input", "problem_of", "said_by_server", "state_after"]

_SHOWN_CHARACTERS = 600


def problem_of(failure: "WorkflowFailureError") -> dict[str, Any]:
    """The RFC 7807 object of a failed run."""
    from temporalio.exceptions import ApplicationError, CancelledError, TerminatedError

    cause = failure.cause
    if isinstance(cause, ApplicationError) and cause.details and is_object(cause.details[0]):
        return cause.details[0]
    if isinstance(cause, CancelledError):
        return {"title": "Cancelled"}
    if isinstance(cause, TerminatedError):
        return {"title": "Terminated", "detail": str(cause)}
    return {"title": "Failed", "detail": str(cause)}


def state_after(failure: "WorkflowFailureError") -> str:
    """The state of a run that ended so, as `runs` tells it."""
    from temporalio.exceptions import CancelledError, TerminatedError

    match failure.cause:
        case CancelledError():
            return "cancelled"
        case TerminatedError():
            return "terminated"
        case _:
            return "faulted"


def explain_failure(problem: dict[str, Any], loaded: "Loaded", *, has_file: bool = True) -> str:
    """Place, title and detail in a few lines; without a file, the definition in place of the place."""
    from httptask.calls.problem import heading_of

    pointer = problem.get("instance")
    place = loaded.name
    if isinstance(pointer, str) and has_file:
        file, at = loaded.where(pointer, at_key=True)
        place = f"{file}:{at.line}:{at.column}"
    lines = [f"{place}: {heading_of(problem.get('title', 'Failed'), problem.get('error'))}"]
    details = problem.get("details")
    faults = _faults(details) if is_object(details) else []
    if faults:
        lines += faults
    elif problem.get("detail"):
        lines.append(f"  {problem['detail']}")
    if is_object(details):
        lines += said_by_server(details, problem.get("error"))
    if isinstance(pointer, str) and pointer:  # empty for a timeout of the workflow itself
        lines.append(f"  task: {pointer.rpartition('/')[2]}")
    if is_object(details) and isinstance(details.get("diff"), str):
        lines.append(f"  nearest: {details.get('nearest')}\n{details['diff']}")
    return "\n".join(lines)


def hint_at_input(problem: dict[str, Any], data: Any) -> str | None:
    """What helps a run without input in which an expression had no value, since that is often why."""
    of_expression = str(problem.get("type", "")).endswith("/expression")
    if data is None and of_expression and "null" in str(problem.get("detail", "")):
        return "the input of this run is null; give it one with --input, as JSON, YAML or @FILE"
    return None


def said_by_server(details: dict[str, Any], error: Any) -> list[str]:
    """What there was of an answer that a call failed for, a line each: title and detail are a part of it at most."""
    lines: list[str] = []
    for name, label in (("body_excerpt", "the server said"), ("partial_text", "the model had said")):
        words = details.get(name)
        if isinstance(words, str) and (shown := _in_one_line(words)):
            lines.append(f"  {label}: {shown}")
    if "finish_reason" in details:
        lines += _answer(details, error)
    if details.get("request_id"):
        lines.append(f"  its request id: {_in_one_line(str(details['request_id']))}")
    return lines


def _in_one_line(words: str) -> str:
    from httptask.cli.terminal.console import harmless

    return harmless(in_one_line(words, _SHOWN_CHARACTERS))


def _answer(details: dict[str, Any], error: Any) -> list[str]:
    """What the model said, and what helps where that was not what was asked for."""
    from httptask.cli.terminal.console import harmless

    text, thought = details.get("text"), details.get("reasoning")
    verb = "only thought" if thought and not text else "said"
    said = harmless(in_one_line(str(text or thought or ""))) or "nothing"
    cure = "  hint: with `reask: N` the model is shown this and what is wrong with it, and asked again up to N times"
    return [f"  the model {verb}: {said}", *([cure] if error == "OutputInvalid" else [])]


def _faults(details: dict[str, Any]) -> list[str]:
    """The faults of a chat request, a line each."""
    from httptask.chat.check import NOT_SENDABLE

    faults = details.get("faults")
    if not is_array(faults) or not faults:
        return []
    lines = [f"    {fault['pointer']}: {fault['message']}; {fault['hint']}" for fault in faults]
    left_out = details.get("count", len(faults)) - len(faults)
    return [f"  {NOT_SENDABLE}:", *lines, *([f"    and {left_out} more"] if left_out else [])]
