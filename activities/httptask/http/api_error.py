"""How an API names its error: the type, code and parameter that programs tell errors apart by."""

from collections.abc import Mapping
from typing import Any

from httptask.diagnostics.cutting import first_characters
from httptask.json.types import is_array, is_object

__all__ = ["error_of", "names_of"]

_MAX_NAME = 500
_NAMES = ("type", "code", "param")


def error_of(body: Any) -> Mapping[str, Any] | None:
    """The object of a body that describes an error: `{"error": {…}}`, that in a list, or `{"object": "error", …}`."""
    if is_array(body) and body:
        return error_of(body[0])
    if not is_object(body):
        return None
    if body.get("object") == "error":
        return body
    error = body.get("error")
    return error if is_object(error) else None


def names_of(error: Mapping[str, Any]) -> dict[str, Any]:
    """Type, code and parameter of an error, each null where it has none; and the code of an inner one, if it has that.

    Azure says by that which rule of its own was broken. LiteLLM puts it elsewhere.
    """
    names: dict[str, Any] = {name: _name(error.get(name)) for name in _NAMES}
    for place in (error, error.get("provider_specific_fields")):
        inner = place.get("innererror") if is_object(place) else None
        if is_object(inner) and (code := _name(inner.get("code"))) is not None:
            return {**names, "innererror": code}
    return names


def _name(value: Any) -> str | int | None:
    """A code is a number on some servers; what is neither that nor text names nothing."""
    if isinstance(value, str):
        return first_characters(value, _MAX_NAME)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
