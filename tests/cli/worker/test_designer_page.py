"""The designer beside the worker of `httptask dev`."""

import importlib.machinery
import importlib.util
import shlex

import pytest

from httptask.cli.worker import designer_page


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
