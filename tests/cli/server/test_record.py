"""Which process an id stands for, as /proc tells it and, where there is none, as ps(1) does."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from httptask.cli.server import record
from httptask.cli.server.record import command_of, is_in_this_network, start_of


@pytest.fixture(params=["/proc", "ps"])
def told_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "ps":
        if shutil.which("ps") is None:
            pytest.skip("there is no ps here")
        monkeypatch.setattr(record, "_has_proc", lambda: False)
    elif not Path("/proc/self/stat").exists():
        pytest.skip("there is no /proc here")
    return str(request.param)


def test_a_process_is_told_from_others(told_by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [sys.executable, "-c", "print(flush=True); input()", "größer"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it has its words a moment after Popen is done
        started = start_of(process.pid)
        assert started
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        monkeypatch.setenv("LC_ALL", "C.UTF-8")
        assert start_of(process.pid) == started
        assert sys.executable in command_of(process.pid)
        assert "größer" in command_of(process.pid)
        assert is_in_this_network(process.pid)
        process.communicate(b"\n")
    assert start_of(process.pid) is None
    assert command_of(process.pid) == ""
