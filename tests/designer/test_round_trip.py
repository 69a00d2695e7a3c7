"""The page's way with any definition: what it loads and saves is the same file, and what it edits changes its lines alone.

    HTTPTASK_EDITS=300 uv run pytest tests/designer/test_round_trip.py --timeout 900

takes all of the definitions in all of their forms.
"""

import random
from pathlib import Path
from typing import Any

import httpx

from httptask.dsl.yaml import read_yaml
from httptask.json.types import is_object
from support.definition_texts import (
    TRIES,
    VALUES,
    at,
    forms,
    lines_of,
    pointers,
    spread,
    texts,
)
from support.designer import applied, asked, workspace_of

PATH = "of/one.yaml"


async def loaded(client: httpx.AsyncClient) -> tuple[str, str]:
    """The text that the page is given, and the hash that it saves by."""
    read = (await client.get(f"/api/definitions/{PATH}")).raise_for_status().json()
    return read["text"], read["sha256"]


async def test_a_definition_that_is_loaded_and_saved_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    chance = random.Random(3)
    assert len(texts()) >= TRIES
    file = tmp_path / PATH
    file.parent.mkdir()
    found = list(spread(chance)) if TRIES < 300 else [form for text in texts() for form in forms(text)]
    async with asked(workspace_of(tmp_path, {})) as client:
        for text in found:
            content = text.encode()
            file.write_bytes(content)
            told, sha256 = await loaded(client)
            saved = await client.put(f"/api/definitions/{PATH}", json={"text": told, "base": sha256})
            assert saved.status_code == 200, saved.text
            assert file.read_bytes() == content
            assert saved.json()["sha256"] == sha256
    print(f"{len(found)} texts of {len(texts())} definitions")


async def test_a_field_that_is_edited_changes_its_lines_alone(tmp_path: Path) -> None:
    chance = random.Random(5)
    refused: list[tuple[Any, ...]] = []
    (tmp_path / PATH).parent.mkdir()
    async with asked(workspace_of(tmp_path, {})) as client:
        for text in spread(chance):
            data = read_yaml(text).data
            mappings = [one for one in pointers(data) if is_object(at(data, one)) and at(data, one)]
            pointer, value = chance.choice(pointers(data)), chance.choice(VALUES)
            added = f"{chance.choice(mappings)}/added"
            for field in (pointer, added):
                (tmp_path / PATH).write_bytes(text.encode())
                answer = await saved_with(client, {"op": "set", "pointer": field, "value": value})
                if answer.status_code == 422:
                    refused.append((field, value, answer.json()["detail"], text[:40]))
                    continue
                after = (tmp_path / PATH).read_bytes().decode()
                assert at(read_yaml(after).data, field) == value
                if field == added:
                    assert all(change["from"] == change["to"] for change in answer.json()["changes"])
                else:
                    assert_only_lines_change(text, after, lines_of(text, field))
    assert len(refused) <= max(TRIES * 2 // 25, 1), refused
    print(f"{TRIES * 2 - len(refused)} edits, {len(refused)} refused")


async def saved_with(client: httpx.AsyncClient, edit: dict[str, Any]) -> httpx.Response:
    """Load, edit and save as the page does, which makes the changes that it is told in its own text."""
    text, sha256 = await loaded(client)
    answer = await client.post("/api/edits", json={"path": PATH, "text": text, "edits": [edit]})
    if answer.is_success:
        changed = applied(text, answer.json()["changes"])
        assert changed == answer.json()["text"]
        saved = await client.put(f"/api/definitions/{PATH}", json={"text": changed, "base": sha256})
        assert saved.status_code == 200, saved.text
    return answer


def assert_only_lines_change(before: str, after: str, own: range) -> None:
    """All other lines are there, in their order, byte for byte."""
    lines, now = before.split("\n"), after.split("\n")
    behind = lines[own.stop :]
    assert now[: own.start] == lines[: own.start]
    assert not behind or now[-len(behind) :] == behind
