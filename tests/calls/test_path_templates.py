"""Which path stands for a call in logs, spans and metrics."""

import pytest

from httptask.calls.url import path_template
from httptask.dsl.tasks.http.arguments import HttpRequestArguments

PATHS = {
    "query and fragment": ("https://shop.example.com/orders/7?full=1#x", None, "/orders/7"),
    "no path": ("https://shop.example.com", None, "/"),
    "expression": ("https://shop.example.com/orders/${ .id }", None, "/orders/{.id}"),
    "filtered expression": ("https://shop.example.com/orders/${ .id | tostring }/x", None, "/orders/{}/x"),
    "URI template": ("https://shop.example.com/orders/{id}", None, "/orders/{id}"),
    "secret": ("https://shop.example.com/hooks/${ $secrets.HOOK }", None, "/hooks/$HOOK"),
    "base URL and path": ("https://shop.example.com/v1/", "/orders", "/v1/orders"),
    "item": (None, "/orders/${ $item.id }", "/orders/{$item.id}"),
    "query of an expression": (None, "orders?x=${ .x }", "/orders"),
    "secret alone": ("${ $secrets.HOOK }", None, None),
    "expression alone": ("${ .url }", None, None),
}


@pytest.mark.parametrize(("endpoint", "path", "expected"), PATHS.values(), ids=PATHS)
def test_paths(endpoint: str | None, path: str | None, expected: str | None) -> None:
    arguments = HttpRequestArguments(method="get", endpoint=endpoint, connection="shop", path=path)
    assert path_template(arguments) == expected
