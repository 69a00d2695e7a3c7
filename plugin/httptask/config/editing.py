"""The text of `httptask.toml`, changed: what else stands there stays byte for byte, with its comments."""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from httptask.config.checks import find_faults
from httptask.config.errors import ConfigInvalid
from httptask.config.file import ConfigFile
from httptask.http.files import FileChanged
from httptask.json.tree import texts_of
from httptask.json.types import is_object

__all__ = ["add_tables", "change_connection", "digest_of", "read_tables", "written_tables"]

_Path = tuple[str, ...]


def written_tables(tables: Mapping[str, Any]) -> str:
    """Tables as TOML, each with its head."""
    import tomlkit

    return tomlkit.dumps(tables)


def read_tables(file: Path) -> tuple[str, dict[str, Any]]:
    """The text of a file, and what it says; both are empty where there is none.

    Raises:
        ConfigInvalid: it is no TOML.
    """
    try:
        text = file.read_bytes().decode("utf-8") if file.exists() else ""
        return text, tomllib.loads(text)
    except ValueError as error:
        raise ConfigInvalid([f"{file}: is not valid TOML: {error}"]) from None


def digest_of(table: Any) -> str:
    """What tells one state of a table from any other; empty of one that is not there."""
    return "" if table is None else hashlib.sha256(json.dumps(table, default=str).encode()).hexdigest()


def add_tables(file: Path, tables: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of a file with more connections and secrets at its end.

    Args:
        file: that need not be there yet.
        tables: by section and name, such as `{"connections": {"shop": {"base_url": ...}}}`.

    Raises:
        ConfigInvalid: the text would not say what is meant, and nothing else.
    """
    text, before = read_tables(file)
    meant = {**before}
    for section, added in tables.items():
        meant[section] = {**before.get(section, {}), **added}
    if any(name in before.get(section, {}) for section, added in tables.items() for name in added):
        raise _unwritable(file)
    return _checked(file, _appended(text, tables), meant)


def change_connection(
    file: Path, name: str, settings: Mapping[str, Any] | None, secrets: Mapping[str, Any], base: str
) -> str:
    """The text of a file with other settings of a connection, or without it.

    Secrets that it named, and that nothing else in the file does, go with it, if they only say their variable:
    `httptask worker` takes none that belongs to no server.

    Args:
        file: that need not be there yet.
        name: of the connection, which need not be there either.
        settings: all of them; None to remove it.
        secrets: tables of those that are new, by name.
        base: the `digest_of` its table as it was read.

    Raises:
        FileChanged: its table is another one by now.
        ConfigInvalid: the text would not say what is meant, and nothing else.
    """
    text, data = read_tables(file)
    before = data.get("connections", {}).get(name)
    if digest_of(before) != base:
        raise FileChanged
    meant = deepcopy(data)
    if settings is None:
        del meant["connections"][name]
    else:
        meant.setdefault("connections", {})[name] = settings
    known = data.get("secrets", {}).items()
    idle = [one for one, source in known if _mentions(before, one) and _is_idle(one, source, meant)]
    for one in idle:
        del meant["secrets"][one]
        text = _without(text, ("secrets", one))
    if secrets:
        meant["secrets"] = {**meant.get("secrets", {}), **secrets}
    added: dict[str, Any] = {"secrets": secrets} if secrets else {}
    if settings is None:
        text = _without(text, ("connections", name))
    elif before is None:
        added = {"connections": {name: settings}, **added}
    else:
        text = _changed(text, ("connections", name), before, settings)
    return _checked(file, _appended(text, added) if added else text, meant)


def _unwritable(file: Path) -> ConfigInvalid:
    return ConfigInvalid(
        [f"{file}: has a form that can't be changed from here: write the tables there by hand"]
    )


def _checked(file: Path, text: str, meant: Mapping[str, Any]) -> str:
    """A text that says what is meant.

    Raises:
        ConfigInvalid: it does not, or that could not be used.
    """
    try:
        is_meant = _filled(tomllib.loads(text)) == _filled(meant)
    except tomllib.TOMLDecodeError:
        is_meant = False
    if not is_meant:
        raise _unwritable(file)
    try:
        written = ConfigFile.model_validate(meant)
    except ValidationError as error:
        raise ConfigInvalid([f"{file}: would not be valid: {error.errors()[0]['msg']}"]) from None
    faults = [*find_faults(written.connections, written.secrets, {})]
    sink = written.events.connection
    if sink is not None and sink not in written.connections:
        faults.append(f"events.connection: there would be no connection {sink}, by which events go")
    if faults:
        raise ConfigInvalid([f"{file}: would not be valid: {fault}" for fault in faults])
    return text


def _filled(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Without sections that say nothing: the head of one may be left."""
    return {name: section for name, section in tables.items() if section != {}}


def _appended(text: str, tables: Mapping[str, Any]) -> str:
    line_end = _line_end(text)
    gap = "" if not text else line_end if text.endswith("\n") else line_end * 2
    return text + gap + written_tables(tables).replace("\n", line_end)


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _mentions(tree: Any, secret: str) -> bool:
    """Whether a text of a tree has the name of a secret in it: `$secrets.NAME`, or under `use` the name alone."""
    return any(re.search(rf"\b{re.escape(secret)}\b", text) for text in texts_of(tree))


def _is_idle(name: str, source: Any, data: Mapping[str, Any]) -> bool:
    others = {key: section for key, section in data.items() if key != "secrets"}
    return source == {"environment": name} and not _mentions(others, name)


def _without(text: str, path: _Path) -> str:
    """A text without a table, of which comments before it and behind it stay."""
    kept: list[str] = []
    behind: list[str] = []  # blank lines and comments since the last that is of the table
    is_of_it = False
    for line in text.splitlines(keepends=True):
        head = _head_of(line)
        if head is not None:
            kept += _behind(kept, behind) if is_of_it and head[: len(path)] != path else []
            is_of_it, behind = head[: len(path)] == path, []
        if not is_of_it:
            kept.append(line)
        elif head is None:
            behind = [*behind, line] if _is_empty(line) else []
    kept += _behind(kept, behind) if any(line.strip() for line in behind) else []
    shorter = "".join(kept)
    try:
        if tomllib.loads(shorter) == _data_without(tomllib.loads(text), path):
            return shorter
    except tomllib.TOMLDecodeError:
        pass
    import tomlkit

    document = tomlkit.parse(text)  # it is written in another way than by heads
    around: Any = document
    for key in path[:-1]:
        around = around[key]
    del around[path[-1]]
    return tomlkit.dumps(document)


def _is_empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _behind(before: list[str], lines: list[str]) -> list[str]:
    """Lines without those that would be blank ones behind a blank one."""
    is_open = not before or not before[-1].strip()
    first = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    return lines[first:] if is_open else lines


def _head_of(line: str) -> _Path | None:
    """The path of a table whose head a line is; the line may still be one of a longer text."""
    if not line.lstrip().startswith("["):
        return None
    try:
        inner: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None
    path: list[str] = []
    while is_object(inner) and inner:
        [(key, inner)] = inner.items()
        path.append(key)
    return tuple(path)


def _data_without(data: dict[str, Any], path: _Path) -> dict[str, Any]:
    """The same without a table; one around it goes too where nothing else is in it."""
    key, *inner = path
    rest = {name: value for name, value in data.items() if name != key}
    left = _data_without(data[key], tuple(inner)) if inner else {}
    return {**rest, key: left} if left else rest


def _changed(text: str, path: _Path, before: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """A text with other values in one table; those that stay the same are left as they are written."""
    import tomlkit

    replaced = [
        key for key, value in before.items() if is_object(value) and _is_other(value, settings.get(key))
    ]
    for key in replaced:
        text = _without(text, (*path, key))
    document = tomlkit.parse(text)
    table: Any = document
    for key in path:
        table = table[key]
    left = {key: value for key, value in before.items() if key not in replaced}
    new = {key: value for key, value in settings.items() if key not in left}
    _assign(table, left, {key: value for key, value in settings.items() if key in left})
    written = tomlkit.dumps(document)
    lines = written.splitlines(keepends=True)
    heads = [index for index, line in enumerate(lines) if (head := _head_of(line)) and head == path]
    if len(heads) != 1:
        _assign(table, {}, new)
        return _with_line_end(tomlkit.dumps(document), _line_end(text))
    [at] = heads
    ends = (index for index in range(at + 1, len(lines)) if _head_of(lines[index]) is not None)
    end = next(ends, len(lines))
    while _is_empty(lines[end - 1]):
        end -= 1
    if not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    added = "".join(tomlkit.dumps({key: _inline(value)}) for key, value in new.items())
    return _with_line_end("".join([*lines[:end], added, *lines[end:]]), _line_end(text))


def _with_line_end(text: str, line_end: str) -> str:
    return text if line_end == "\n" else text.replace("\r\n", "\n").replace("\n", line_end)


def _is_other(before: Mapping[str, Any], value: Any) -> bool:
    """Whether nothing of a table is left, such as of one way to authenticate where another takes its place."""
    return not is_object(value) or not before.keys() & value.keys()


def _assign(table: Any, before: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    for key in before.keys() - values.keys():
        del table[key]
    for key, value in values.items():
        known = before.get(key)
        if is_object(known) and is_object(value):
            _assign(table[key], known, value)
        elif key not in before or known != value:
            table[key] = _inline(value)


def _inline(value: Any) -> Any:
    import tomlkit

    if not is_object(value):
        return value
    table = tomlkit.inline_table()
    for key, inner in value.items():
        table[key] = _inline(inner)
    return table
