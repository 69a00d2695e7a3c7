"""What a run sent and what it emitted, held against what was expected of both."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from httptask.definitiontests.comparing import NOTHING, Difference, differences
from httptask.definitiontests.format import Expectations, ExpectedEvent, ExpectedRequest
from httptask.dsl.expressions import is_whole_expression
from httptask.json.pointer import child_pointer
from httptask.request.preview import PreparedRequest

__all__ = ["event_differences", "request_differences"]

Expected = TypeVar("Expected", ExpectedRequest, ExpectedEvent)
Seen = TypeVar("Seen")


def request_differences(
    expect: Expectations, sent: Sequence[PreparedRequest], pointer: str
) -> Iterator[Difference]:
    """All that is not as expected of the requests.

    Args:
        expect: what is expected.
        sent: every attempt, in order.
        pointer: of what is expected.
    """
    return _Observed(
        key="requests",
        refused_key="notRequested",
        what="request",
        done="sent",
        named=_line_of,
        parts=_parts_of_request,
        exact=expect.exact,
        in_order=expect.requests_in_order,
    ).differences(expect, expect.requests, expect.not_requested, sent, pointer)


def event_differences(
    expect: Expectations, emitted: Sequence[Mapping[str, Any]], pointer: str
) -> Iterator[Difference]:
    """All that is not as expected of the events; arguments as those of `request_differences`."""
    return _Observed(
        key="emitted",
        refused_key="notEmitted",
        what="event",
        done="emitted",
        named=_type_of,
        parts=_parts_of_event,
        exact=expect.exact,
        in_order=expect.emitted_in_order,
    ).differences(expect, expect.emitted, expect.not_emitted, emitted, pointer)


def _line_of(request: PreparedRequest) -> str:
    return f"{request.method} {request.uri}"


def _type_of(event: Mapping[str, Any]) -> str:
    return str(event["type"])


def _parts_of_event(
    expected: ExpectedEvent, event: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return expected.model_dump(exclude_unset=True), event


def _parts_of_request(
    expected: ExpectedRequest, request: PreparedRequest
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    headers = {name.lower(): value for name, value in request.headers.items()}
    got = {
        "method": request.method,
        "url": request.uri,
        "headers": {name: headers[name.lower()] for name in expected.headers if name.lower() in headers},
        "body": request.body,
    }
    written = expected.model_dump(by_alias=True, exclude_unset=True)
    if expected.method is not None and not is_whole_expression(expected.method):
        written["method"] = expected.method.upper()
    return written, got


@dataclass(frozen=True, slots=True)
class _Observed(Generic[Expected, Seen]):
    """One kind of thing that runs do, of which each that is expected has to be found among those that were seen.

    Attributes:
        key: where they are expected.
        refused_key: where those are named that must not be seen.
        what: such a thing is called.
        done: what becomes of one.
        named: a short name of one.
        parts: what is expected of one, by keys, and the same of one that was seen.
        exact: whether bodies, data and the number are as they are written.
        in_order: whether they come in the order in which they are written.
    """

    key: str
    refused_key: str
    what: str
    done: str
    named: Callable[[Seen], str]
    parts: Callable[[Expected, Seen], tuple[Mapping[str, Any], Mapping[str, Any]]]
    exact: bool
    in_order: bool

    def differences(
        self,
        expect: Expectations,
        wanted: Sequence[Expected],
        refused: Sequence[Expected],
        seen: Sequence[Seen],
        pointer: str,
    ) -> Iterator[Difference]:
        """All that is not as expected."""
        at = f"{pointer}/{self.key}"
        found = self._found_in_order(wanted, seen) if self.in_order else self._found(wanted, seen)
        taken = set(found.values())
        for index, expected in enumerate(wanted):
            if index not in found:
                free = [one for number, one in enumerate(seen) if number not in taken]
                yield from self._missing(expected, free, child_pointer(at, index), f"{self.key}[{index}]")
        if self.exact and self.key in expect.model_fields_set:
            for number, one in enumerate(seen):
                if number not in taken:
                    told = f"this was {self.done} too"
                    yield Difference(at, self.key, NOTHING, self.named(one), told)
        for index, one_refused in enumerate(refused):
            for one in seen:
                if not any(self._differences(one_refused, one, "", "", exact=False)):
                    place = child_pointer(f"{pointer}/{self.refused_key}", index)
                    path = f"{self.refused_key}[{index}]"
                    yield Difference(place, path, NOTHING, self.named(one), f"this was {self.done}")

    def _found_in_order(self, wanted: Sequence[Expected], seen: Sequence[Seen]) -> dict[int, int]:
        """For each that is expected the number of the one that is it, behind that of the one before."""
        found: dict[int, int] = {}
        start = 0
        for index, expected in enumerate(wanted):
            fitting = (number for number in range(start, len(seen)) if self._fits(expected, seen[number]))
            number = next(fitting, None)
            if number is not None:
                found[index], start = number, number + 1
        return found

    def _found(self, wanted: Sequence[Expected], seen: Sequence[Seen]) -> dict[int, int]:
        """For each that is expected the number of the one that is it; as many find one as can (augmenting paths)."""
        found: dict[int, int] = {}
        owners: dict[int, int] = {}

        first: dict[str, int] = {}
        alike = [
            first.setdefault(one.model_dump_json(exclude_unset=True), at) for at, one in enumerate(wanted)
        ]

        @cache
        def fit_first(index: int, number: int) -> bool:
            return self._fits(wanted[index], seen[number])

        def fits(index: int, number: int) -> bool:
            return fit_first(alike[index], number)

        for missing in range(len(wanted)):
            wanting: dict[int, int] = {}
            queue = [missing]
            for index in queue:
                number = next(
                    (one for one in range(len(seen)) if one not in owners and fits(index, one)), None
                )
                if number is not None:
                    _take(index, number, wanting, found, owners)
                    break
                for taken, owner in owners.items():
                    if taken not in wanting and fits(index, taken):
                        wanting[taken] = index
                        queue.append(owner)
        return found

    def _fits(self, expected: Expected, one: Seen) -> bool:
        return not any(self._differences(expected, one, "", "", exact=self.exact))

    def _missing(
        self, expected: Expected, free: Sequence[Seen], pointer: str, path: str
    ) -> Iterator[Difference]:
        """How one that was not seen differs from the most similar one that was."""
        candidates = [list(self._differences(expected, one, pointer, path, exact=self.exact)) for one in free]
        nearest = min(candidates, key=len) if candidates else []
        if nearest and len(nearest) < len(expected.model_fields_set):
            yield from nearest
            return
        told = (
            f"no such {self.what} was {self.done}"
            if nearest or not free
            else f"it was {self.done} before one that stands before it"
        )
        written = expected.model_dump(by_alias=True, exclude_unset=True)
        seen = [self.named(one) for one in free] or NOTHING
        yield Difference(pointer, path, written, seen, told)

    def _differences(
        self, expected: Expected, one: Seen, pointer: str, path: str, *, exact: bool
    ) -> Iterator[Difference]:
        written, got = self.parts(expected, one)
        for key, value in written.items():
            at, name = child_pointer(pointer, key), f"{path}.{key}"
            if key in got:
                yield from differences(value, got[key], at, name, exact=exact)
            else:
                yield Difference(at, name, value, NOTHING)


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
