"""Headers of responses that expressions read: each is kept, or is told when the definition is loaded."""

import pytest

from httptask.diagnostics.fault import Severity
from support.definitions import faults_of

KEPT = ", keepHeaders: [X-Quota]"


def faults(
    expression: str, call: str = "call: httpRequest", *, more: str = "", at: str = "endpoint: https://h"
) -> list[tuple[str, Severity]]:
    text = f"""
do:
  - get: {{ {call}, with: {{ method: get, {at}, output: response{more} }} }}
  - told: {{ set: {{ header: '${{ {expression} }}' }} }}
"""
    return [(fault.code, fault.severity) for fault in faults_of(text)]


@pytest.mark.parametrize(
    "expression",
    [
        ".headers.etag",
        '$tasks.get.headers["x-request-id"]',
        '.headers["x-ratelimit-remaining-requests"]',
        ".headers | keys",
        '.request.headers["X-Own"]',
        "$tasks.get | .headers.link",
    ],
)
def test_headers_that_are_always_kept(expression: str) -> None:
    assert faults(expression) == []
    assert faults(expression, "call: http") == []


@pytest.mark.parametrize("expression", ['.headers["x-quota"]', '$tasks.get.headers["x-quota"]'])
def test_a_header_has_to_be_asked_for(expression: str) -> None:
    assert faults(expression) == faults(expression, "call: http") == [("unknown-header", Severity.ERROR)]
    assert faults(expression, more=KEPT) == []
    # Its connection may keep it, which is known to the worker.
    assert faults(expression, at="connection: c, path: /") == [("unknown-header", Severity.WARNING)]


def test_whoever_asks_whether_it_is_there_is_warned() -> None:
    assert faults('.headers["x-quota"] // ""') == [("unknown-header", Severity.WARNING)]


def test_names_are_in_lower_case() -> None:
    assert faults(".headers.ETag") == [("unknown-header", Severity.ERROR)]
    assert faults('.headers["X-Quota"]', more=KEPT) == [("unknown-header", Severity.ERROR)]


def test_what_is_asked_for_is_a_name() -> None:
    assert faults(".headers.etag", more=", keepHeaders: ['x quota']") == [("header-name", Severity.ERROR)]


def test_a_separator_is_of_a_list_in_the_query() -> None:
    given = ", query: {fields: [a, b]}, separators: {%s}"
    assert faults(".", more=given % 'fields: ","') == []
    assert faults(".", more=given % 'feilds: ","') == [("no-parameter", Severity.ERROR)]
    assert faults(".", more=given % "fields: ;") != []
    assert faults(".", more=", query: '${ .query }', separators: {fields: ','}") == []
