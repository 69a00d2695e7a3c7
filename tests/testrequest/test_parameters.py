"""What a document's styles make of a value, and what a report says of that: nothing, unless the value is wrong."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from httptask.catalog.prepare import prepare
from httptask.catalog.reference import Reference
from httptask.client.edge import Edge
from httptask.config import Config
from httptask.config.sections import Policy, WorkerPolicy
from httptask.connections.connection import Connection
from httptask.diagnostics.fault import Fault
from httptask.dsl.compile import compile_definition
from httptask.openapi.operation import Operation
from httptask.testrequest import Sample, plan_request
from httptask.testrequest.operation import CalledOperation
from support.api_documents import openapi, read_operation
from support.connections import secret_store
from support.definitions import document

SHOP = "https://shop.example.com/v1"
EDGE = Edge({"shop": Connection(name="shop", base_url=SHOP)}, secret_store({}))
STYLES: dict[str, tuple[str, ...]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
IDS = {"type": "integer", "minimum": 5}
KINDS: dict[str, tuple[Any, Any]] = {
    "text": ({"enum": ["a b", "é&=?"]}, "c"),
    "number": ({"type": "number", "minimum": 5}, 4),
    "boolean": ({"const": True}, False),
    "a text like a number": ({"type": "string", "enum": ["7", "true"]}, "8"),
    "list of texts": ({"type": "array", "items": {"enum": ["a", "b c"]}, "minItems": 2}, ["a", "z"]),
    "list of numbers": ({"type": "array", "items": IDS, "minItems": 2}, [7, 4]),
    "list of one": ({"type": "array", "items": IDS, "minItems": 1}, [4]),
    "object": ({"type": "object", "required": ["m", "n"], "properties": {"m": IDS, "n": {"const": "y"}}}, {"m": 4, "n": "y"}),
    "list or number": ({"oneOf": [IDS, {"type": "array", "items": IDS}]}, 4),
    "any of a definition": ({"$ref": "#/components/schemas/Ids"}, [4]),
}  # fmt: skip
CASES = {
    f"{location} {style} {explode} {kind}": (location, style, explode, *KINDS[kind])
    for location, styles in STYLES.items()
    for style, explode, kind in product(styles, (True, False), KINDS)
}


def operation_with(parameter: dict[str, Any]) -> Operation:
    path = "/things/{p}" if parameter["in"] == "path" else "/things"
    return read_operation(
        openapi(
            {path: {"get": {"operationId": "get", "responses": {}, "parameters": [parameter]}}},
            servers=[{"url": SHOP}],
            components={"schemas": {"Ids": {"type": "array", "items": IDS, "minItems": 2}}},
        )
    )


def told(operation: Operation, task: dict[str, Any]) -> list[Fault]:
    """What a report says of the request that a task makes."""
    program = compile_definition(document(do=[{"get": task}])).program
    assert program is not None
    request = plan_request(program, "get", Sample()).request
    shown = EDGE.prepare(request)
    path, _, query = shown.uri.removeprefix(f"{SHOP}/things").partition("?")
    names = [pair.partition("=")[0] for pair in query.split("&")]
    called = CalledOperation(
        Reference("shop", operation), {"p": path.removeprefix("/")} if path else {}, names
    )
    return called.request_faults(request, shown.headers, shown.body)


def made(operation: Operation) -> dict[str, Any]:
    prepared = prepare(
        Reference("shop", operation), Config(Path(), None, {}, {}, {}, Policy(), WorkerPolicy())
    )
    assert (prepared.problems, prepared.connection) == ((), "shop")
    return prepared.task


@pytest.mark.parametrize("location", sorted({case[0] for case in CASES.values()}))
def test_what_prepare_makes_is_as_the_reference_has_it(location: str) -> None:
    for name, (where, style, explode, schema, wrong) in CASES.items():
        if where == location:
            parameter = {"name": "p", "in": location, "required": True, "style": style, "explode": explode}
            operation = operation_with({**parameter, "schema": schema})
            assert told(operation, made(operation)) == [], name
            changed = made(operation_with({**parameter, "schema": {"const": wrong}}))
            places = [fault.pointer for fault in told(operation, changed)]
            assert places != [], name
            assert all(place.startswith(f"/{location}/p") for place in places), name
