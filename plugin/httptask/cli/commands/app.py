"""The command line: its commands, and the one place where their errors are reported."""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperGroup

from httptask.cli.terminal.console import print_json
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.notice import clear_notice

__all__ = ["app", "main"]

_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "run": ("run:run", 'httptask run workflow.yaml --input \'{"caller": "Ann"}\' --fixtures fixtures'),
    "rerun": (
        "rerun:rerun",
        (
            "httptask rerun last --from post\n\n"
            "Example: httptask rerun call-actions-1f0c9a2b --definition workflow.yaml --dry-run"
        ),
    ),
    "validate": ("validate:validate", "httptask validate workflows/ --json"),
    "test-request": (
        "testrequest:send_test_request",
        (
            "httptask test-request workflow.yaml classify --input @input.json --dry-run\n\n"
            "Example: httptask test-request workflow.yaml answer --from-run last --attempt 5"
        ),
    ),
    "eval": (
        "evaluate:evaluate_expression",
        "httptask eval workflow.yaml classify '.caller | ascii_upcase' --input @input.json",
    ),
    "explain": ("explain:explain", "httptask explain workflow.yaml"),
    "graph": ("graph:graph", "httptask graph workflow.yaml --fenced >> README.md"),
    "test": ("definitiontests:run_definition_tests", "httptask test workflows/ -k retries"),
    "start": (
        "start:start",
        (
            "httptask start call-actions --input @input.json --wait\n\n"
            "Example: httptask start support/call-actions:1.0.0 --id call-4711"
        ),
    ),
    "schedule": ("schedule:schedule", "httptask schedule create workflow.yaml --dry-run"),
    "batch": (
        "batch:batch",
        (
            "httptask batch workflow.yaml --inputs cases.jsonl --limit 20\n\n"
            "Example: httptask batch workflow.yaml --inputs cases.csv --compare model=gpt-5-mini,gpt-5 -o table.md"
        ),
    ),
    "init": ("init:init", "httptask init my-project"),
    "dev": ("dev:dev", "httptask dev workflows/"),
    "worker": (
        "worker:worker",
        (
            "httptask worker --definitions workflows/ --check\n\n"
            "Example: httptask worker --definitions workflows/ --processes auto"
        ),
    ),
    "schema": ("schema:schema", "httptask schema --output .httptask/schema.json"),
    "runs": ("runs:runs", "httptask runs show last"),
    "emit": (
        "emit:emit",
        (
            "httptask emit last --data '{\"approved\": true}'\n\n"
            "Example: httptask emit --type com.example.order.paid --subject 17 --data @order.json"
        ),
    ),
    "connections": ("connections:connections", "httptask connections check openai"),
    "catalog": ("catalog:catalog", "httptask catalog show openai.createChatCompletion"),
}
"""Each with its module, the function or group in it, and an example; in the order of the help."""


class _Commands(Mapping[str, Any]):
    """Loads a command when it is called, and all of them for the help."""

    def __getitem__(self, name: str) -> Any:
        return _load(name, *_COMMANDS[name])

    def __iter__(self) -> Iterator[str]:
        return iter(_COMMANDS)

    def __len__(self) -> int:
        return len(_COMMANDS)


@cache
def _load(name: str, place: str, example: str) -> Any:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(f"httptask.cli.commands.{module}"), attribute)
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name, epilog=f"Example: {example}")
        group: Any = typer.main.get_command(alone)
        return group.commands[name]
    alone.command(name=name, epilog=f"Example: {example}")(found)
    return typer.main.get_command(alone)


class _Group(TyperGroup):
    """The commands, without a look at those that are not called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = _Commands()


app = typer.Typer(
    name="httptask",
    cls=_Group,
    help="HTTP calls and LLM chat completions as durable tasks of a workflow.",
    epilog="Example: httptask init my-project",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"httptask {version('httptask')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version, and exit."
        ),
    ] = False,
) -> None:
    """What can be asked of no command in particular."""


def main() -> NoReturn:
    """Run the command line."""
    code: int | str | None = ExitCode.DONE
    try:
        app()
    except SystemExit as end:
        code = end.code
    except CliError as error:
        code = _report(error)
    except OSError as error:  # a file or folder that can't be read or written, wherever that is found out
        code = _report(_told(error))
    clear_notice()
    if "opentelemetry.sdk.trace" in sys.modules:
        from httptask.cli.observability.telemetry import flush_spans

        flush_spans()
    with contextlib.suppress(OSError):  # nobody reads any more
        sys.stdout.flush()
        sys.stderr.flush()
    # Not sys.exit: where Temporal stopped answering, its SDK may crash an interpreter that shuts down.
    os._exit(code if isinstance(code, int) else ExitCode.FAILED)


def _told(error: OSError) -> CliError:
    if isinstance(error, FileNotFoundError) and error.filename is None:  # as os.getcwd() raises it
        return CliError("the working directory is gone", "change to a folder that exists")
    place = f"{error.filename}: " if error.filename else ""
    return CliError(f"{place}{error.strerror or error}")


def _report(error: CliError) -> ExitCode:
    if "--json" in sys.argv:
        with contextlib.suppress(OSError):  # nobody reads any more
            print_json({"error": error.message, "hint": error.hint, **error.facts})
    with contextlib.suppress(OSError):
        sys.stderr.write(f"error: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"  hint: {error.hint}\n")
    return error.exit_code
