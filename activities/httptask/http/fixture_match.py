"""Whether a fixture answers a request, and if none does, which comes nearest."""

import json
from collections.abc import Mapping, Sequence
from difflib import unified_diff
from typing import Any

from rapidfuzz import fuzz

from httptask.http.json_tree import canonical, is_array, is_object
from httptask.http.prepare import PreparedRequest

__all__ = ["explain_mismatch", "matches"]

_MAX_DIFF_LINES = 60


def matches(written: Mapping[str, Any], prepared: PreparedRequest) -> bool:
    """Whether a fixture's `request`, as written, is met."""
    if written["method"].upper() != prepared.method or written["url"] != prepared.uri:
        return False
    if "body" in written:
        return canonical(written["body"]) == canonical(prepared.body)
    return written.get("match") is None or _contains(prepared.body, written["match"])


def explain_mismatch(
    prepared: PreparedRequest, written: Sequence[tuple[str, Mapping[str, Any]]]
) -> tuple[str, str]:
    """Finds the fixture that is most like a request.

    Args:
        prepared: the request.
        written: file name and `request` of each fixture.

    Returns:
        The file's name, and a unified diff from what it answers to what was asked.
    """
    file, request = max(
        written, key=lambda entry: fuzz.ratio(_text(entry[1]), _text(_asked(prepared, entry[1])))
    )
    lines = unified_diff(
        _text(request).splitlines(),
        _text(_asked(prepared, request)).splitlines(),
        fromfile=file,
        tofile="this request",
        lineterm="",
        n=2,
    )
    return file, "\n".join(list(lines)[:_MAX_DIFF_LINES])


def _contains(whole: Any, part: Any) -> bool:
    """Whether all fields of `part` are in `whole`; lists have to agree in length."""
    if is_object(part):
        return is_object(whole) and all(
            key in whole and _contains(whole[key], value) for key, value in part.items()
        )
    if is_array(part):
        return is_array(whole) and len(whole) == len(part) and all(map(_contains, whole, part))
    return canonical(whole) == canonical(part)


def _asked(prepared: PreparedRequest, like: Mapping[str, Any]) -> dict[str, Any]:
    """The request in the form of a fixture, as far as that fixture looks at it."""
    asked: dict[str, Any] = {"method": prepared.method, "url": prepared.uri}
    if like.get("match") is not None:
        asked["match"] = _narrowed(prepared.body, like["match"])
    elif "body" in like:
        asked["body"] = prepared.body
    return asked


def _narrowed(whole: Any, part: Any) -> Any:
    if is_object(whole) and is_object(part):
        return {key: _narrowed(whole[key], part[key]) for key in part if key in whole}
    return whole


def _text(request: Mapping[str, Any]) -> str:
    return json.dumps(
        {**request, "method": request["method"].upper()}, indent=2, sort_keys=True, ensure_ascii=False
    )
