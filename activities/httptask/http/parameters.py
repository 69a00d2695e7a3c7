"""Names with values: the query of a URL, the fields of a form."""

import json
from collections.abc import Iterator, Mapping

from httptask.diagnostics.cutting import shortened
from httptask.http.errors import RequestInvalid

__all__ = ["ParameterScalar", "ParameterValue", "pairs"]

ParameterScalar = str | int | float | bool
ParameterValue = ParameterScalar | list[ParameterScalar]
"""A list is sent as one parameter per item."""


def pairs(values: Mapping[str, ParameterValue]) -> Iterator[tuple[str, str]]:
    """Each name with each of its values as text, in order.

    Raises:
        RequestInvalid: a number that JSON does not know.
    """
    for name, value in values.items():
        for scalar in value if isinstance(value, list) else [value]:
            yield name, _text(name, scalar)


def _text(name: str, scalar: ParameterScalar) -> str:
    try:
        return scalar if isinstance(scalar, str) else json.dumps(scalar, allow_nan=False)
    except ValueError:
        raise RequestInvalid(f"the value of {shortened(name, 60)!r} is not a finite number") from None
