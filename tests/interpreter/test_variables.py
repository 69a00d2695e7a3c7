"""The table of variables in docs/write-a-definition.md: each row at each place, as `validate` says and in a run."""

import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.compile import compile_definition
from httptask.json.pointer import child_pointer
from httptask.plugin import AllowedActivity
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.chat import calling
from support.connections import local_connection, secret_store
from support.definitions import parse
from support.runs import Runner, running

DOCS = Path(__file__).parents[2] / "docs" / "write-a-definition.md"
DEFINITION = """
input: { from: "${ if <workflow input.from> then {a: 1} else {} end }" }
timeout: { after: '${ if <workflow timeout> then "PT1M" else "" end }' }
use:
  secrets: [KEY]
  authentications: { key: { bearer: { token: '${ if <authentication> then "0123456789" else "" end }' } } }
  errors: { named: { type: "https://example.com/e", status: 400, detail: '${ if <error> then "fine" else "" end }' } }
  timeouts: { long: { after: '${ if <named timeout> then "PT1M" else "" end }' } }
do:
  - first: { set: { a: 1 } }
  - all:
      if: <if>
      input: { from: "${ if <input.from> then . else {} end }" }
      timeout: { after: '${ if <timeout> then "PT1M" else "" end }' }
      set: { a: "${ if <set> then 1 else 0 end }" }
      output: { as: "${ if <output.as> then . else {} end }" }
      export: { as: "${ if <export.as> then . else {} end }" }
  - nap: { wait: '${ if <wait> then "PT0S" else "" end }', timeout: long }
  - pick: { switch: [{ yes: { when: <when>, then: loop } }] }
  - never: { raise: { error: named } }
  - loop:
      for: { in: "${ if <for in> then [7] else [] end }" }
      while: <while>
      do: [{ step: { set: { a: "${ if <in for> then 1 else 0 end }" } } }]
  - many:
      call: map
      with:
        in: ${ if <map in> then [7] else [] end }
        do: [{ one: { if: <if in map>, set: { a: "${ if <in map> then 1 else 0 end }" } } }]
      output: { as: "${ .[0] }" }
  - raised:
      call: map
      with: { in: "[7]", onError: collect, do: [{ fail: { raise: { error: named } } }] }
      output: { as: '${ if .[0].error.detail == "fine" then {a: 1} else error("no detail") end }' }
  - http:
      call: http
      with:
        method: post
        endpoint: { uri: "SERVER/${ if <uri> then 1 else 0 end }", authentication: { use: key } }
        headers: { h: '${ if <header> then "1" else "" end }' }
        query: { q: '${ if <query> then "1" else "" end }' }
        body: { a: "${ if <body> then 1 else 0 end }" }
  - pages:
      call: httpRequest
      with:
        method: get
        connection: shop
        path: "/${ if <path> then 1 else 0 end }"
        paginate: { next: '${ if <next> then "" else "" end }', items: "${ if <items> then [.] else [] end }", until: <until> }
      output: { as: "${ .[0] }" }
  - own:
      call: activity
      with: { type: own, arguments: ["${ if <argument> then {a: 1} else 0 end }"] }
  - ask:
      call: chatCompletion
      with:
        connection: shop
        model: m
        messages: [{ role: user, content: '${ if <message> then "Hi" else "" end }' }]
        tools: [{ type: function, function: { name: look } }]
        handlers: { look: { do: [{ found: { if: <if in handler>, set: { a: "${ if <in handler> then 1 else 0 end }" } } }] } }
      output: { as: "${ {a: 1} }" }
output: { as: "${ if <workflow output.as> then . else {} end }" }
"""
PLACE = re.compile(r"<([^>]+)>")
PLACES = set(PLACE.findall(DEFINITION))
OF_WORKFLOW = {"workflow input.from", "workflow timeout", "workflow output.as"}
IN_HANDLER = {"if in handler", "in handler"}
LOOPS = {"while", "in for", "in map", "if in map"}
TASKS = PLACES - OF_WORKFLOW
OWN = TASKS - {"if", "if in map", "if in handler", "input.from"}
WHERE = {
    "everywhere": PLACES,
    "all tasks": TASKS,
    "all tasks, the workflow's `output.as`": TASKS | {"workflow output.as"},
    "the task's own fields, `output.as`, `export.as`": OWN,
    "`export.as`": {"export.as"},
    "`output.as`, `export.as`": {"output.as", "export.as"},
    "inside `for` and `call: map`": LOOPS,
    "requests": {"authentication", "uri", "header", "query", "body", "message"},
}
"""What the third column says."""
MOMENT = '(%s.startedAt.epoch | .seconds * 1000 <= .milliseconds) and %s.startedAt.iso8601[-1:] == "Z"'
SECRET = "$secrets.KEY"
HOLDS = {
    "`.`": ".a == 1",
    "`$input`": "$input.a == 1",
    "`$output`": "$output.a == 1",
    "`$context`": "$context.a == 1",
    "`$tasks`": "$tasks.first.a == 1",
    "`$workflow`": "$workflow.input.a == 1 and ($workflow.id | length) > 0 and $workflow.definition.do[0].first.set.a == 1"
    f" and {MOMENT % ('$workflow', '$workflow')}",
    "`$task`": "$task.input.a == 1 and ($task.reference | endswith($task.name)) and ($task.definition | length) > 0"
    f" and {MOMENT % ('$task', '$task')}",
    "`$task.output`": "$task.output.a == 1",
    "`$runtime`": '$runtime.name == "httptask" and ($runtime.version | length) > 0',
    "`$authorization`": '($authorization // {scheme: "Bearer"}).scheme == "Bearer"',
    "`$secrets`": SECRET,
    "`$item`, `$index`": "$item == 7 and $index == 0",
}
"""By what stands in the first column: what is true of it wherever it can be read. A secret is read by itself only."""


def rows() -> dict[str, set[str]]:
    """Where each variable can be read, as the documentation has it."""
    table = DOCS.read_text().partition("| Variable | What it is | Where |")[2].partition("\n\n")[0]
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]
    return {name: WHERE[where] for name, _, where in found}


ROWS = rows()


def definition(condition: str, places: set[str], server: str = "https://example.com") -> dict[str, Any]:
    """A definition that asks for a condition at some places, and for nothing at the others."""

    def asked(place: re.Match[str]) -> str:
        return f'(({condition}) or error("{place[1]}"))' if place[1] in places else "true"

    def text(value: str) -> str:
        place = PLACE.search(value)
        if condition == SECRET and place is not None and place[1] in places:
            return re.sub(r"\$\{.*\}|<.*>", f"${{ {SECRET} }}", value)
        return PLACE.sub(asked, value)

    def filled(value: Any) -> Any:
        match value:
            case str():
                return text(value.replace("SERVER", server))
            case dict():
                return {key: filled(inner) for key, inner in cast("dict[str, Any]", value).items()}
            case list():
                return [filled(inner) for inner in value]
            case _:
                return value

    filled_in: dict[str, Any] = filled(parse(DEFINITION))
    return filled_in


def pointers(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """The place that each text of the definition stands for, by its JSON Pointer."""
    if isinstance(value, str):
        yield from ((pointer, place) for place in PLACE.findall(value))
    elif isinstance(value, dict | list):
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in cast("Iterable[tuple[str | int, Any]]", inside):
            yield from pointers(inner, child_pointer(pointer, key))


def test_each_row_is_looked_at() -> None:
    assert ROWS.keys() == HOLDS.keys()


@pytest.mark.parametrize("name", HOLDS)
def test_it_is_read_where_the_table_says_and_refused_elsewhere(name: str) -> None:
    place_of = dict(pointers(parse(DEFINITION)))
    faults = compile_definition(definition(HOLDS[name], PLACES)).faults
    assert {place_of[fault.pointer] for fault in faults if fault.severity == "error"} == PLACES - ROWS[name]


def answer(request: ServedRequest) -> Reply:
    if "completions" not in request.target:
        return Reply.json({"a": 1})
    return (
        Reply.chat("Hi") if len(json.loads(request.body)["messages"]) > 1 else calling(("look", '{"a": 1}'))
    )


@activity.defn
async def own(given: Any) -> Any:
    return given


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(temporal: WorkflowEnvironment) -> AsyncIterator[tuple[ScriptedServer, Runner]]:
    async with (
        ScriptedServer(answer) as server,
        running(
            temporal,
            connections={"shop": local_connection("shop", server.url)},
            secrets=secret_store({"KEY": "0123456789"}),
            allow_private=("loopback",),
            worker={"activities": [own]},
            allowed_activities=[AllowedActivity(name="own")],
        ) as runner,
    ):
        yield server, runner


@pytest.mark.parametrize("name", HOLDS)
async def test_it_is_there_in_a_run(shop: tuple[ScriptedServer, Runner], name: str) -> None:
    server, runner = shop
    server.requests.clear()
    outcome = await runner.run(definition(HOLDS[name], ROWS[name], server.url), {"a": 1})
    assert (outcome.problem, outcome.output) == ({}, {"a": 1})
    if HOLDS[name] == SECRET:
        sent = "".join(
            f"{request.target} {request.headers} {request.body!r}\n" for request in server.requests
        )
        assert sent.count("0123456789") == len(ROWS[name]) + 1  # the model is asked twice
