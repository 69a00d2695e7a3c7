"""Definitions that are served as they are now."""

import asyncio
from pathlib import Path

import pytest

from httptask.cli.worker import reloading
from httptask.cli.worker.reloading import Reloaded
from httptask.config import load_config
from support.definitions import HEAD


@pytest.fixture
def function(tmp_path: Path) -> Path:
    """That of a catalogue beside a definition that calls it."""
    file = tmp_path / "shared/functions/f/1.0.0/function.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("set: { x: 1 }\n")
    use = "use: { catalogs: { ours: { endpoint: 'file://./shared' } } }\n"
    (tmp_path / "flow.yaml").write_text(HEAD + use + "do: [{ a: { call: 'f:1.0.0@ours' } }]")
    return file


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[str]:
    """What is told of files below the working directory, which are looked at often."""
    told: asyncio.Queue[str] = asyncio.Queue()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reloading, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(reloading, "print_note", told.put_nowait)
    return told


async def test_a_function_that_is_changed_is_served(
    tmp_path: Path, function: Path, told: asyncio.Queue[str]
) -> None:
    """It lies in no folder of definitions: which files these call says what is looked at."""
    following = asyncio.create_task(Reloaded(tmp_path, load_config(None, {})).follow())
    await asyncio.sleep(0.05)  # in which nothing changes
    assert told.empty()
    await asyncio.to_thread(function.write_text, "sets: 1\n")
    assert "errors above; what was served before still is" in await asyncio.wait_for(told.get(), 10)
    await asyncio.to_thread(function.write_text, "set: { x: 2222 }\n")
    assert (await asyncio.wait_for(told.get(), 10)).startswith(f"{function} changed: serving ")
    following.cancel()


async def test_a_dotenv_that_is_written_has_the_worker_start_again(
    tmp_path: Path, function: Path, told: asyncio.Queue[str]
) -> None:
    """Its variables are values of secrets, which a worker is given when it starts."""
    served = Reloaded(tmp_path, load_config(None, {}))
    following = asyncio.create_task(served.follow())
    dotenv = tmp_path / ".env"
    await asyncio.to_thread(dotenv.write_text, "KEY=1\n")
    assert await asyncio.wait_for(told.get(), 10) == f"{dotenv} changed: the worker starts again with it"
    assert served.config_changed.is_set()
    following.cancel()


async def test_a_folder_that_can_not_be_looked_at_for_a_while_is_served_again(
    tmp_path: Path, function: Path, told: asyncio.Queue[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    following = asyncio.create_task(Reloaded(tmp_path, load_config(None, {})).follow())
    looked = asyncio.Event()

    def refuse(_: Path) -> list[Path]:
        looked.set()
        raise PermissionError

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(reloading, "files_at", refuse)
        await asyncio.wait_for(looked.wait(), 10)
        await asyncio.to_thread(function.write_text, "set: { x: 2222 }\n")
    assert (await asyncio.wait_for(told.get(), 10)).startswith(f"{function} changed: serving ")
    following.cancel()
