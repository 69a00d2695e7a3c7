"""The requests that a run sent, held against those that were expected."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from httptask.definitiontests.comparing import NOTHING, Difference, differences
from httptask.definitiontests.format import Expectations, ExpectedRequest
from httptask.dsl.expressions import is_whole_expression
from httptask.json.pointer import child_pointer
from httptask.request.preview import PreparedRequest

__all__ = ["request_differences"]


def request_differences(
    expect: Expectations, sent: Sequence[PreparedRequest], pointer: str
) -> Iterator[Difference]:
    """All that is not as expected of the requests.

    Args:
        expect: what is expected.
        sent: every attempt, in order.
        pointer: of what is expected.
    """
    at = f"{pointer}/requests"
    search = _in_order if expect.requests_in_order else _in_any_order
    found = search(expect, sent)
    taken = set(found.values())
    for index, expected in enumerate(expect.requests):
        if index not in found:
            free = [request for number, request in enumerate(sent) if number not in taken]
            yield from _missing(expected, free, child_pointer(at, index), f"requests[{index}]", expect)
    if expect.exact and "requests" in expect.model_fields_set:
        for number, request in enumerate(sent):
            if number not in taken:
                yield Difference(at, "requests", NOTHING, _named(request), "this was sent too")
    for index, refused in enumerate(expect.not_requested):
        for request in sent:
            if not any(_differences(refused, request, "", "", exact=False)):
                place = child_pointer(f"{pointer}/notRequested", index)
                path = f"notRequested[{index}]"
                yield Difference(place, path, NOTHING, _named(request), "this was sent")


def _in_order(expect: Expectations, sent: Sequence[PreparedRequest]) -> dict[int, int]:
    """For each expected request the number of the one that is it, behind that of the one before."""
    found: dict[int, int] = {}
    start = 0
    for index, expected in enumerate(expect.requests):
        fitting = (number for number in range(start, len(sent)) if _fits(expected, sent[number], expect))
        number = next(fitting, None)
        if number is not None:
            found[index], start = number, number + 1
    return found


def _in_any_order(expect: Expectations, sent: Sequence[PreparedRequest]) -> dict[int, int]:
    """For each expected request the number of the one that is it; as many find one as can (augmenting paths)."""
    found: dict[int, int] = {}
    owners: dict[int, int] = {}

    first: dict[str, int] = {}
    alike = [
        first.setdefault(one.model_dump_json(exclude_unset=True), at)
        for at, one in enumerate(expect.requests)
    ]

    @cache
    def fit_first(index: int, number: int) -> bool:
        return _fits(expect.requests[index], sent[number], expect)

    def fits(index: int, number: int) -> bool:
        return fit_first(alike[index], number)

    for wanted in range(len(expect.requests)):
        wanting: dict[int, int] = {}
        queue = [wanted]
        for index in queue:
            number = next((one for one in range(len(sent)) if one not in owners and fits(index, one)), None)
            if number is not None:
                _take(index, number, wanting, found, owners)
                break
            for taken, owner in owners.items():
                if taken not in wanting and fits(index, taken):
                    wanting[taken] = index
                    queue.append(owner)
    return found


def _take(
    index: int, number: int, wanting: Mapping[int, int], found: dict[int, int], owners: dict[int, int]
) -> None:
    """Give a number to an index, what that had before to the index that wants it, and so on."""
    left = found.get(index)
    found[index], owners[number] = number, index
    while left is not None:
        index, number = wanting[left], left
        left = found.get(index)
        found[index], owners[number] = number, index


def _fits(expected: ExpectedRequest, request: PreparedRequest, expect: Expectations) -> bool:
    return not any(_differences(expected, request, "", "", exact=expect.exact))


def _missing(
    expected: ExpectedRequest, free: Sequence[PreparedRequest], pointer: str, path: str, expect: Expectations
) -> Iterator[Difference]:
    """How a request that was not sent differs from the most similar one that was."""
    candidates = [list(_differences(expected, one, pointer, path, exact=expect.exact)) for one in free]
    nearest = min(candidates, key=len) if candidates else []
    if nearest and len(nearest) < len(expected.model_fields_set):
        yield from nearest
        return
    told = (
        "no such request was sent" if nearest or not free else "it was sent before one that stands before it"
    )
    written = expected.model_dump(by_alias=True, exclude_unset=True)
    sent = [_named(request) for request in free] or NOTHING
    yield Difference(pointer, path, written, sent, told)


def _differences(
    expected: ExpectedRequest, request: PreparedRequest, pointer: str, path: str, *, exact: bool
) -> Iterator[Difference]:
    headers = {name.lower(): value for name, value in request.headers.items()}
    got: Mapping[str, Any] = {
        "method": request.method,
        "url": request.uri,
        "headers": {name: headers[name.lower()] for name in expected.headers if name.lower() in headers},
        "body": request.body,
    }
    written = expected.model_dump(by_alias=True, exclude_unset=True)
    if expected.method is not None and not is_whole_expression(expected.method):
        written["method"] = expected.method.upper()
    for key, value in written.items():
        yield from differences(value, got[key], child_pointer(pointer, key), f"{path}.{key}", exact=exact)


def _named(request: PreparedRequest) -> str:
    return f"{request.method} {request.uri}"
