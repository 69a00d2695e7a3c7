"""Both type checkers know what `chat_completion` takes and gives."""

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable
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


Lines = dict[str, list[int]]
"""Those with an error, by the names of files."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp(
        "typing"
    )  # pyright passes over files that lie elsewhere than its settings
    sound, wrong = folder / "typed_calls.py", folder / "wrong_calls.py"
    sound.write_text(SOUND.read_text())
    wrong.write_text(WRONG)
    return [sound, wrong]


@pytest.fixture(scope="module")
def pyright(files: list[Path]) -> Lines:
    """What it says of all files at once: to start takes it longer than to check them."""
    settings = {
        "include": [file.name for file in files],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": [str(ROOT / root) for root in ("plugin", "workflows", "activities")],
        "reportUnusedExpression": "none",
    }
    folder = files[-1].parent
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [
        *(sys.executable, "-m", "pyright", "-p", str(folder)),
        *("--pythonpath", sys.executable, "--outputjson"),
    ]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    assert told["summary"]["filesAnalyzed"] == len(files)
    return _lines(
        files,
        (
            (Path(one["file"]).name, one["range"]["start"]["line"] + 1)
            for one in told["generalDiagnostics"]
            if one["severity"] == "error"
        ),
    )


@pytest.fixture(scope="module")
def mypy(files: list[Path]) -> Lines:
    """What it says of all files at once."""
    with contextlib.chdir(ROOT):
        told, complaint, _ = api.run(
            [f"--config-file={ROOT / 'pyproject.toml'}", "--no-error-summary", *map(str, files)]
        )
    assert complaint == ""
    found = re.findall(r"([^/\n]+):(\d+): error", told)
    return _lines(files, ((name, int(number)) for name, number in found))


def _lines(files: list[Path], errors: Iterable[tuple[str, int]]) -> Lines:
    found = set(errors)
    return {file.name: sorted(number for name, number in found if name == file.name) for file in files}


def test_answers_have_the_type_that_was_asked_for_and_fields_theirs(pyright: Lines, mypy: Lines) -> None:
    """One test: each process of the tests that had one of two would start both checkers."""
    assert (pyright["typed_calls.py"], mypy["typed_calls.py"]) == ([], [])
    assert (pyright["wrong_calls.py"], mypy["wrong_calls.py"]) == (WRONG_LINES, WRONG_LINES)
