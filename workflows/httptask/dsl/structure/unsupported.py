"""What the standard has and this version doesn't run: refused by name."""

from typing import Any, Final

from pydantic import BaseModel

from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.model import Schedule, Schema, Use
from httptask.dsl.tasks import UNSUPPORTED_CALLS, function_name
from httptask.dsl.tasks.listen import LISTEN, EventConsumption
from httptask.dsl.tasks.run_workflow import Run

__all__ = ["other_document", "unsupported", "unsupported_call", "unsupported_key"]

_EVENT_HINT: Final = "have what receives the event start the workflow, with a list of the event as its input"
_KEYS: Final[dict[type[BaseModel], dict[str, str]]] = {
    Use: {
        "extensions": "write the tasks where they are to run, once under `use.functions` if in several places",
    },
    EventConsumption: {
        "until": "listen for one event in a task that `then` comes back to, as long as it is wanted"
    },
    LISTEN.spec_model: {"foreach": "take the events as a list, and go through them with `for`"},
    Schedule: {"on": _EVENT_HINT, "read": _EVENT_HINT},
    Schema: {"resource": "write the schema here, under `document`"},
}

_OWNERS: Final[dict[type[BaseModel], str]] = {
    Schedule: "schedule.",
    Use: "use.",
    EventConsumption: "listen.",
    LISTEN.spec_model: "listen.",
}
"""What is said before a key that has several owners."""
_PROCESSES: Final = ("container", "script", "shell")
_PROCESS_HINT: Final = "run it in an activity of your own: `call: activity`"
_SCRIPT_HINT: Final = f"write what makes data of data as an expression of `set`; else {_PROCESS_HINT}"
_FUNCTION_HINT: Final = (
    "what runs stays as it is: download the function as FOLDER/functions/NAME/VERSION/function.yaml, name the folder "
    "under `use.catalogs`, and call NAME:VERSION@CATALOG; or write its task under `use.functions`"
)
_OPENAPI: Final = (
    "an OpenAPI document",
    "add it with `httptask catalog add`; `httptask catalog prepare` writes tasks that call it",
)
_OTHER_DOCUMENTS: Final = {
    "arazzo": (
        "an Arazzo document",
        "write its steps as tasks under `do`: `httptask catalog prepare` writes one for each operation of an API",
    ),
    "asyncapi": ("an AsyncAPI document", "write the calls that you need as tasks under `do`"),
    "openapi": _OPENAPI,
    "swagger": _OPENAPI,
}
"""By the key that says so."""


def unsupported(pointer: str, what: str, hint: str | None) -> Fault:
    """The fault for a part of the standard that this version doesn't run."""
    message = f"the standard's {what} is not supported by this version of httptask"
    return TextFault(pointer, "unsupported", message, hint, at_key=True)


def unsupported_key(pointer: str, owner: type[BaseModel] | None, key: str) -> Fault | None:
    """The fault for a key that the standard allows in this mapping and we don't."""
    if owner is Run and key in _PROCESSES:
        return unsupported(pointer, f"task `run: {key}`", _SCRIPT_HINT if key == "script" else _PROCESS_HINT)
    hint = _KEYS.get(owner, {}).get(key) if owner is not None else None
    if owner is None or hint is None:
        return None
    return unsupported(pointer, f"`{_OWNERS.get(owner, '')}{key}`", hint)


def unsupported_call(pointer: str, call: str) -> Fault | None:
    """The fault for a call of the standard that we don't make, or of a function that would have to be fetched."""
    name = function_name(call)
    if name in UNSUPPORTED_CALLS:
        return unsupported(pointer, f"call `{name}`", UNSUPPORTED_CALLS[name])
    if "://" in call:
        return unsupported(pointer, "call of a function by its URL", _FUNCTION_HINT)
    return None


def other_document(data: dict[str, Any]) -> Fault | None:
    """The fault for a document that describes something else, which somebody may take for a definition."""
    key = next((key for key in _OTHER_DOCUMENTS if key in data and "do" not in data), None)
    if key is None:
        return None
    what, hint = _OTHER_DOCUMENTS[key]
    message = f"this is {what}, not a definition of a workflow"
    return TextFault(f"/{key}", "other-document", message, hint, at_key=True)
