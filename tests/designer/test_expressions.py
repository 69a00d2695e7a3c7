"""Expressions while they are written: what may follow, and what they yield, of small data and of large."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from httptask.designer import workspace as workspace_module
from httptask.designer.workspace import Workspace
from httptask.dsl.loader import Loaded, load_text
from httptask.dsl.yaml import tokens
from httptask.dsl.yaml.editing import read_nodes
from support.designer import asked, workspace_of

TASKS = 250
TEXT = """\
document: { dsl: 1.0.3, namespace: tests, name: many, version: 1.0.0 }
do:
""" + "".join(f"  - task{number}: {{ set: {{ n: {number} }} }}\n" for number in range(TASKS))
LAST = f"/do/{TASKS - 1}/task{TASKS - 1}"
ROWS = [{"id": number, "text": "x" * 100} for number in range(1000)]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "many.yaml").write_text(TEXT)
    return workspace_of(tmp_path, {})


async def answer_of(client: httpx.AsyncClient, route: str, **body: Any) -> Any:
    given = {"path": "many.yaml", "text": TEXT, "pointer": LAST, **body}
    return (await client.post(f"/api/{route}", json=given)).raise_for_status().json()


async def test_the_value_of_an_expression_is_sent_whole_where_it_is_short_and_else_its_beginning(
    workspace: Workspace,
) -> None:
    sample = {"outputs": {"task1": ROWS}}
    async with asked(workspace) as client:
        whole = await answer_of(client, "evaluate", expression="$tasks.task1[3].id", sample=sample)
        begun = await answer_of(client, "evaluate", expression="$tasks.task1", sample=sample)
    assert (whole["value"], whole["begins"]) == (3, None)
    assert begun["value"] is None
    assert begun["begins"].startswith('[{"id": 0, "text": "xxx')
    assert len(begun["begins"]) == 300


async def test_completions_find_any_of_many_tasks_and_send_no_data_back(workspace: Workspace) -> None:
    sample = {"outputs": {"task1": {"rows": ROWS, "title": "t" * 1000, "count": 7}}}
    async with asked(workspace) as client:
        asking = {"expression": "$tasks.task24", "position": 13}
        tasks = await answer_of(client, "completions", **asking, sample=sample)
        members = await answer_of(
            client, "completions", expression="$tasks.task1.", position=13, sample=sample
        )
    assert [one["label"] for one in tasks] == ["task24", *(f"task{number}" for number in range(240, 249))]
    assert {one["label"]: (one["detail"], one["value"]) for one in members if one["value"] is not None} == {
        "title": ("str", "t" * 300),
        "count": ("int", 7),
    }
    assert {one["label"] for one in members} >= {"rows", "title", "count"}


async def test_a_field_that_is_not_there_and_an_answer_that_is_made_up_are_told(workspace: Workspace) -> None:
    last = f"$tasks.task{TASKS - 2}"
    sample = {
        "outputs": {f"task{TASKS - 2}": {"id": 1}, "task1": {"id": 2}},
        "simulated": [f"task{TASKS - 2}"],
    }
    async with asked(workspace) as client:
        misspelt = await answer_of(client, "evaluate", expression=f"{last}.idd", sample=sample)
        before = await answer_of(client, "evaluate", expression="${ .id }", sample=sample)
        text = await answer_of(
            client, "evaluate", expression="${ $tasks.task1.id } of ${ .id }", sample=sample
        )
        other = await answer_of(client, "evaluate", expression="$tasks.task1.id", sample=sample)
    told = {"message": f"there is no field `idd` in `{last}`", "hint": "did you mean `id`?"}
    assert (misspelt["value"], misspelt["absent"]) == (None, [told])
    assert (before["value"], before["absent"], before["simulated"]) == (1, [], True)
    assert (text["value"], text["simulated"]) == ("2 of 1", True)
    assert (other["value"], other["simulated"]) == (2, False)


DOUBTED = """\
document: { dsl: 1.0.3, namespace: tests, name: doubted, version: 1.0.0 }
do:
  - list: { call: httpRequest, with: { method: get, endpoint: "http://127.0.0.1/books" } }
  - pick: { set: { book: "${ .[0].titel }", all: "${ [$tasks.list[].title] }", or: "${ .[0].isbn // 0 }" } }
  - each:
      for: { each: book, in: "${ $tasks.list }" }
      do: [{ one: { set: { of: "${ $workflow.input.book }: ${ $book.autor }" } } }]
  - out: { input: { from: "${ .of }" }, set: { x: "${ .none }", y: "${ $tasks.each.off }" } }
"""


async def test_what_the_latest_data_does_not_have_is_told_wherever_it_is_read(workspace: Workspace) -> None:
    outputs = {"list": [{"title": "Emma", "author": "Austen"}], "each": {"of": "a"}}

    async def doubts(client: httpx.AsyncClient, **sample: Any) -> list[tuple[str, str, str]]:
        found = await answer_of(client, "absent", text=DOUBTED, sample=sample)
        assert all((one["code"], one["severity"]) == ("absent-field", "warning") for one in found)
        assert all(
            one["places"] == [one["pointer"]] and DOUBTED[one["start"] :].startswith(("$", "."))
            for one in found
        )
        return [(one["pointer"], one["message"], one["hint"]) for one in found]

    async with asked(workspace) as client:
        nothing = await doubts(client, input={"other": 1})
        partly = await doubts(client, own={"each": {"book.title": "Emma"}}, values={"input.name": "x"})
        known = await doubts(client, outputs=outputs)
    assert nothing == partly == []
    assert known == [
        ("/do/1/pick/set/book", "there is no field `titel` in `.[]`", "did you mean `title`?"),
        ("/do/2/each/do/0/one/set/of", "there is no field `autor` in `$book`", "did you mean `author`?"),
        ("/do/3/out/set/y", "there is no field `off` in `$tasks.each`", "did you mean `of`?"),
    ]


PLACES = """\
document: { dsl: 1.0.3, namespace: tests, name: places, version: 1.0.0 }
input: { schema: { document: { type: object, properties: { book: { type: string }, limit: { type: integer } } } } }
do:
  - first:
      set: { n: 1 }
      export: { as: "${ {first: .n} }" }
  - guarded:
      try: [{ risky: { set: { n: 2 } } }]
      catch: { as: problem, do: [{ mend: { set: { n: 3 } } }] }
  - each:
      for: { each: row, in: "${ $tasks.first.rows }" }
      do:
        - one: { set: { n: 4 } }
        - get:
            call: httpRequest
            with:
              method: get
              endpoint: "http://127.0.0.1/${ $workflow.input.book }"
              query: { limit: "${ $workflow.input.limit }", row: "${ $row.id }", n: "${ $tasks.one.n }" }
        - last: { set: { n: 5 } }
  - gone: { set: { n: 6 }, then: end }
  - after: { set: { n: 7 } }
"""
GET = "/do/2/each/do/1/get"


async def test_only_what_is_there_at_a_task_can_be_read_and_completed(workspace: Workspace) -> None:
    async with asked(workspace) as client:

        async def readable(pointer: str, **sample: Any) -> Any:
            return await answer_of(client, "readable", text=PLACES, pointer=pointer, sample=sample)

        async def tasks(pointer: str) -> list[str]:
            found = await answer_of(
                client, "completions", text=PLACES, pointer=pointer, expression="$tasks.", position=7
            )
            return [one["label"] for one in found]

        inner = await readable(GET)
        given = await readable(
            GET, input={"book": "b"}, own={"each": {"row.id": 1}}, outputs={"one": {"n": 1}}
        )
        names = {
            pointer: [one["name"] for one in (await readable(pointer))["values"] if one["source"] == "task"]
            for pointer in (GET, "/do/0/first", "/do/1/guarded/catch/do/0/mend", "/do/3/gone", "/do/4/after")
        }
        completed = {pointer: await tasks(pointer) for pointer in names}
    assert names == completed
    assert names == {
        GET: ["first", "guarded", "risky", "mend", "one"],
        "/do/0/first": [],
        "/do/1/guarded/catch/do/0/mend": ["first", "risky"],
        "/do/3/gone": ["first", "guarded", "risky", "mend", "each"],
        "/do/4/after": [],
    }
    assert [(one["expression"], one["source"], one["is_read"]) for one in inner["values"]] == [
        ("$workflow.input", "input", True),
        ("$index", "variable", False),
        ("$row", "variable", True),
        ("$context", "context", False),
        ("$tasks.first", "task", False),
        ("$tasks.guarded", "task", False),
        ("$tasks.risky", "task", False),
        ("$tasks.mend", "task", False),
        ("$tasks.one", "task", True),
    ]
    fields = [(one["name"], one["type"]) for one in inner["values"][0]["fields"]]
    assert fields == [("book", "string"), ("limit", "integer")]
    assert [(one["name"], one["path"], one["type"]) for one in inner["asked"]] == [
        ("input.book", ["book"], "string"),
        ("input.limit", ["limit"], "integer"),
        ("one.n", None, ""),
        ("row.id", None, ""),
    ]
    assert given["asked"] == []


async def test_what_is_given_of_a_loop_or_of_a_task_that_is_gone_is_in_the_way_of_no_other_task(
    workspace: Workspace,
) -> None:
    given = {"input": {}, "values": {"renamed.id": 1}, "own": {"each": {"row.id": 7}, "after": {".id": 8}}}
    async with asked(workspace) as client:

        async def data_of(pointer: str) -> Any:
            return await answer_of(client, "readable", text=PLACES, pointer=pointer, sample=given)

        inner, outer = await data_of(GET), await data_of("/do/4/after")
        reading = await answer_of(
            client, "evaluate", text=PLACES, pointer=GET, expression="$row.id", sample=given
        )
        own = await answer_of(
            client, "evaluate", text=PLACES, pointer="/do/4/after", expression=".id", sample=given
        )
    rows = [(one["owner"], one["value"]) for one in inner["values"] if one["name"] == "row"]
    assert rows == [("each", {"id": 7})]
    assert "row.id" not in {one["name"] for one in inner["asked"]}
    assert [one["source"] for one in outer["values"]] == ["input"]
    assert (reading["value"], own["value"]) == (7, 8)


async def test_a_loop_is_tried_on_the_first_item_of_its_list_where_that_is_known(
    workspace: Workspace,
) -> None:
    listed = {"outputs": {"first": {"rows": [{"id": 1, "title": "Emma"}, {"id": 2}]}}}
    async with asked(workspace) as client:

        async def told(route: str, expression: str, **sample: Any) -> Any:
            at = {"expression": expression, "position": len(expression)}
            return await answer_of(client, route, text=PLACES, pointer=GET, **at, sample=sample)

        value = await told("evaluate", "${ $row.title } at ${ $index }", **listed, simulated=["first"])
        names = await told("completions", "$row.", **listed)
        data = await answer_of(client, "readable", text=PLACES, pointer=GET, sample=listed)
        other = {"own": {"each": {"row.id": 9}}}
        mixed = await told("evaluate", "$row", **listed, **other)
        nothing = await told("evaluate", "$row.id", outputs={"first": {"rows": []}})
    assert (value["value"], value["simulated"]) == ("Emma at 0", True)
    assert [(one["label"], one["value"]) for one in names] == [("id", 1), ("title", "Emma")]
    rows = [one["value"] for one in data["values"] if one["name"] == "row"]
    assert rows == [{"id": 1, "title": "Emma"}]
    assert "row.id" not in {one["name"] for one in data["asked"]}
    assert mixed["value"] == {"id": 9, "title": "Emma"}
    assert nothing["error"]["message"] == "$row: no data yet"
    assert nothing["error"]["hint"].startswith("test what gives its list, run the definition")


async def test_a_text_is_loaded_once_for_all_that_is_asked_of_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []

    def load(text: str, path: str, folder: Path) -> Loaded:
        loaded.append(path)
        return load_text(text, path, folder)

    monkeypatch.setattr(workspace_module, "load_text", load)
    text = TEXT + "# of this test alone\n"
    async with asked(workspace) as client:
        await answer_of(client, "check", text=text)
        await answer_of(client, "task", text=text)
        await answer_of(client, "completions", text=text, expression="$", position=1)
        assert loaded == ["many.yaml"]
        await answer_of(client, "check", text=text.replace("n: 1 ", "n: 2 "))
    assert len(loaded) == 2


def test_a_text_is_taken_apart_once_and_as_far_as_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    library: Any = YAML
    parse = library.parse

    def counted(parser: Any, text: str) -> Any:
        parsed.append(text)
        return parse(parser, text)

    monkeypatch.setattr(library, "parse", counted)
    tokens.keep_tokens(2)
    try:
        assert list(tokens.read_tokens("a: [1]")) == list(tokens.read_tokens("a: [1]"))
        assert len(parsed) == 1
        next(tokens.read_tokens("b: [1]"))
        assert read_nodes("b: [1]").child("b") is not None
        assert len(parsed) == 3
        for _ in range(2):
            with pytest.raises(tokens.YamlSyntaxError):
                list(tokens.read_tokens("c: ["))
        assert len(parsed) == 5
        for text in ("d: 1", "d: 1", "a: [1]", "d: 1"):
            list(tokens.read_tokens(text))
        assert len(parsed) == 7
    finally:
        tokens.keep_tokens(0)


async def test_an_input_that_is_older_than_its_schema_is_no_fault_of_what_reads_it(
    workspace: Workspace,
) -> None:
    text = PLACES.replace("type: object,", "type: object, required: [city],").replace("book:", "city:")
    async with asked(workspace) as client:

        async def told(written: str, given: Any) -> Any:
            reading = {"pointer": "/do/4/after", "expression": "in ${ $workflow.input.city }"}
            return await answer_of(client, "evaluate", text=written, **reading, sample={"input": given})

        none, old = await told(text, None), await told(text, {"city": 7})
        newer, fits = await told(text, {"other": 1}), await told(text, {"city": "Rome"})
    assert none["error"]["message"].startswith("no input yet: ")
    assert none["error"]["missing"] == {"input": []}
    assert "the latest input does not fit its schema" in old["error"]["message"]
    assert old["error"]["missing"] == {"input": []}
    assert newer["unsampled"] == [{"name": "city", "of": "$workflow.input"}]
    assert fits["value"] == "in Rome"
