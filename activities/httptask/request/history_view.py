"""A request out of a history as people may see it."""

import contextlib
from typing import Any

from httptask.authentication.check import credentials_in
from httptask.http.errors import RequestInvalid
from httptask.http.headers import HIDDEN, hide_credential, is_credential
from httptask.http.models import HttpRequest
from httptask.json.pointer import json_pointer
from httptask.request.bodies import fill
from httptask.request.bodies import shown as shown_body
from httptask.secrets.insertion import Insertions

__all__ = ["shown_request"]


def shown_request(request: HttpRequest) -> dict[str, Any]:
    """What the author asked for, without defaults; secrets stand as `$NAME`, credentials written out as `[redacted]`.

    `prepare` shows what will be sent; this needs no connection, which may have changed since or be elsewhere.
    """
    shown = request.model_dump(
        mode="json",
        exclude={"secrets", "body", "address_from_data", "whole_response"},
        exclude_defaults=True,
    )
    body = request.body
    named = {reference.pointer for reference in request.secrets}
    for name, value in request.headers.items():
        if is_credential(name) and json_pointer(["headers", name]) not in named:
            shown["headers"][name] = hide_credential(value)
    for path, _ in credentials_in(shown.get("authentication", {}), ("authentication",)):
        if json_pointer(path) not in named:
            table: Any = shown
            for key in path[:-1]:
                table = table[key]
            table[path[-1]] = HIDDEN
    with contextlib.suppress(RequestInvalid):  # a request that was refused for its references
        insertions = Insertions(request.secrets, lambda found: found.variable)
        body = fill(body, insertions)
        shown = insertions.fill_tree(shown)
    return shown if body is None else {**shown, "body": shown_body(body)}
