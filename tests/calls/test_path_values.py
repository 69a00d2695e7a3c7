"""Values in a path: each stays within its segment, and a URI template is expanded as RFC 6570 has it."""

from typing import Any

import pytest

from httptask.calls.problem import TaskFault
from httptask.http.errors import RequestInvalid
from support.planned import sent


def test_braces_that_came_with_data_are_no_template() -> None:
    with pytest.raises(TaskFault):
        sent({}, endpoint="https://api.example.com/{token}")
    url = sent({"u": "/{token}", "token": "t"}, connection="api", endpoint="${ .u }")
    assert url == "https://api.example.com/v1/%7Btoken%7D"
    assert sent({"u": "{token}", "token": "t"}, endpoint="https://h/${ .u }") == "https://h/%7Btoken%7D"


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("7", "7"),
        ("a b", "a%20b"),
        ("a/b", "a%2Fb"),
        ("//evil.example", "%2F%2Fevil.example"),
        ("\\\\evil", "%5C%5Cevil"),
        ("@evil.example", "%40evil.example"),
        ("a?b=c#d", "a%3Fb%3Dc%23d"),
        ("%2e%2e", "%252e%252e"),
        ("%2F", "%252F"),
        ("..;", "..%3B"),
        ("...", "..."),
        ("a.b", "a.b"),
        ("é", "%C3%A9"),
        ("\r\nHost: evil", "%0D%0AHost%3A%20evil"),
        ("\x00", "%00"),
        ("https://evil.example/", "https%3A%2F%2Fevil.example%2F"),
    ],
)
@pytest.mark.parametrize("piece", ["${ .x }", "{x}"])
def test_a_value_stays_within_its_segment(piece: str, value: str, encoded: str) -> None:
    assert sent({"x": value}, endpoint=f"https://h/items/{piece}/lines") == f"https://h/items/{encoded}/lines"
    assert sent({"x": value}, connection="api", path=f"/{piece}").endswith(f"/v1/{encoded}")
    assert sent({"x": value}, endpoint="https://h/a", path=f"b/{piece}") == f"https://h/a/b/{encoded}"


@pytest.mark.parametrize("value", ["", ".", ".."])
@pytest.mark.parametrize(
    "arguments",
    [
        {"endpoint": "https://h/items/${ .x }"},
        {"endpoint": "https://h/items/{x}"},
        {"endpoint": "https://h/items/{+x}"},
        {"endpoint": "https://h/items{/x}"},
        {"endpoint": "https://h/${ .x }/lines"},
        {"endpoint": "https://h/{x}/lines?a=${ .x }"},
        {"endpoint": "https://h/${ .x }${ .y }"},
        {"endpoint": "https://h/${ .x }{y}/"},
        {"connection": "api", "path": "/items/${ .x }"},
        {"connection": "api", "path": "${ .x }/lines"},
        {"connection": "api", "path": "{x}"},
    ],
)
def test_a_value_never_makes_another_path(value: str, arguments: dict[str, Any]) -> None:
    with pytest.raises((RequestInvalid, TaskFault)):
        print(sent({"x": value, "y": ""}, **arguments))


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("https://h/a${ .empty }", "https://h/a"),
        ("https://h/${ .empty }.json", "https://h/.json"),
        ("https://h/a?q=${ .empty }", "https://h/a?q="),
        ("https://h/a?q={empty}", "https://h/a?q="),
        ("https://h//a/", "https://h//a/"),
        ("https://h/a{?list*}", "https://h/a"),
        ("https://h/{?list*}", "https://h/"),
        ("https://h/a{/list*}", "https://h/a"),
    ],
)
def test_values_that_are_empty_where_they_may(endpoint: str, url: str) -> None:
    assert sent({"empty": "", "list": []}, endpoint=endpoint) == url


@pytest.mark.parametrize(
    ("template", "expanded"),
    [
        ("{var}", "value"),
        ("{hello}", "Hello%20World%21"),
        ("{+path}/here", "foo/bar/here"),
        ("{x,y}", "1024,768"),
        ("x{?x,y}", "x?x=1024&y=768"),
        ("x?a=1{&x}", "x?a=1&x=1024"),
        ("x{;x,y}", "x;x=1024;y=768"),
        ("x{.list*}", "x.red.green"),
        ("x{/list*}", "x/red/green"),
        ("x{/list}", "x/red,green"),
        ("x{?list*}", "x?list=red&list=green"),
        ("x{?list}", "x?list=red,green"),
        ("x{?keys*}", "x?dot=.&semi=%3B"),
        ("{var:3}", "val"),
        ("x{#hello}", "x"),
        ("{yes}/{number}", "true/1.5"),
        ("{var}/${ .hello }/${ .x }", "value/Hello%20World%21/1024"),
        ("{var}/${ $secrets.HOOK }/{x}{?y}", "value/$HOOK/1024?y=768"),
        ("${ .hello }${ $secrets.HOOK }{x}", "Hello%20World%21$HOOK1024"),
    ],
)
def test_uri_templates(template: str, expanded: str) -> None:
    data = {
        "var": "value",
        "hello": "Hello World!",
        "path": "foo/bar",
        "x": 1024,
        "y": "768",
        "list": ["red", "green"],
        "keys": {"semi": ";", "dot": "."},
        "yes": True,
        "number": 1.5,
    }
    assert sent(data, endpoint=f"https://h/{template}") == f"https://h/{expanded}"
    if "$secrets" not in template:
        assert sent(data, connection="api", path=f"/{template}") == f"https://api.example.com/v1/{expanded}"
