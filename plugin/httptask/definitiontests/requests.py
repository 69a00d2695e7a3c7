"""The requests that a run sent, held against those that were expected."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from httptask.definitiontests.comparing import NOTHING, Difference, differences
from httptask.definitiontests.format import Expectations, ExpectedRequest
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
    fitting = [
        [number for number, request in enumerate(sent) if _fits(expected, request, expect)]
        for expected in expect.requests
    ]
    owners: dict[int, int] = {}

    def place(index: int, seen: set[int]) -> bool:
        for number in fitting[index]:
            if number in seen:
                continue
            seen.add(number)
            if number not in owners or place(owners[number], seen):
                owners[number] = index
                return True
        return False

    for index in range(len(fitting)):
        place(index, set())
    return {index: number for number, index in owners.items()}


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
    if expected.method is not None:
        written["method"] = expected.method.upper()
    for key, value in written.items():
        yield from differences(value, got[key], child_pointer(pointer, key), f"{path}.{key}", exact=exact)


def _named(request: PreparedRequest) -> str:
    return f"{request.method} {request.uri}"
