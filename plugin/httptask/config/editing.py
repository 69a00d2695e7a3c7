"""Tables added to the text of `httptask.toml`: what stands there stays byte for byte."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from httptask.config.errors import ConfigInvalid
from httptask.config.file import ConfigFile

__all__ = ["add_tables", "written_tables"]


def written_tables(tables: Mapping[str, Any]) -> str:
    """Tables as TOML, each with its head."""
    import tomli_w

    return tomli_w.dumps(tables)


def add_tables(file: Path, tables: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of a file with more connections and secrets at its end.

    Args:
        file: that need not be there yet.
        tables: by section and name, such as `{"connections": {"shop": {"base_url": ...}}}`.

    Raises:
        ConfigInvalid: the text would not say what is meant, and nothing else.
    """
    data = file.read_bytes() if file.exists() else b""
    try:
        text = data.decode("utf-8")
        before = tomllib.loads(text.replace("\r\n", "\n"))
    except ValueError as error:
        raise ConfigInvalid([f"{file}: is not valid TOML: {error}"]) from None
    line_end = "\r\n" if b"\r\n" in data else "\n"
    gap = "" if not text else line_end if text.endswith("\n") else line_end * 2
    changed = text + gap + written_tables(tables).replace("\n", line_end)
    meant = {**before}
    for section, added in tables.items():
        meant[section] = {**before.get(section, {}), **added}
    try:
        is_meant = tomllib.loads(changed.replace("\r\n", "\n")) == meant
    except tomllib.TOMLDecodeError:
        is_meant = False
    if not is_meant or any(
        name in before.get(section, {}) for section, added in tables.items() for name in added
    ):
        raise ConfigInvalid([f"{file}: has a form that can't be added to: write the tables there by hand"])
    try:
        ConfigFile.model_validate(meant)
    except ValidationError as error:
        raise ConfigInvalid([f"{file}: would not be valid: {error.errors()[0]['msg']}"]) from None
    return changed
