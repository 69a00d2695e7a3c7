"""Which part of a request a name means: a parameter, a field of the body, a variable of the server."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from httptask.catalog.errors import CatalogError
from httptask.catalog.prepare.given import Given
from httptask.catalog.prepare.request_schemas import RequestSchemas
from httptask.catalog.prepare.variants import members
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.json.types import is_object
from httptask.openapi.operation import Content, Operation

__all__ = ["Fields", "read_fields"]

_BODY: Final = "body"
_SERVER: Final = "server"
_LOCATIONS: Final = ("path", "query", "header", "cookie", "querystring")


class Fields:
    """What was given for one operation.

    Attributes:
        body: None where nothing of it was.
        parameters: by location and name.
        server: variables of the server's URL.
    """

    def __init__(self) -> None:
        self.body: Given | None = None
        self.parameters: dict[tuple[str, str], Given] = {}
        self.server: dict[str, Any] = {}

    def put(self, location: str, tokens: Sequence[str], value: Any) -> None:
        """Give a value at a place."""
        if location == _SERVER:
            self.server[".".join(tokens)] = value
        elif location == _BODY:
            self.body = self.body or Given()
            self.body.put(tokens, value)
        else:
            self.parameters.setdefault((location, tokens[0]), Given()).put(tokens[1:], value)


def read_fields(
    values: Mapping[str, Any], operation: Operation, content: Content | None, schemas: RequestSchemas
) -> Fields:
    """Values by the names of what they are for.

    Args:
        values: by names such as `query.limit`, or `limit` where only one part of the request has it, and with dots
            for what is inside: `body.customer.name`, `items.0.sku`. `body` is the whole body, or its field `body`,
            where it has one and the value is no object.
        operation: that is prepared.
        content: of its body.
        schemas: of the operation.

    Raises:
        CatalogError: nothing has such a name, or several parts of the request have, or two values are for one place.
    """
    found = Fields()
    if not values:
        return found
    in_body = () if content is None else list(members(schemas.of(content.schema), schemas))
    names: dict[tuple[str, ...], str] = {}
    for name, value in values.items():
        location, tokens = _located(name, value, operation, content, in_body)
        place = (location, *tokens)
        for other, earlier in names.items():
            if place[: len(other)] == other or other[: len(place)] == place:
                raise CatalogError(f"--field {name}: {earlier} gives that, too", "give one of them")
        names[place] = name
        found.put(location, tokens, value)
    return found


def _located(
    name: str, value: Any, operation: Operation, content: Content | None, in_body: Sequence[str]
) -> tuple[str, Sequence[str]]:
    location, _, rest = name.partition(".")
    if location == _SERVER and rest:
        return _SERVER, [rest]
    if location == _BODY and content is not None:
        if rest:
            return _BODY, rest.split(".")
        return _BODY, [] if _BODY not in in_body or _is_object(value) else [_BODY]
    if location in _LOCATIONS and rest:
        tokens = _of_parameter(rest, operation, location)
        if tokens is not None:
            return location, tokens
    places = [
        (parameter.location, tokens)
        for parameter in operation.parameters
        if (tokens := _split(name, parameter.name)) is not None
    ]
    exact = [(place, tokens) for place, tokens in places if name.startswith(tokens[0])]
    places = exact or places
    if location in in_body:
        places.append((_BODY, name.split(".")))
    if len(places) > 1:
        several = " or ".join(f"{place}.{name}" for place, _ in places)
        raise CatalogError(f"--field {name}: several parts of the request have it", f"write {several}")
    if not places:
        names = [*(one.name for one in operation.parameters), *in_body]
        raise CatalogError(
            f"--field {name}: the request has no such field", hint_for_unknown(location, names, "fields")
        )
    return places[0]


def _is_object(value: Any) -> bool:
    return is_object(value) or (isinstance(value, str) and value.lstrip().startswith("{"))


def _of_parameter(name: str, operation: Operation, location: str) -> list[str] | None:
    for parameter in operation.parameters:
        tokens = _split(name, parameter.name) if parameter.location == location else None
        if tokens is not None:
            return tokens
    return None


def _split(name: str, parameter: str) -> list[str] | None:
    """The name of a parameter, which may have dots, and what stands behind it."""
    if name.lower() == parameter.lower():
        return [parameter]
    if name.startswith(f"{parameter}."):
        return [parameter, *name[len(parameter) + 1 :].split(".")]
    return None
