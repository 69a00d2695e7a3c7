"""Edits of a text by what they mean, as the page asks for them."""

from pathlib import Path

from httptask.designer.routes.editing import changes_of
from support.designer import applied, asked, workspace_of

TEXT = """\
document: { dsl: 1.0.3, namespace: n, name: d, version: 1.0.0 }
do:
  # keeps
  - one: { set: { a: "😀" } }   # and this
  - two: { set: { b: "${ $tasks.one.a }" } }
"""


async def test_edits_follow_each_other_and_are_told_as_changes(tmp_path: Path) -> None:
    edits = [
        {"op": "insert", "list": "/do", "index": 1, "name": "ask", "task": {"call": "httpRequest"}},
        {"op": "set", "pointer": "/do/1/ask/with/method", "value": "get"},
        {"op": "rename", "pointer": "/do/0/one", "name": "first"},
        {"op": "secrets", "names": ["TOKEN"]},
        {"op": "move", "pointer": "/do/2", "list": "/do", "index": 1},
        {"op": "remove", "pointer": "/do/2"},
        {"op": "set", "pointer": "/do/0/first/set/a", "value": "b"},
    ]
    async with asked(workspace_of(tmp_path, {})) as client:
        edited = await client.post("/api/edits", json={"path": "x.yaml", "text": TEXT, "edits": edits})
        assert edited.status_code == 200, edited.text
        found = edited.json()
        refused = await client.post(
            "/api/edits",
            json={"path": "x.yaml", "text": TEXT, "edits": [edits[1], {"op": "remove", "pointer": "/no"}]},
        )
        nothing = await client.post("/api/edits", json={"path": "x.yaml", "text": TEXT, "edits": []})
    assert found["text"] == (
        "document: { dsl: 1.0.3, namespace: n, name: d, version: 1.0.0 }\n"
        "use:\n  secrets: [TOKEN]\n"
        "do:\n  # keeps\n"
        '  - first: { set: { a: "b" } }   # and this\n'
        '  - two: { set: { b: "${ $tasks.first.a }" } }\n'
    )
    assert applied(TEXT, found["changes"]) == found["text"]
    assert [block["name"] for block in found["blocks"]] == ["first", "two"]
    assert refused.status_code == 422
    assert refused.json()["edit"] in (0, 1)
    assert nothing.json()["changes"] == []


LOOP = """\
document: { dsl: 1.0.3, namespace: n, name: d, version: 1.0.0 }
do:
  - each:
      for: { in: .all, at: place }
      do: [{ keep: { set: { a: "${ $item.a }", b: "${ $place }" } } }]
"""


async def test_a_variable_is_renamed_with_what_reads_it(tmp_path: Path) -> None:
    here = {"path": "x.yaml", "text": LOOP}
    async with asked(workspace_of(tmp_path, {})) as client:
        form = (await client.post("/api/task", json={**here, "pointer": "/do/0/each"})).json()
        edits = [
            {"op": "rename_variable", "pointer": "/do/0/each/for/each", "name": "one"},
            {"op": "rename_variable", "pointer": "/do/0/each/for/at", "name": None},
        ]
        edited = await client.post("/api/edits", json={**here, "edits": edits})
    assert form["variables"] == {"/do/0/each/for/each": "item", "/do/0/each/for/at": "place"}
    assert edited.json()["text"] == LOOP.replace("at: place", "each: one").replace("$item", "$one").replace(
        "$place", "$index"
    )


SECRETS = """\
document: { dsl: 1.0.3, namespace: n, name: d, version: 1.0.0 }
use:
  secrets: [SHOP_KEY, SHOP, OTHER]
do:
  - one: { set: { a: "${ $secrets.SHOP_KEY }", b: "${ $secrets.SHOP }" } }
  - two: { set: { b: "${ $secrets.SHOP }" } }
"""


async def test_a_secret_that_only_a_removed_part_reads_goes_with_it(tmp_path: Path) -> None:
    alone = SECRETS.replace("SHOP, OTHER", "SHOP").replace(", SHOP]", "]").replace("$secrets.SHOP }", "1 }")

    async def without(text: str, pointer: str) -> str:
        edits = [{"op": "remove", "pointer": pointer}]
        given = {"path": "x.yaml", "text": text, "edits": edits}
        answer = await client.post("/api/edits", json=given)
        return str(answer.json()["text"])

    async with asked(workspace_of(tmp_path, {})) as client:
        first = await without(SECRETS, "/do/0")
        second = await without(SECRETS, "/do/1")
        none = await without(alone, "/do/0")
        noted = await without(alone + "# SHOP_KEY is for later\n", "/do/0")
        value = await without(SECRETS, "/do/0/one/set/a")
    assert "secrets: [SHOP, OTHER]" in first
    assert "secrets: [SHOP_KEY, SHOP, OTHER]" in second
    assert "use:" not in none
    assert "secrets: [SHOP_KEY]" in noted
    assert "secrets: [SHOP, OTHER]" in value


def test_changes_are_of_what_differs_alone() -> None:
    before = "a: 1\r\nb: 😀\r\nc: 3"
    after = "a: 1\r\nb: 😁\r\nc: 3\r\nd: 4\r\n"
    changes = [change.model_dump(by_alias=True) for change in changes_of(before, after)]
    assert applied(before, changes) == after
    assert sum(len(change["insert"]) for change in changes) <= 16


NESTED = """\
document: { dsl: 1.0.3, namespace: n, name: d, version: 1.0.0 }
do:
  - one: { set: { a: 1 } }
  # what is asked
  - ask:   # a model
      call: chatCompletion
      with:
        model: m   # cheap
        messages:
          - role: user
            content: |
              Hello,

              Ada.
        # no stream
  - last: { set: { b: 2 } }
"""


async def test_a_task_is_put_into_another_and_taken_out_as_it_was(tmp_path: Path) -> None:
    loop = {"for": {"each": "item", "in": "${ .items }"}, "do": [{"first": {"set": {}}}]}
    wrap = [
        {"op": "insert", "list": "/do", "index": 2, "name": "each", "task": loop},
        {"op": "move", "pointer": "/do/1", "list": "/do/2/each/do", "index": 1},
        {"op": "remove", "pointer": "/do/1/each/do/0"},
    ]
    take_out = [
        {"op": "insert", "list": "/do/1/each/do", "index": 1, "name": "empty", "task": {"set": {}}},
        {"op": "move", "pointer": "/do/1/each/do/0", "list": "/do", "index": 2},
        {"op": "remove", "pointer": "/do/1"},
    ]
    async with asked(workspace_of(tmp_path, {})) as client:
        for text in (NESTED, NESTED.replace("\n", "\r\n"), NESTED.replace("\n  ", "\n")):
            wrapped = await client.post("/api/edits", json={"path": "x.yaml", "text": text, "edits": wrap})
            assert wrapped.status_code == 200, wrapped.text
            edited = wrapped.json()
            back = await client.post(
                "/api/edits", json={"path": "x.yaml", "text": edited["text"], "edits": take_out}
            )
            [_, each, _] = edited["blocks"]
            assert [block["name"] for block in each["branches"][0]["blocks"]] == ["ask"]
            lines = edited["text"].splitlines()
            [moved] = [line for line in lines if line.endswith("- ask:   # a model")]
            indent = moved[: moved.index("-") - text.splitlines()[4].index("-")]
            for line in text.splitlines()[4:15]:
                assert (f"{indent}{line}" if line else "") in lines
            assert back.json()["text"] == text
