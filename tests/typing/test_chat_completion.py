"""Both type checkers know what `chat_completion` takes and gives."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mypy import api

from support.fences import ROOT

SOUND = ROOT / "tests/support/typed_calls.py"
WRONG = """
from pydantic import BaseModel
from httptask.workflows import chat_completion

class Label(BaseModel):
    priority: str

async def calls() -> None:
    await chat_completion(model="m", messages=[], temprature=0)
    await chat_completion(model="m", messages=[], temperature="warm")
    await chat_completion(model="m", messages=[], service_tier="turbo")
    await chat_completion(model="m", messages=[], rules="loose")
    await chat_completion(model="m", messages=[], tools=[{"type": "function", "function": {"nmae": "f"}}])
    await chat_completion(model="m", messages=[], output_type=str)
    await chat_completion(messages=[])
    answer = await chat_completion(model="m", messages=[], output_type=Label)
    answer.json.pririty
"""
WRONG_LINES = [
    number for number, line in enumerate(WRONG.splitlines(), 1) if number > 8 and "answer =" not in line
]

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


def pyright(folder: Path, file: Path) -> list[int]:
    roots = [str(ROOT / root) for root in ("plugin", "workflows", "activities")]
    settings = {
        "include": [str(file)],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": roots,
    }
    settings["reportUnusedExpression"] = "none"
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [
        sys.executable,
        "-m",
        "pyright",
        "-p",
        str(folder),
        "--pythonpath",
        sys.executable,
        "--outputjson",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return sorted({one["range"]["start"]["line"] + 1 for one in found if one["severity"] == "error"})


def mypy(file: Path) -> list[int]:
    told, complaint, _ = api.run(
        [f"--config-file={ROOT / 'pyproject.toml'}", "--no-error-summary", str(file)]
    )
    assert complaint == ""
    return sorted({int(line) for line in re.findall(rf"{file.name}:(\d+): error", told)})


def test_answers_have_the_type_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert pyright(tmp_path, SOUND) == []
    assert mypy(SOUND) == []


def test_fields_have_their_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    wrong = tmp_path / "wrong_calls.py"
    wrong.write_text(WRONG)
    assert pyright(tmp_path, wrong) == WRONG_LINES
    assert mypy(wrong) == WRONG_LINES
