"""Links within the folder of the designer."""

from hashlib import sha256
from pathlib import Path

import pytest

from support.designer import asked, workspace_of

HIDDEN = "what only its owner may read"
SETS = "document: { dsl: 1.0.3, namespace: n, name: d, version: 1.0.0 }\ndo:\n  - a: { set: { x: 1 } }\n"


@pytest.mark.parametrize("target", [".env", "key.txt", ".hidden/secret.yaml"])
async def test_no_link_of_a_folder_shows_what_it_hides(tmp_path: Path, target: str) -> None:
    """As a folder may have them that was made by somebody else."""
    folder = tmp_path
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "secret.yaml").write_text(HIDDEN)
    (folder / ".env").write_text(f"KEY={HIDDEN}\n")
    (folder / "key.txt").write_text(f"KEY={HIDDEN}\n")
    (folder / "one.yaml").write_text(SETS)
    (folder / "fixtures").mkdir()
    for name in ("README.md", "x.yaml", "fixtures/a.yaml", "input.json", "one.outputs.json"):
        link = folder / name
        link.symlink_to(folder / target)
    before = (folder / target).read_text()
    told: list[str] = []
    async with asked(workspace_of(folder, {})) as client:
        for path in (
            "readmes",
            "definitions",
            "definitions/one.yaml",
            "definitions/x.yaml",
            "outputs",
            "fixtures",
        ):
            for query in ({}, {"path": "one.yaml"}, {"path": "x.yaml"}):
                answer = await client.get(f"/api/{path}", params=query)
                told += [path] if HIDDEN in answer.text else []
        run = {"path": "one.yaml", "text": SETS, "answers": "kept", "input": {}}
        for method, path, body in (
            ("POST", "runs/choices", run),
            ("POST", "runs", run),
            ("POST", "check", {"path": "one.yaml", "text": SETS}),
            ("PUT", "definitions/x.yaml", {"text": SETS, "base": sha256(before.encode()).hexdigest()}),
            ("PUT", "outputs", {"path": "one.yaml", "task": "a", "output": 1}),
        ):
            answer = await client.request(method, f"/api/{path}", json=body)
            told += [path] if HIDDEN in answer.text else []
        assert (await client.get("/api/readmes")).json() == []
        assert (await client.get("/api/definitions/x.yaml")).status_code == 404
    assert told == []
    assert (folder / target).read_text() == before
