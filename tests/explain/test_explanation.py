"""What `httptask explain` tells of a definition before it runs."""

import hashlib
import json
from pathlib import Path
from typing import Any

from hypothesis import assume, given, settings

from httptask.activities.event_sink import EventSink
from httptask.catalog.project_documents import ProjectDocuments
from httptask.connections.connection import Connection
from httptask.dsl.compile import compile_definition
from httptask.dsl.loader import load_file, load_text
from httptask.explain.explanation import explain
from support.api_documents import openapi
from support.commands import Shell
from support.definitions import HEAD
from support.fences import ROOT, fences
from support.random_definitions import definitions

CONFIG = """
[connections.orders]
base_url = "https://orders.example.com/v1"
authentication = { bearer = { token = "$secrets.ORDERS_KEY" } }
limits = { total = 20 }
retry = { attempts = 2 }

[secrets.ORDERS_KEY]
environment = "ORDERS_KEY"

[secrets.HOOK]
environment = "HOOK"
origins = ["https://hooks.example.com"]
"""
DEFINITION = """document: { dsl: 1.0.3, namespace: shop, name: orders, version: 1.0.0, metadata: { httptask: { budget: { calls: 9 } } } }
use: { secrets: [HOOK] }
timeout: { after: PT1H }
do:
  - fetch:
      call: httpRequest
      with: { method: get, connection: orders, path: /orders, query: { of: "${ $workflow.input.customer }" }, responseBytes: 2000 }
      output: { as: .items }
      timeout: { after: { seconds: 90 } }
  - each:
      for: { each: order, in: $tasks.fetch }
      do:
        - tell:
            if: $order.total > 10
            call: httpRequest
            with: { method: post, endpoint: "${ $secrets.HOOK }", body: { id: "${ $order.id }", all: "${ . }" } }
  - ask:
      call: http
      with: { method: get, endpoint: "https://status.example.com/orders/{id}?key=none" }
"""
BOUNDED = (
    HEAD
    + """
use:
  timeouts: { day: { after: P1D } }
  retries: { thrice: { delay: PT1S, limit: { attempt: { count: 3 } } } }
do:
  - attempt:
      try: [{ hear: { listen: { to: { any: [] } }, timeout: { after: { minutes: 1 } } } }]
      catch: { retry: thrice }
      timeout: day
  - each: { call: map, with: { in: "[1]", concurrency: 4, do: [{ one: { set: { x: 1 } } }] } }
  - tell: { emit: { event: { with: { type: done } } } }
"""
)
EXPLAINED = """shop/orders:1.0.0 (flow.yaml)
  reads    $workflow.input.customer
  calls    https://orders.example.com, where $secrets.HOOK leads, https://status.example.com
  secrets  ORDERS_KEY to https://orders.example.com; HOOK to https://hooks.example.com
  budget   9 calls
  limits   timeout PT1H (the definition)

fetch  call.httpRequest: GET /orders  (line 5)
  reads    $workflow.input.customer
  calls    https://orders.example.com
  secrets  ORDERS_KEY to https://orders.example.com
  limits   response bytes 2,000 (the task), total 20 s (connection orders), connect 5 s (default), \
attempts 2 (connection orders), timeout 90 s (the task)

each  for: order in $tasks.fetch  (line 10)
  reads    $tasks.fetch
  do:
    tell  call.httpRequest: POST ${ $secrets.HOOK }  (line 13)
      if       $order.total > 10
      reads    $order.total, $order.id, .
      calls    where $secrets.HOOK leads
      changes  may change something there: its method is no safe one
      secrets  HOOK to https://hooks.example.com
      limits   connect 5 s (default), total 60 s (default), response bytes 1,048,576 (default), attempts 5 (default)

ask  call.http: GET https://status.example.com/orders/{id}?…  (line 17)
  reads    .id
  calls    https://status.example.com
  limits   connect 5 s (default), total 60 s (default), response bytes 1,048,576 (default), attempts 5 (default)
"""


async def test_what_each_task_reads_calls_and_sends(shell: Shell) -> None:
    shell.write("httptask.toml", CONFIG)
    shell.write("flow.yaml", DEFINITION)
    code, command = await shell.run("explain", "flow.yaml")
    assert (code, command.stdout) == (0, EXPLAINED)
    code, command = await shell.run("explain", "flow.yaml", "--json")
    told = json.loads(command.stdout)
    assert (code, told["secrets"]) == (
        0,
        {"ORDERS_KEY": "https://orders.example.com", "HOOK": "https://hooks.example.com"},
    )
    assert told["tasks"][0]["settings"]["total"] == {"value": 20.0, "source": "connection orders"}


def test_bounds_of_tasks_that_send_nothing_are_told_with_who_set_them() -> None:
    loaded = load_text(BOUNDED, "flow.yaml")
    assert loaded.program is not None
    orders = Connection(name="orders", base_url="https://orders.example.com/v1")
    told = explain(loaded, loaded.program, {"orders": orders}, {}, events=EventSink(connection="orders"))
    [attempt, each, tell] = told.tasks
    bounds = {name: (found.value, found.source) for name, found in attempt.settings.items()}
    assert bounds == {"timeout": ("P1D", "use.timeouts day"), "retries": (3, "use.retries thrice")}
    [[wait]] = [group.tasks for group in attempt.inside]
    assert wait.settings["timeout"].model_dump() == {"value": 60.0, "source": "the task"}
    assert each.settings["concurrency"].model_dump() == {"value": 4, "source": "the task"}
    assert tell.call is not None
    assert (tell.call.servers, tell.call.changes) == (["https://orders.example.com"], True)
    assert tell.settings["attempts"].model_dump() == {"value": 5, "source": "default"}


async def test_the_page_tells_it_of_an_example(shell: Shell) -> None:
    [block] = (
        fence.text for fence in fences(ROOT / "docs/write-a-definition.md") if fence.text.startswith("page  ")
    )
    code, command = await shell.run("explain", str(ROOT / "examples/support-triage/workflow.yaml"))
    assert code == 0
    assert block in command.stdout


@given(definition=definitions())
@settings(max_examples=40, deadline=None)
def test_every_task_is_told_of_once(definition: dict[str, Any]) -> None:
    program = compile_definition(definition).program
    assume(program is not None)  # a name may stand in several lists, and then can't be read
    assert program is not None
    loaded = load_text(json.dumps(definition), "flow.yaml")

    def pointers(tasks: list[Any]) -> list[str]:
        inner = [pointers(group.tasks) for task in tasks for group in task.inside]
        return sorted([*(task.pointer for task in tasks), *(pointer for found in inner for pointer in found)])

    assert pointers(explain(loaded, program, {}, {}).tasks) == sorted(program.nodes)


def test_files_of_functions_are_told(tmp_path: Path) -> None:
    """Each with its SHA-256; and tasks by the line of the file that they stand in."""
    function = tmp_path / "shared/functions/f/1.0.0/function.yaml"
    function.parent.mkdir(parents=True)
    function.write_text("do:\n- inside: { set: { x: 1 } }\n")
    use = "use: { catalogs: { ours: { endpoint: 'file://./shared' } } }\n"
    (tmp_path / "flow.yaml").write_text(HEAD + use + "do: [{ a: { call: 'f:1.0.0@ours' } }]")
    loaded = load_file(tmp_path / "flow.yaml")
    assert loaded.program is not None
    found = explain(loaded, loaded.program, {}, {})
    assert found.functions == {str(function): hashlib.sha256(function.read_bytes()).hexdigest()}
    [call] = found.tasks
    [body] = call.inside[0].tasks
    [inside] = body.inside[0].tasks
    assert [(task.file, task.line) for task in (call, inside)] == [(None, 3), (str(function), 2)]


def test_where_the_document_of_an_operation_comes_from(tmp_path: Path) -> None:
    paths = {"/orders": {"get": {"operationId": "list"}, "post": {"operationId": "add"}}}
    (tmp_path / "api.json").write_text(
        json.dumps(openapi(paths, servers=[{"url": "https://a.example.com/v1"}]))
    )
    tasks = ", ".join(
        f"{{ {name}: {{ call: openapi, with: {{ document: {{ endpoint: {endpoint} }}, operationId: {id_} }} }} }}"
        for name, endpoint, id_ in (
            ("list", "file://api.json", "list"),
            ("add", "file://api.json", "add"),
            ("gone", "file://none.json", "add"),
            ("loaded", "https://b.example.com/api.json", "add"),
        )
    )
    text = f"document: {{ dsl: 1.0.3, namespace: a, name: b, version: 1.0.0 }}\ndo: [{tasks}]\n"
    loaded = load_text(text, "flow.yaml")
    assert loaded.program is not None
    documents = ProjectDocuments(tmp_path, tmp_path, tmp_path)
    calls = [one.call for one in explain(loaded, loaded.program, {}, {}, documents).tasks]
    told = [(call.servers, (call.document or "").partition(" (")[0], call.changes) for call in calls if call]
    assert told == [
        (["https://a.example.com"], "api.json", False),
        (["https://a.example.com"], "api.json", True),
        (
            [],
            "there is no document `none.json`: a path begins at the folder of the definition, and the worker has to have the file",
            True,
        ),
        (
            ["https://b.example.com"],
            "https://b.example.com/api.json, which a run loads: it tells the server and the method",
            True,
        ),
    ]
