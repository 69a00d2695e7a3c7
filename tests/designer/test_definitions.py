"""Definitions in the folder: read as they stand, saved as they were meant, and never over what somebody else wrote."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from httptask.designer.outline import Offsets
from support.commands import Shell
from support.designer import asked, workspace_of

TEXT = """\
# a comment
document: { dsl: 1.0.3, namespace: tests, name: é😀, version: 1.0.0 }
"""
ORDER = """\
document: { dsl: 1.0.3, namespace: tests, name: order, version: 1.0.0 }
do:
  # what it costs
  - decide:
      switch:
        - dear: { when: .price > 100, then: each }
        - cheap: { then: end }
  - each:
      for: { each: item, in: .items }
      do:
        - tell:
            if: .ok
            call: httpRequest
            with: { method: post, connection: shop, path: /orders }
"""
FORMS = [
    ORDER,
    ORDER.replace("\n", "\r\n"),
    "\ufeff" + ORDER,
    ORDER.rstrip("\n"),
    ORDER.replace("  - ", "- ").replace("      ", "    "),
    f"---\n{ORDER}...\n",
    "do: [\n",
    "",
    TEXT,
]


@pytest.mark.parametrize("form", FORMS, ids=range(len(FORMS)))
async def test_what_is_read_and_saved_is_the_same_byte_for_byte(tmp_path: Path, form: str) -> None:
    file = tmp_path / "in" / "one.yaml"
    file.parent.mkdir()
    file.write_bytes(form.encode())
    async with asked(workspace_of(tmp_path, {})) as client:
        read = (await client.get("/api/definitions/in/one.yaml")).json()
        assert read["text"] == form
        saved = await client.put(
            "/api/definitions/in/one.yaml", json={"text": read["text"], "base": read["sha256"]}
        )
    assert saved.status_code == 200
    assert saved.json()["sha256"] == read["sha256"]
    assert file.read_bytes() == form.encode()


async def test_a_file_that_was_changed_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(ORDER)
    async with asked(workspace_of(tmp_path, {})) as client:
        read = (await client.get("/api/definitions/one.yaml")).json()
        file.write_text("# mine\n")
        refused = await client.put("/api/definitions/one.yaml", json={"text": "x", "base": read["sha256"]})
        assert refused.status_code == 409
        assert refused.json()["text"] == "# mine\n"
        assert file.read_text() == "# mine\n"
        again = await client.put(
            "/api/definitions/one.yaml", json={"text": ORDER, "base": refused.json()["sha256"]}
        )
    assert again.status_code == 200
    assert file.read_text() == ORDER
    assert await asyncio.to_thread(lambda: [*tmp_path.glob(".*.part")]) == []


@pytest.mark.parametrize("with_folder", [False, True])
async def test_a_file_that_was_removed_meanwhile_is_written_anew_only_if_that_is_meant(
    tmp_path: Path, with_folder: bool
) -> None:
    file = tmp_path / "in" / "one.yaml"
    file.parent.mkdir()
    file.write_text(ORDER)
    async with asked(workspace_of(tmp_path, {})) as client:
        read = (await client.get("/api/definitions/in/one.yaml")).json()
        file.unlink()
        if with_folder:
            file.parent.rmdir()
        refused = await client.put("/api/definitions/in/one.yaml", json={"text": "x", "base": read["sha256"]})
        assert refused.status_code == 409
        assert (refused.json()["text"], refused.json()["sha256"]) == (None, "")
        assert not file.exists()
        written = await client.put("/api/definitions/in/one.yaml", json={"text": ORDER, "base": ""})
        assert written.status_code == 200
        assert file.read_text() == ORDER
        taken = await client.put("/api/definitions/in/one.yaml", json={"text": "x", "base": ""})
    assert (taken.status_code, taken.json()["text"]) == (409, ORDER)


async def test_files_whose_names_no_answer_can_hold_hide_no_others(tmp_path: Path) -> None:
    for name in (b"\xff.yaml", b"a\n.yaml", b"one.yaml"):
        (tmp_path / os.fsdecode(name)).write_text(ORDER)
    async with asked(workspace_of(tmp_path, {})) as client:
        listed = await client.get("/api/definitions")
    assert [one["path"] for one in listed.json()] == ["one.yaml"]


async def test_a_new_definition_has_no_task_and_takes_no_others_place(tmp_path: Path) -> None:
    async with asked(workspace_of(tmp_path, {})) as client:
        made = await client.post("/api/definitions", json={"path": "deep/My Orders.yaml"})
        assert made.status_code == 201
        assert [(one["code"], one["pointer"]) for one in made.json()["findings"]] == [("empty", "/do")]
        assert "name: my-orders" in made.json()["text"]
        task = {"op": "insert", "list": "/do", "index": 0, "name": "a", "task": {"set": {"b": 1}}}
        first = {"path": "deep/My Orders.yaml", "text": made.json()["text"], "edits": [task]}
        assert (await client.post("/api/edits", json=first)).json()["findings"] == []
        assert (
            await client.post("/api/definitions", json={"path": "deep/My Orders.yaml"})
        ).status_code == 409
        listed = (await client.get("/api/definitions")).json()
    assert [(one["path"], one["name"], one["faults"]) for one in listed] == [
        ("deep/My Orders.yaml", "my-orders", 0)
    ]


async def test_only_definitions_are_listed(tmp_path: Path) -> None:
    for name, text in {
        "one.yaml": ORDER,
        "broken.yml": "document: [\ndo:\n",
        "one.test.yaml": ORDER,
        "fixture.yaml": "request: {}\n",
        ".git/x.yaml": ORDER,
        "node_modules/x.yaml": ORDER,
        "bytes.yaml": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe")
    async with asked(workspace_of(tmp_path, {})) as client:
        listed = (await client.get("/api/definitions")).json()
        unreadable = await client.get("/api/definitions/bytes.yaml")
    assert {one["path"]: one["faults"] > 0 for one in listed} == {
        "broken.yml": True,
        "bytes.yaml": True,
        "one.yaml": False,
    }
    assert unreadable.status_code == 422
    assert "UTF-8" in unreadable.json()["detail"]


async def test_blocks_tell_where_they_stand(tmp_path: Path) -> None:
    async with asked(workspace_of(tmp_path, {})) as client:
        found = (await client.post("/api/check", json={"path": "o.yaml", "text": f"# 😀\n{ORDER}"})).json()
    text = f"# 😀\n{ORDER}".encode("utf-16-le")

    def source(block: dict[str, Any]) -> str:
        return text[block["start"] * 2 : block["end"] * 2].decode("utf-16-le")

    decide, each = found["blocks"]
    assert source(decide).startswith("decide:\n")
    assert source(decide).endswith("{ then: end }")
    assert decide["cases"] == [
        {"name": "dear", "when": ".price > 100", "then": "each"},
        {"name": "cheap", "when": None, "then": "end"},
    ]
    [branch] = each["branches"]
    assert (branch["label"], branch["pointer"]) == ("do", "/do/1/each/do")
    [tell] = branch["blocks"]
    assert (tell["kind"], tell["condition"], tell["connections"]) == ("call.httpRequest", ".ok", ["shop"])
    assert tell["summary"] == "POST /orders"
    assert source(tell).startswith("tell:")
    [unknown] = found["findings"]
    assert unknown["code"] == "unknown-connection"
    assert source(unknown) == "shop"


async def test_findings_are_those_of_the_command(tmp_path: Path) -> None:
    wrong = (
        ORDER.replace("then: each", "then: eahc")
        .replace(".price >", ".price >>>")
        .replace("method: post", "metod: 1")
    )
    (tmp_path / "wrong.yaml").write_text(wrong)
    async with asked(workspace_of(tmp_path, {})) as client:
        found = (await client.get("/api/definitions/wrong.yaml")).json()
    code, command = await Shell(tmp_path, dict(os.environ)).run("validate", "wrong.yaml", "--json")
    assert code == 2
    told = [one for one in json.loads(command.stdout) if one["file"] == "wrong.yaml"]
    keys = ("code", "severity", "message", "hint", "pointer", "line", "column")
    assert [{key: one[key] for key in keys} for one in found["findings"]] == [
        {key: one[key] for key in keys} for one in told
    ]
    assert len(told) >= 3


def test_places_are_counted_as_browsers_count() -> None:
    text = "\ufeffa😀b\r\néc\n"
    offsets = Offsets(text)
    units = text.encode("utf-16-le")
    for index, sign in enumerate(text[1:]):
        at = offsets.of_index(index) * 2
        assert units[at:].decode("utf-16-le").startswith(sign)
    assert offsets.of_place(2, 2) == offsets.of_index(text[1:].index("c"))
    assert offsets.of_place(9, 9) == len(units) // 2


FUNCTION = """\
document: { dsl: 1.0.3, namespace: tests, name: order, version: 1.0.0 }
use:
  functions:
    rate:
      do:
        - decide:
            switch:
              - dear: { when: .price > 100, then: end }
        - note: { set: { cheap: true } }
    other: { set: { a: 1 } }
do:
  - ask: { call: rate }
"""


async def test_blocks_of_a_function_stand_and_are_edited_where_it_is_written(tmp_path: Path) -> None:
    note = "/do/0/ask/call/rate/do/1/note"
    async with asked(workspace_of(tmp_path, {})) as client:
        edited = await client.post(
            "/api/edits",
            json={
                "path": "o.yaml",
                "text": FUNCTION,
                "edits": [
                    {"op": "set", "pointer": f"{note}/set/cheap", "value": False},
                    {"op": "rename", "pointer": note, "name": "tell"},
                ],
            },
        )
        moves: list[dict[str, Any]] = [
            {"op": "remove", "pointer": "/do/0/ask/call"},
            {"op": "rename", "pointer": "/do/0/ask/call/rate", "name": "x"},
            {"op": "insert", "list": "/do/0/ask/call", "index": 1, "name": "x", "task": {"set": {}}},
        ]
        refused = [
            await client.post("/api/edits", json={"path": "o.yaml", "text": FUNCTION, "edits": [edit]})
            for edit in moves
        ]
        form = (
            await client.post("/api/task", json={"path": "o.yaml", "text": FUNCTION, "pointer": note})
        ).json()
    found = edited.json()
    assert found["text"] == FUNCTION.replace(
        "note: { set: { cheap: true } }", "tell: { set: { cheap: false } }"
    )
    assert form["task"] == {"set": {"cheap": True}}
    assert {answer.status_code for answer in refused} == {422}
    assert all("use.functions" in answer.json()["hint"] for answer in refused)
    [ask] = found["blocks"]
    [rate] = ask["branches"][0]["blocks"]
    decide, _ = rate["branches"][0]["blocks"]
    sources = [found["text"][block["start"] : block["end"]] for block in (rate, decide)]
    assert sources[0].startswith("rate:\n")
    assert sources[0].endswith("cheap: false } }")
    assert sources[1].startswith("decide:\n")
    assert decide["cases"] == [{"name": "dear", "when": ".price > 100", "then": "end"}]


PARTS = """\
document: { dsl: 1.0.3, namespace: tests, name: order, version: 1.0.0 }
use:
  functions:
    rate: { call: http, with: { method: get, endpoint: https://example.com/, qery: {} } }
    unused: { call: http, with: { method: get, endpoint: https://example.com/, qery: {} } }
  retries:
    often: { limit: { attempt: { count: many } } }
do:
  - ask: { call: rate }
  - guard:
      try: [{ again: { call: rate } }]
      catch: { retry: often }
"""


async def test_faults_of_what_tasks_use_are_told_at_each_that_uses_it(tmp_path: Path) -> None:
    async with asked(workspace_of(tmp_path, {})) as client:
        found = (await client.post("/api/check", json={"path": "o.yaml", "text": PARTS})).json()["findings"]
    places = {one["pointer"]: one["places"] for one in found if one["severity"] == "error"}
    assert places == {
        "/use/functions/rate/with/qery": [
            "/do/0/ask/call/rate/with/qery",
            "/do/1/guard/try/0/again/call/rate/with/qery",
        ],
        "/use/functions/unused/with/qery": ["/use/functions/unused/with/qery"],
        "/use/retries/often/limit/attempt/count": ["/do/1/guard/catch/retry"],
    }


async def test_functions_of_a_catalogue_are_read_from_its_files(tmp_path: Path) -> None:
    text = FUNCTION.replace("use:\n", "use:\n  catalogs: { own: { endpoint: file://./own } }\n").replace(
        "call: rate", "call: 'rate:1.0.0@own'"
    )
    file = tmp_path / "own" / "functions" / "rate" / "1.0.0" / "function.yaml"
    file.parent.mkdir(parents=True)
    async with asked(workspace_of(tmp_path, {})) as client:
        document = {"path": "o.yaml", "text": text}
        missing = (await client.post("/api/check", json=document)).json()
        file.write_text("do: [{ decide: { switch: [{ dear: { when: .a, then: end } }] } }]\n")
        there = (await client.post("/api/check", json=document)).json()
        inside = "/do/0/ask/call/rate:1.0.0@own/do/0/decide/if"
        edits = [{"op": "set", "pointer": inside, "value": ".b"}]
        refused = await client.post("/api/edits", json={**document, "edits": edits})
        file.write_text("do: [{ decide: { swich: [] } }]\n")
        wrong = (await client.post("/api/check", json=document)).json()
    assert not missing["runnable"]
    assert there["runnable"], there["findings"]
    [ask] = there["blocks"]
    assert ask["branches"][0]["blocks"][0]["branches"][0]["blocks"][0]["cases"][0]["when"] == ".a"
    assert refused.status_code == 422
    assert "function.yaml" in refused.json()["detail"]
    [inside] = [finding for finding in wrong["findings"] if "function.yaml" in finding["message"]]
    assert inside["line"] == 1
    assert all(place.startswith("/do/0/ask/call/rate:1.0.0@own") for place in inside["places"])


async def test_what_keeps_a_request_from_being_tried_is_named_by_task_and_field(tmp_path: Path) -> None:
    (tmp_path / "order.yaml").write_text(ORDER)
    faulty = ORDER.replace("path: /orders", "pathh: /orders").replace("- cheap", "- cheep")
    async with asked(workspace_of(tmp_path, {})) as client:

        async def told(text: str) -> Any:
            body = {"path": "order.yaml", "text": text, "task": "tell", "dry": True}
            answer = await client.post("/api/test-requests", json=body)
            name, data = answer.text.strip().split("\n")
            assert name == "event: failed"
            return json.loads(data.removeprefix("data: "))

        of_task = await told(faulty)
        unreadable = await told("do: [")
    assert of_task["detail"].startswith("the definition has an error: `tell` at `with")
    assert "pathh" in of_task["detail"]
    assert [one["block"] for one in of_task["errors"]] == ["/do/1/each/do/0/tell"]
    assert "line 1" in unreadable["detail"]
    assert unreadable["errors"][0]["block"] is None


MISSPELT = """\
document: { dsl: 1.0.3, namespace: tests, name: fixed, version: 1.0.0 }
use: { retries: { twice: { delay: PT1S, limit: { attempt: { count: 2 } } } } }
do:
  - "héllo😀": { set: { told: "😀😀 ${ $tasks.aks.text }", text: "${ $tasks.ask.txt }" } }
  - ask:
      call: chatCompletion
      with: { mdoel: gpt-4.1-mini, model: gpt-4.1, messages: [{ role: user, content: "${ $workfow.id }" }] }
  - tried: { try: [{ inner: { set: { a: 1 }, then: lats } }, { last: { set: { a: 1 } } }], catch: { retry: twce } }
"""


@pytest.mark.parametrize("text", [MISSPELT, f"\ufeff{MISSPELT}", MISSPELT.replace("\n", "\r\n")])
async def test_the_name_that_was_meant_is_told_with_its_place(tmp_path: Path, text: str) -> None:
    async with asked(workspace_of(tmp_path, {})) as client:
        body = {"path": "fixed.yaml", "text": text}
        findings = (await client.post("/api/check", json=body)).json()["findings"]
    fixes = [one["fix"] for one in findings if one["fix"] is not None]
    assert {(fix["word"], fix["text"]) for fix in fixes} == {
        ("aks", "ask"),
        ("txt", "text"),
        ("mdoel", "model"),
        ("$workfow", "$workflow"),
        ("lats", "last"),
        ("twce", "twice"),
    }
    units = text.encode("utf-16-le")
    assert [units[2 * fix["start"] : 2 * fix["end"]].decode("utf-16-le") for fix in fixes] == [
        fix["word"] for fix in fixes
    ]


async def test_the_readmes_of_its_folders_are_shown_beside_a_definition(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "README.md").write_text("# All\n")
    (tmp_path / "a" / "b" / "README.md").write_bytes(b"# Gr\xfc\xdfe" + b"x" * 200_000)
    (tmp_path / "a" / "README.md").symlink_to("/etc/passwd")
    async with asked(workspace_of(tmp_path, {})) as client:
        found = (await client.get("/api/readmes", params={"path": "a/b/c.yaml"})).json()
        root = (await client.get("/api/readmes")).json()
        outside = await client.get("/api/readmes", params={"path": "../c.yaml"})
    assert [one["path"] for one in found] == ["a/b/README.md", "README.md"]
    assert found[0]["text"].startswith("# Gre")
    assert len(found[0]["text"]) <= 100_000
    assert root == [{"path": "README.md", "text": "# All\n"}]
    assert outside.status_code == 404
