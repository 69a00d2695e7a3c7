"""Names with values: the query of a URL, the fields of a form."""

import json
from collections.abc import Iterator, Mapping
from typing import Literal

from httptask.diagnostics.cutting import shortened
from httptask.http.errors import RequestInvalid
from httptask.http.url import encode_component

__all__ = ["ParameterScalar", "ParameterValue", "Separator", "encoded_query", "pairs"]

ParameterScalar = str | int | float | bool
ParameterValue = ParameterScalar | list[ParameterScalar]
"""A list is sent as one parameter per item."""
Separator = Literal[",", " ", "|"]
"""What stands between the items of a list that is sent as one parameter."""
_ENCODED: Mapping[Separator, str] = {",": ",", " ": "%20", "|": "%7C"}
"""As OpenAPI 3.1.1 has them in its table of styles (section 4.8.12.7): what a URL can hold stands plain."""


def pairs(values: Mapping[str, ParameterValue]) -> Iterator[tuple[str, str]]:
    """Each name with each of its values as text, in order.

    Raises:
        RequestInvalid: a number that JSON does not know.
    """
    for name, value in values.items():
        for scalar in value if isinstance(value, list) else [value]:
            yield name, _text(name, scalar)


def encoded_query(
    values: Mapping[str, ParameterValue], separators: Mapping[str, Separator]
) -> Iterator[tuple[str, str]]:
    """Names and values of a query, each of them encoded.

    Args:
        values: by name.
        separators: of the lists that are sent as one parameter, by its name; in none of their items one counts.

    Raises:
        RequestInvalid: a number that JSON does not know.
    """
    for name, value in values.items():
        texts = [encode_component(text) for _, text in pairs({name: value})]
        separator = separators.get(name)
        if separator is not None and texts:
            texts = [_ENCODED[separator].join(texts)]
        yield from ((encode_component(name), text) for text in texts)


def _text(name: str, scalar: ParameterScalar) -> str:
    try:
        return scalar if isinstance(scalar, str) else json.dumps(scalar, allow_nan=False)
    except ValueError:
        raise RequestInvalid(f"the value of {shortened(name, 60)!r} is not a finite number") from None
