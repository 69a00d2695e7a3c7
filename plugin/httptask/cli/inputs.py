"""The input that a user gives on the command line."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from httptask.cli.errors import CliError
from httptask.cli.notice import clear_notice

if TYPE_CHECKING:
    from httptask.dsl.loader import Loaded

__all__ = ["check_input", "read_input"]


def read_input(argument: str | None, option: str = "--input") -> Any:
    """Parse the value of an option: JSON text, `@FILE` for a file, or `-` for stdin; None when absent.

    Raises:
        CliError: it can't be read or is not JSON.
    """
    from httptask.activities.storage import MAX_INLINE_BYTES
    from httptask.http.json_tree import finite_number, refuse_constant

    if argument is None:
        return None
    name, text = _text(argument, option)
    try:
        value = json.loads(text, parse_constant=refuse_constant, parse_float=finite_number)
        size = len(json.dumps(value, ensure_ascii=False).encode())
    except json.JSONDecodeError as error:
        raise CliError(
            f"{name}:{error.lineno}:{error.colno}: not valid JSON: {error.msg}",
            None if argument.startswith("@") or argument == "-" else _quoting_hint(argument, option),
        ) from None
    except (ValueError, RecursionError) as error:
        raise CliError(f"{name}: not usable JSON: {error}") from None
    if size > MAX_INLINE_BYTES:
        raise CliError(
            f"{name}: {size:,} bytes, more than the {MAX_INLINE_BYTES:,} that Temporal carries",
            "pass a reference to the data, and read it in a task",
        )
    return value


def _text(argument: str, option: str) -> tuple[str, str]:
    if argument == "-":
        clear_notice()  # a terminal shows there what is typed
        return "stdin", sys.stdin.read()
    if not argument.startswith("@"):
        return option, argument
    path = Path(argument[1:])
    try:
        return str(path), path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CliError(f"{option}: can't read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CliError(f"{option}: {path} is not UTF-8 text") from None


def _quoting_hint(argument: str, option: str) -> str:
    if Path(argument).is_file():
        return f"for a file, write {option} @{argument}"
    return f"""quote it for the shell: {option} '{{"name": "value"}}'; for a file, write {option} @FILE"""


def check_input(loaded: "Loaded", value: Any) -> None:
    """Validate the input against the definition's `input.schema`.

    Raises:
        CliError: it does not fit.
    """
    from httptask.workflows.problem import TaskFault
    from httptask.workflows.schemas import check_schema

    source = None if loaded.program is None else loaded.program.definition.input
    try:
        check_schema(None if source is None else source.schema_, value, "--input")
    except TaskFault as fault:
        raise CliError(str(fault.problem.detail), f"see input.schema in {loaded.name}") from None
