"""Definitions with one request, and the URL that it would go to."""

from typing import Any

from httptask.client.edge import Edge
from httptask.connections.connection import Connection
from httptask.dsl.compile import compile_definition
from httptask.testrequest import Sample, plan_request
from support.connections import secret_store
from support.definitions import document

__all__ = ["definition", "faults", "sent"]

_EDGE = Edge({"api": Connection(name="api", base_url="https://api.example.com/v1")}, secret_store({}))


def definition(**arguments: Any) -> dict[str, Any]:
    arguments = {key: value for key, value in arguments.items() if value is not None}
    task = {"call": "httpRequest", "with": {"method": "get", **arguments}}
    first = {"call": "http", "with": {"method": "get", "endpoint": "https://api.example.com/first"}}
    secrets = {"secrets": ["HOOK"]}
    return document(use=secrets, do=[{"first": first}, {"task": task}])


def faults(**arguments: Any) -> list[str]:
    return [fault.code for fault in compile_definition(definition(**arguments)).faults]


def sent(data: Any, **arguments: Any) -> str:
    """The URL that a request would go to."""
    program = compile_definition(definition(**arguments)).program
    assert program is not None
    planned = plan_request(program, "task", Sample(input=data, task_input=data, outputs={"first": data}))
    return _EDGE.prepare(planned.request).uri
