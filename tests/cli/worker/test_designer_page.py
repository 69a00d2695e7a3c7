"""The designer beside the worker of `httptask dev`."""

import importlib.machinery
import importlib.util
import shlex
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, cast

import pytest

from httptask.cli.terminal.errors import CliError
from httptask.cli.worker import designer_page
from httptask.cli.worker.designer_page import DesignerOptions, DesignerPage
from httptask.designer import building, serving
from httptask.designer.serving import Listening, listen

OpenPage = Callable[[str, Path | None], None]


def test_what_is_not_installed_is_told_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    assert designer_page.why_not_shown() is None

    def found(name: str) -> importlib.machinery.ModuleSpec | None:
        return None if name == "fastapi" else importlib.util.find_spec(name)

    monkeypatch.setattr(designer_page, "find_spec", found)
    told = designer_page.why_not_shown()
    assert told is not None
    first, hint = told.splitlines()
    assert first == "no designer: fastapi not installed"
    assert {"install", "uvicorn<1,>=0.40"} <= set(shlex.split(hint))


@pytest.fixture
def open_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Generator[OpenPage]":
    opened: list[Listening] = []

    def remembered(host: str, port: int) -> Listening:
        opened.append(listen(host, port))
        return opened[-1]

    def open_page(host: str, token_file: Path | None) -> None:
        DesignerPage(
            DesignerOptions(tmp_path, host, 0, token_file, False),
            cast("Any", None),
            cast("Any", None),
            cast("Any", None),
        )

    monkeypatch.setattr(serving, "listen", remembered)
    monkeypatch.setattr(building, "ensure_bundle", lambda _: tmp_path)
    yield open_page
    for one in opened:
        one.socket.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "0", "::", "0:0::0", ""])
def test_an_address_by_which_no_browser_asks_is_refused(
    open_page: OpenPage, tmp_path: Path, host: str
) -> None:
    token = tmp_path / "token"
    token.write_text("0123456789abcdef")
    with pytest.raises(CliError, match="browsers ask by a name or address"):
        open_page(host, token)


def test_others_are_let_in_by_the_token_of_a_file_alone(
    open_page: OpenPage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "token"
    with pytest.raises(CliError, match="others than this machine could ask"):
        open_page("127.0.0.2", None)
    with pytest.raises(CliError, match="token: No such file"):
        open_page("127.0.0.2", file)
    file.write_text("short\n")
    with pytest.raises(CliError, match="has no token of 16 characters"):
        open_page("127.0.0.2", file)
    file.write_text("0123456789abcdef\n")
    file.chmod(0o644)
    open_page("127.0.0.2", file)
    assert f"chmod 600 {file}" in capsys.readouterr().err
    file.chmod(0o600)
    open_page("127.0.0.2", file)
    assert capsys.readouterr().err == ""
