"""The command line: its commands, and the one place where their errors are reported."""

import contextlib
import os
import sys
from typing import Annotated, NoReturn

import typer

from httptask.cli.commands.connections import connections
from httptask.cli.commands.dev import dev
from httptask.cli.commands.init import init
from httptask.cli.commands.run import run
from httptask.cli.commands.runs import runs
from httptask.cli.commands.schema import schema
from httptask.cli.commands.testrequest import send_test_request
from httptask.cli.commands.validate import validate
from httptask.cli.commands.worker import worker
from httptask.cli.terminal.console import print_json
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.notice import clear_notice

__all__ = ["app", "main"]

app = typer.Typer(
    name="httptask",
    help="HTTP calls and LLM chat completions as durable tasks of a workflow.",
    epilog="Example: httptask init my-project",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command(epilog='Example: httptask run workflow.yaml --input \'{"caller": "Ann"}\' --fixtures fixtures')(
    run
)
app.command(epilog="Example: httptask validate workflows/ --json")(validate)
app.command(
    name="test-request",
    epilog="Example: httptask test-request workflow.yaml classify --input @input.json --dry-run",
)(send_test_request)
app.command(epilog="Example: httptask init my-project")(init)
app.command(epilog="Example: httptask dev --definitions workflows/")(dev)
app.command(
    epilog="Example: httptask worker --definitions workflows/ --check\n\n"
    "Example: httptask worker --definitions workflows/ --processes auto"
)(worker)
app.command(epilog="Example: httptask schema --output .httptask/schema.json")(schema)
app.add_typer(runs, name="runs")
app.add_typer(connections, name="connections")


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
            print_json({"error": error.message, "hint": error.hint})
    with contextlib.suppress(OSError):
        sys.stderr.write(f"error: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"  hint: {error.hint}\n")
    return error.exit_code
