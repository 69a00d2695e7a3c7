"""The input that a user gives on the command line."""

import base64
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO
from weakref import WeakKeyDictionary

from httptask.cli.terminal.errors import CliError
from httptask.cli.terminal.notice import clear_notice

if TYPE_CHECKING:
    from httptask.dsl.loader import Loaded

__all__ = ["check_input", "read_assigned", "read_input", "read_stdin", "read_value"]

_YAML: Final = (".yaml", ".yml")
_SCALARS: Final = (str, int, float)
_BEGINS_JSON: Final = re.compile(r"""\s*[{\["]""")
_LARGEST: Final = 32 * 1024 * 1024
"""Bytes that are read: written with many spaces it may be more than Temporal carries."""
_TOO_LARGE: Final = f"it has more than {_LARGEST >> 20} MiB"
_READ_FOR: Final[WeakKeyDictionary[TextIO, str]] = WeakKeyDictionary()
"""What streams were read for: nothing is left in them for another."""
_OF_FILE: Final = re.compile(r"(?P<name>[^=]+)=(?P<base64>base64)?@(?P<path>.+)")


def read_input(argument: str | None, option: str = "--input", files: Sequence[str] = ()) -> Any:
    """Parse the value of an option: JSON or YAML text, `@FILE` for a file, or `-` for stdin; None when absent.

    Args:
        argument: the value.
        option: whose value it is.
        files: members that are files: `NAME=@FILE` for its text, `NAME=base64@FILE` for its bytes.

    Raises:
        CliError: it can't be read, is neither JSON nor a YAML mapping or list, or is too large for Temporal.
    """
    from httptask.activities.storage import MAX_INLINE_BYTES

    value = None
    name = option
    if argument is not None:
        name, text = _text(argument, option)
        value = _parsed(argument, name, text, option)
    if files:
        value = _with_files({} if argument is None else value, files)
    size = len(json.dumps(value, ensure_ascii=False).encode())
    if size > MAX_INLINE_BYTES:
        raise CliError(
            f"{name}: {size:,} bytes, more than the {MAX_INLINE_BYTES:,} that Temporal carries",
            "pass a reference to the data, and read it in a task",
        )
    return value


def read_value(argument: str, option: str) -> Any:
    """Parse one value: as `read_input` does, and what does not begin like JSON is text as it stands.

    Raises:
        CliError: it can't be read, or is too large for Temporal.
    """
    try:
        json.loads(argument)
    except ValueError:
        if not argument.startswith("@") and not _BEGINS_JSON.match(argument):
            return argument
    return read_input(argument, option)


def read_assigned(arguments: Sequence[str], option: str) -> dict[str, str]:
    """The texts that an option gives by their names, each as NAME=VALUE.

    Raises:
        CliError: there is no name or no value, or two have the same name.
    """
    values: dict[str, str] = {}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not equals or not name:
            raise CliError(f"{option} {name}: there is no value", "write it as NAME=VALUE")
        if name in values:
            raise CliError(
                f"{option} {name}: it is given twice", f"keep one; a list is {option} '{name}=[…]'"
            )
        values[name] = value
    return values


def read_stdin(reader: str) -> str:
    """All of stdin, for one reader.

    Args:
        reader: what it is read for, in an error.

    Raises:
        CliError: something else was read from it already; or it is too large, or no UTF-8 text.
    """
    if (before := _READ_FOR.get(sys.stdin)) is not None:
        raise CliError(f"{before} and {reader} can't both come from stdin", "name a file for one of them")
    _READ_FOR[sys.stdin] = reader
    clear_notice()  # a terminal shows there what is typed
    try:
        text = sys.stdin.read(_LARGEST + 1)
    except UnicodeDecodeError:
        raise CliError(f"{reader}: stdin is not UTF-8 text") from None
    if len(text) > _LARGEST:
        raise CliError(f"stdin: {_TOO_LARGE}")
    return text


def _parsed(argument: str, name: str, text: str, option: str) -> Any:
    from httptask.json.tree import finite_number, refuse_constant

    if not text.strip():
        raise CliError(f"{name}: there is nothing in it", f"give JSON or YAML, or leave {option} out")
    if argument.startswith("@") and argument.endswith(_YAML):
        return _yaml(name, text)
    try:
        value = json.loads(text, parse_constant=refuse_constant, parse_float=finite_number)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except json.JSONDecodeError as error:
        # What begins like JSON is meant as JSON: with quotes that the shell took away it would be other YAML.
        if not _BEGINS_JSON.match(text) and (found := _block(text)) is not None:
            return found
        raise CliError(
            f"{name}:{error.lineno}:{error.colno}: not valid JSON: {error.msg}",
            None if argument.startswith("@") or argument == "-" else _quoting_hint(argument, option),
        ) from None
    except (ValueError, RecursionError) as error:
        raise CliError(f"{name}: not usable JSON: {error}") from None
    return value


def _yaml(name: str, text: str) -> Any:
    from httptask.dsl.yaml import read_yaml

    document = read_yaml(text)
    if document.faults:
        fault, place = document.faults[0]
        raise CliError(f"{name}:{place.line}:{place.column}: {fault.message}", fault.hint)
    return document.data


def _block(text: str) -> Any:
    """The mapping or list that a text is in YAML; None when it is neither: a word alone is no input."""
    from httptask.dsl.yaml import read_yaml

    document = read_yaml(text)
    return document.data if not document.faults and not isinstance(document.data, _SCALARS) else None


def _with_files(value: Any, files: Sequence[str]) -> dict[str, Any]:
    from httptask.json.types import is_object

    if not is_object(value):
        raise CliError("--input-file adds members to an object, and --input is none", "give an object")
    whole = dict(value)
    for argument in files:
        found = _OF_FILE.fullmatch(argument)
        if found is None:
            raise CliError(
                f"--input-file: {argument} is not NAME=@FILE",
                "write NAME=@FILE for the text of a file, NAME=base64@FILE for its bytes in base64",
            )
        if found["name"] in whole:
            raise CliError(f"--input-file: the input has {found['name']} already", "give it once")
        whole[found["name"]] = _content(Path(found["path"]), found["name"], in_base64=bool(found["base64"]))
    return whole


def _content(path: Path, name: str, *, in_base64: bool) -> str:
    try:
        content = _read(path)
        return base64.b64encode(content).decode() if in_base64 else content.decode("utf-8-sig")
    except OSError as error:
        raise CliError(f"--input-file: can't read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CliError(
            f"--input-file: {path} is not UTF-8 text", f"for its bytes in base64, write {name}=base64@{path}"
        ) from None


def _read(path: Path) -> bytes:
    from httptask.http.files import open_file

    with open_file(path) as opened:
        data = opened.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise CliError(f"{path}: {_TOO_LARGE}", "pass a reference to the data, and read it in a task")
    return data


def _text(argument: str, option: str) -> tuple[str, str]:
    if argument == "-":
        return "stdin", read_stdin(option)
    if not argument.startswith("@"):
        return option, argument
    if argument == "@":
        raise CliError(f"{option}: no file is named behind @", f"write {option} @FILE")
    path = Path(argument[1:])
    try:
        return str(path), _read(path).decode("utf-8-sig")
    except OSError as error:
        raise CliError(f"{option}: can't read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CliError(f"{option}: {path} is not UTF-8 text") from None


def _quoting_hint(argument: str, option: str) -> str:
    given = f"{option}=" if " " in option else f"{option} "  # one of --set has its name
    if Path(argument).is_file():
        return f"for a file, write {given}@{argument}"
    return f"""quote it for the shell: {given}'{{"name": "value"}}'; for a file, write {given}@FILE"""


def check_input(loaded: "Loaded", value: Any, *, given: bool) -> None:
    """Validate the input against the definition's `input.schema`.

    Args:
        loaded: the definition.
        value: the input.
        given: whether the user gave one.

    Raises:
        CliError: it does not fit.
    """
    from httptask.calls.problem import TaskFault
    from httptask.interpreter import schemas

    asked = None if loaded.program is None else loaded.program.definition.input
    try:
        schemas.check_input(asked, value, "--input")
    except TaskFault as fault:
        see = f"see input.schema in {loaded.name}"
        if given:
            raise CliError(str(fault.problem.detail), see) from None
        beside = Path(loaded.name).with_name("input.json")
        example = f"@{beside}" if beside.is_file() else '\'{"name": "value"}\' or @FILE'
        raise CliError(
            "no --input was given, and the definition asks for one", f"write --input {example}; {see}"
        ) from None
