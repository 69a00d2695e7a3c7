"""What the standard has and this version doesn't run: refused by name."""

from typing import Any, Final

from pydantic import BaseModel

from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.definition import Definition
from httptask.dsl.model import Schema, Use
from httptask.dsl.tasks import UNSUPPORTED_KEYWORDS

__all__ = ["unsupported", "unsupported_key", "unsupported_keyword"]

_KEYS: Final[dict[type[BaseModel], dict[str, str]]] = {
    Definition: {
        "schedule": "start the workflow from a Temporal schedule",
        "evaluate": "expressions are jq; remove `evaluate`",
    },
    Use: {
        "catalogs": "call a function of the built-in catalogue",
        "extensions": "write the tasks where they are to run",
        "functions": "call a function of the built-in catalogue, or write the task where it is to run",
        "retries": "calls are retried by the policy of their connection",
    },
    Schema: {"resource": "write the schema here, under `document`"},
}


def unsupported(pointer: str, what: str, hint: str | None) -> Fault:
    """The fault for a part of the standard that this version doesn't run."""
    message = f"the standard's {what} is not supported by this version of httptask"
    return TextFault(pointer, "unsupported", message, hint, at_key=True)


def unsupported_key(pointer: str, owner: type[BaseModel] | None, key: str) -> Fault | None:
    """The fault for a key that the standard allows in this mapping and we don't."""
    hint = _KEYS.get(owner, {}).get(key) if owner is not None else None
    return None if hint is None else unsupported(pointer, f"`{key}`", hint)


def unsupported_keyword(pointer: str, task: dict[str, Any]) -> Fault | None:
    """The fault for a task of a kind that we don't run."""
    keyword = next((keyword for keyword in UNSUPPORTED_KEYWORDS if keyword in task), None)
    if keyword is None:
        return None
    return unsupported(f"{pointer}/{keyword}", f"task `{keyword}`", UNSUPPORTED_KEYWORDS[keyword])
