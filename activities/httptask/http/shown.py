"""A request out of a history as people may see it."""

import contextlib
from typing import Any

from httptask.http.errors import RequestInvalid
from httptask.http.headers import HIDDEN, hide_credential, is_credential
from httptask.http.insertion import Insertions
from httptask.http.json_pointer import json_pointer
from httptask.http.models import HttpRequest

__all__ = ["shown_request"]


def shown_request(request: HttpRequest) -> dict[str, Any]:
    """What the author asked for, without defaults; secrets stand as `$NAME`, credentials written out as `[redacted]`.

    `prepare` shows what will be sent; this needs no connection, which may have changed since or be elsewhere.
    """
    shown = request.model_dump(mode="json", exclude={"secrets"}, exclude_defaults=True)
    named = {reference.pointer for reference in request.secrets}
    for name, value in request.headers.items():
        if is_credential(name) and json_pointer(["headers", name]) not in named:
            shown["headers"][name] = hide_credential(value)
    for field in ("password", "token"):
        if field in shown.get("authentication", {}) and f"/authentication/{field}" not in named:
            shown["authentication"][field] = HIDDEN
    with contextlib.suppress(RequestInvalid):  # a request that was refused for its references
        shown = Insertions(request.secrets, lambda found: found.variable).fill_tree(shown)
    if "body" in shown:
        [shown["body"]] = shown["body"].values()
    return shown
