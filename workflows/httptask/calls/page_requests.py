"""Requests for pages that are asked for by a value: a cursor, a number, how many items came before."""

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl

from httptask.calls.bodies import refuse_request
from httptask.diagnostics.words import kind_of
from httptask.dsl.tasks.http.body_places import missing_place
from httptask.dsl.tasks.http.pagination import PaginateArguments, PositionArguments
from httptask.http.models import FormBody, HttpRequest, JsonBody, MultipartBody, ParameterValue
from httptask.json.pointer import json_pointer, pointer_tokens
from httptask.json.types import is_object

__all__ = ["Position", "first_page", "with_position"]

Position = str | int | float | list[Any] | dict[str, Any]
"""What a page is asked for by: its URL, its cursor, its number, or how many items came before it.

A cursor in a body may be a list or an object: Elasticsearch's `search_after`, DynamoDB's `ExclusiveStartKey`.
"""


def first_page(paginate: PaginateArguments, request: HttpRequest) -> HttpRequest:
    """The request for the first page, made of the one that the other arguments describe.

    Raises:
        TaskFault: it holds already what `paginate` adds, or has no place for it.
    """
    way, numbered = paginate.position, paginate.numbered
    if way is None:
        return request
    if way.parameter is not None and _has_parameter(request.url, way.parameter):
        refuse_request(f"the address has the parameter {way.parameter}, which `paginate` sets: leave it out")
    if way.parameter is not None and way.parameter in _names_in_body(request):
        refuse_request(
            f"the body has {way.parameter}, which `paginate` sends in the query: leave it out, or set `body`"
        )
    if numbered is None:
        return request
    if numbered.parameter is not None and numbered.parameter in request.query:
        refuse_request(f"`query` has the parameter {numbered.parameter}, which `paginate` sets: leave it out")
    fields = _form_with(request, numbered)
    if fields is not None and str(fields[str(numbered.parameter)]) != str(numbered.start):
        refuse_request(
            f"`form` begins with another {numbered.parameter} than `paginate`, which is to start at {numbered.start}: "
            "set `start`"
        )
    return with_position(request, numbered, numbered.start)


def with_position(request: HttpRequest, way: PositionArguments, position: Position) -> HttpRequest:
    """A request for the page at that position; a secret that stood in its place is gone.

    A parameter that the request has in its form is set there, and else in the query.

    Raises:
        TaskFault: the body has no such place.
    """
    if way.body is not None:
        if not isinstance(request.body, JsonBody):
            refuse_request(
                f"`paginate` sets {way.body} of the body, which is no JSON: write `body` as an object"
            )
        missing = missing_place(request.body.value, way.body)
        if missing is not None:
            token, found = missing
            refuse_request(
                f"the body has no place for {way.body}, which `paginate` sets: no {token} in {kind_of(found)}"
            )
        body = JsonBody(value=_with_member(request.body.value, pointer_tokens(way.body), position))
        return _changed(request, f"/body/value{way.body}", body=body)
    assert way.parameter is not None  # one of the two is given
    fields = _form_with(request, way)
    if fields is not None:
        pointer = json_pointer(["body", "fields", way.parameter])
        return _changed(
            request, pointer, body=FormBody.model_validate({"fields": {**fields, way.parameter: position}})
        )
    return _changed(
        request, json_pointer(["query", way.parameter]), query={**request.query, way.parameter: position}
    )


def _form_with(request: HttpRequest, way: PositionArguments) -> Mapping[str, ParameterValue] | None:
    """The fields of the request's form, if the parameter is one of them."""
    body = request.body
    return body.fields if isinstance(body, FormBody) and way.parameter in body.fields else None


def _names_in_body(request: HttpRequest) -> Collection[str]:
    """What a body has under names that a server may read in place of the query's; a form has the place itself."""
    match request.body:
        case JsonBody() if is_object(request.body.value):
            return request.body.value.keys()
        case MultipartBody():
            return [part.name for part in request.body.parts]
        case _:
            return ()


def _changed(request: HttpRequest, pointer: str, **changes: Any) -> HttpRequest:
    secrets = tuple(ref for ref in request.secrets if not f"{ref.pointer}/".startswith(f"{pointer}/"))
    return request.model_copy(update={**changes, "secrets": secrets})


def _has_parameter(url: str, name: str) -> bool:
    query = url.partition("#")[0].partition("?")[2]
    return any(given == name for given, _ in parse_qsl(query, keep_blank_values=True))


def _with_member(value: Any, tokens: tuple[str, ...], new: Position) -> Any:
    """The value with another member at a place that it has."""
    if not tokens:
        return new
    token, rest = tokens[0], tokens[1:]
    if is_object(value):
        return {**value, token: _with_member(value.get(token), rest, new)}
    at = int(token)
    return [*value[:at], _with_member(value[at], rest, new), *value[at + 1 :]]
