"""What a right outcome of a case is, and whether one is."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .trial import Trial

__all__ = ["Right", "faults", "told"]

_ANYTHING: Any = object()
_REFUSED = 2
"""Exit code of `validate` and `run` for a definition that is refused."""


@dataclass(frozen=True)
class Right:
    """One way to be right; what is not given may be anything.

    Attributes:
        output: of the run; of an object only the members that are named.
        error: the `error` that the run ends in.
        says: patterns that its title and detail hold.
        never_says: patterns that they do not hold.
        refused: patterns that the fault holds for which `validate` and `run` refuse the definition; nothing is sent.
        requests: how many arrive.
        sent: patterns, one for each request that arrives, in order.
        holds: whether the requests are right where a pattern can't tell.
    """

    output: Any = _ANYTHING
    error: str | None = None
    says: tuple[str, ...] = ()
    never_says: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    requests: int | None = None
    sent: tuple[bytes, ...] = ()
    holds: Callable[[Sequence[bytes]], bool] | None = None


def faults(right: Right, trial: Trial) -> list[str]:
    """Everything in which a trial is otherwise than right."""
    found = [text for text in (trial.validation, trial.stdout, trial.stderr) if "Traceback" in text]
    found += ["a secret is in the output" for secret in trial.secrets if secret in _everything(trial)]
    if right.refused:
        return [*found, *_not_refused(right, trial)]
    if trial.validated != 0:
        return [*found, f"validate refuses it: {trial.validation.strip()}"]
    return [*found, *_result_faults(right, trial), *_request_faults(right, trial)]


def told(trial: Trial) -> str:
    """What came of a run, in one line or a few."""
    error = trial.result.get("error")
    if error:
        return f"{error.get('title')}: {error.get('detail')} ({len(trial.requests)} requests)"
    if "output" in trial.result:
        return f"output {trial.result['output']!r} ({len(trial.requests)} requests)"
    return trial.stderr.strip()


def _everything(trial: Trial) -> str:
    return trial.validation + trial.stdout + trial.stderr


def _not_refused(right: Right, trial: Trial) -> list[str]:
    if trial.validated != _REFUSED or trial.ran != _REFUSED or trial.requests:
        codes = f"validate exits with {trial.validated}, run with {trial.ran}"
        return [f"{codes}, {len(trial.requests)} requests arrive: {told(trial)}"]
    unsaid = [text for text in right.refused if not re.search(text, trial.validation)]
    return [f"validate does not say {text!r}: {trial.validation.strip()}" for text in unsaid]


def _result_faults(right: Right, trial: Trial) -> list[str]:
    error = trial.result.get("error") or {}
    if right.error is None:
        fits = "output" in trial.result and _is_part(right.output, trial.result["output"])
        return [] if right.output is _ANYTHING or fits else [told(trial)]
    detail = f"{error.get('title')}: {error.get('detail')}"
    if error.get("error") != right.error:
        return [told(trial)]
    return [f"it does not say {text!r}: {detail}" for text in right.says if not re.search(text, detail)] + [
        f"it says {text!r}: {detail}" for text in right.never_says if re.search(text, detail)
    ]


def _request_faults(right: Right, trial: Trial) -> list[str]:
    wanted = len(right.sent) or right.requests
    if wanted is not None and len(trial.requests) != wanted:
        return [f"{len(trial.requests)} requests arrive, not {wanted}"]
    pairs = zip(right.sent, trial.requests, strict=False)
    found = [
        f"{request!r} is not {text!r}" for text, request in pairs if not re.search(text, request, re.DOTALL)
    ]
    if right.holds is not None and not right.holds(trial.requests):
        found.append(f"not the requests of {right.holds.__name__.strip('_')}: {trial.requests[1:]!r}")
    return found


def _is_part(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(name in found and _is_part(value, found[name]) for name, value in wanted.items())
    return bool(wanted == found) and type(wanted) is type(found)
