"""Which path stands for a call in logs, spans and metrics."""

import pytest

from httptask.calls.path_templates import path_template
from httptask.dsl.tasks.http.arguments import HttpRequestArguments


@pytest.mark.parametrize(
    ("endpoint", "path", "expected"),
    [
        ("https://shop.example.com/orders/7?full=1#x", None, "/orders/7"),
        ("https://shop.example.com", None, "/"),
        ("https://shop.example.com/orders/${ .id }", None, "/orders/{.id}"),
        ("https://shop.example.com/orders/${ .id | tostring }/x", None, "/orders/{}/x"),
        ("https://shop.example.com/orders/{id}", None, "/orders/{id}"),
        ("https://shop.example.com/hooks/${ $secrets.HOOK }", None, "/hooks/$HOOK"),
        ("https://shop.example.com/v1/", "/orders", "/v1/orders"),
        (None, "/orders/${ $item.id }", "/orders/{$item.id}"),
        (None, "orders?x=${ .x }", "/orders"),
        ("${ $secrets.HOOK }", None, None),
        ("${ .url }", None, None),
    ],
    ids=[
        "query and fragment",
        "no path",
        "expression",
        "filtered expression",
        "URI template",
        "secret",
        "base URL and path",
        "item",
        "query of an expression",
        "secret alone",
        "expression alone",
    ],
)
def test_paths(endpoint: str | None, path: str | None, expected: str | None) -> None:
    arguments = HttpRequestArguments(method="get", endpoint=endpoint, connection="shop", path=path)
    assert path_template(arguments) == expected
