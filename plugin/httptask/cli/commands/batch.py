"""`httptask batch`: a definition, or variants of it, over a data set."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from httptask.cli.commands.options import ConfigOption, FixturesOption, JsonOption, ProfileOption
from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError, in_lines

__all__ = ["batch"]


class _Format(StrEnum):
    JSONL = ".jsonl"
    CSV = ".csv"
    MARKDOWN = ".md"


def batch(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The definition.")],
    *,
    inputs: Annotated[
        Path,
        typer.Option(
            "--inputs",
            "-i",
            metavar="FILE",
            help="The rows: JSON Lines, a JSON array, or *.csv with a header.",
        ),
    ],
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="Run the first N rows only.")
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(
            "--compare",
            metavar="NAME=A,B",
            help="Run each row once for each value of an argument of the chat completions, as model=a,b; "
            "or of one task, as TASK.ARGUMENT=a,b.",
        ),
    ] = None,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=1000, help="How many rows run at once.")
    ] = 16,
    budget_usd: Annotated[
        float | None,
        typer.Option("--budget-usd", min=0, help="US dollars that all rows together may cost."),
    ] = None,
    stop_on_error: Annotated[
        bool, typer.Option("--stop-on-error", help="Begin no more rows after one that has failed.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the table to *.jsonl, *.csv or *.md."),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            "--resume",
            metavar="ID",
            help="Go on with a batch that was stopped, with the same rows; what it spent counts.",
        ),
    ] = None,
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed", help="With --resume of a batch that has ended: run failed rows again."
        ),
    ] = False,
    fixtures: FixturesOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Run a definition over the rows of a file, and print a table of what came of them.

    An error of one row does not stop the others. Ctrl-C stops, and says how to go on.

    Exit codes: 0 every row completed, 1 some failed or were not run, 2 bad definition, rows or options,
    3 can't connect, 130 interrupted.
    """
    from httptask.cli.preflight.readiness import examine, require_ready
    from httptask.cli.project.run_setup import read_run_setup
    from httptask.evaluations import (
        DatasetInvalid,
        Evaluation,
        VariantsInvalid,
        check_rows,
        read_rows,
        variants_of,
    )

    if retry_failed and resume is None:
        raise CliError("--retry-failed: of which batch?", "name it: --resume ID")
    if output is not None and output.suffix not in list(_Format):
        raise CliError(f"--output {output}: is no table", "name a file *.jsonl, *.csv or *.md")
    setup = read_run_setup(file, config, fixtures, None)
    program = setup.loaded.program
    assert program is not None  # checked when it was loaded
    try:
        rows = read_rows(inputs, program, limit)
        check_rows(rows, program, str(inputs))
        variants = variants_of(setup.loaded.data, program, compare)
    except DatasetInvalid as invalid:
        raise CliError(
            in_lines(invalid.faults), f"nothing was sent; the rows are the inputs of {file}"
        ) from None
    except VariantsInvalid as invalid:
        place = "" if compare is None else "--compare "
        raise CliError(f"{place}{invalid}", "nothing was sent") from None
    setup.tell_credential_warnings()
    if setup.fixtures is None:
        require_ready(examine(setup.config, setup.environment, [setup.loaded, *setup.inner]))
    else:
        print_note(f"simulated: answers come from {fixtures}, nothing is sent")

    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.runs.batch import BatchLaunch, run_batch
    from httptask.cli.temporal.cluster import find_cluster

    configure_logging("WARNING")
    launch = BatchLaunch(
        evaluation=Evaluation(
            variants,
            rows,
            concurrency=concurrency,
            budget_usd=budget_usd,
            stop_on_error=stop_on_error,
            simulated=setup.fixtures is not None,
        ),
        name=program.definition.document.name,
        resume=resume,
        retry_failed=retry_failed,
        plugin=setup.plugin(),
        cluster=find_cluster(profile, setup.environment),
        state_directory=setup.config.state_directory,
        output=output,
        as_json=json,
        leaves_runs=setup.leaves_runs,
    )
    raise typer.Exit(run_batch(launch))
