"""Tries one request of a definition: plans it, shows it, has it sent, shows what came back."""

import asyncio
import secrets
from collections.abc import Coroutine, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from httptask.activities.connection_profile import ConnectionProfile, profile_of
from httptask.calls.problem import TaskFault
from httptask.chat.models import Completion
from httptask.cli.temporal.cluster import Cluster, connect, where_runs_are
from httptask.cli.temporal.worker import new_worker, while_working
from httptask.cli.terminal.background import beside, first_of
from httptask.cli.terminal.console import print_json, print_note
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.failures import explain_failure
from httptask.cli.terminal.interrupts import Interrupts
from httptask.cli.terminal.notice import show_notice
from httptask.cli.terminal.styled import stdout
from httptask.client.edge import Edge
from httptask.config import Config
from httptask.dsl.expressions import ExpressionFailed, ExpressionLimitExceeded
from httptask.dsl.loader import Loaded
from httptask.http.errors import HttpTaskError
from httptask.http.models import HttpRequest, HttpResponse
from httptask.plugin import HttpTaskPlugin
from httptask.request.preview import PreparedRequest
from httptask.secrets.store import SecretStore
from httptask.testrequest import (
    NotTestable,
    NoWorker,
    Outcome,
    PlannedRequest,
    Sample,
    StillRunning,
    check_planned,
    plan_request,
    profiles_on,
    send_once,
)

__all__ = ["Trial", "try_request"]

_HEAD = ("attempt", "headers", "simulated", "size", "status", "timing")
_QUEUE_PREFIX = "httptask-test-"


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be tried, and where.

    Attributes:
        plugin: None to show the prepared request only.
        cluster: None for the embedded server.
        task_queue: of workers that are to send it; None for a worker of the command's own.
    """

    loaded: Loaded
    task: str
    sample: Sample
    config: Config
    plugin: HttpTaskPlugin | None
    cluster: Cluster | None
    task_queue: str | None
    as_json: bool


def try_request(trial: Trial) -> ExitCode:
    """Plan, show, send and show."""
    if trial.plugin is not None and trial.task_queue is not None:
        return asyncio.run(_try_on_queue(trial, trial.plugin, trial.task_queue))
    profiles = {name: profile_of(found) for name, found in trial.config.connections.items()}
    planned, prepared = _planned(trial, profiles)
    if trial.plugin is None:
        return _check(trial, planned, prepared)
    return _ended(trial, prepared, asyncio.run(_try_on_own_worker(trial, trial.plugin, planned)))


def _planned(
    trial: Trial, profiles: Mapping[str, ConnectionProfile]
) -> tuple[PlannedRequest, PreparedRequest]:
    planned, prepared = _plan(trial, profiles)
    if not trial.as_json:
        _show_prepared(prepared)
    return planned, prepared


def _ended(trial: Trial, prepared: PreparedRequest, outcome: Outcome) -> ExitCode:
    if trial.as_json:
        print_json(_as_json(trial, prepared, outcome))
    else:
        _show_outcome(trial, outcome)
    return ExitCode.DONE if outcome.problem is None else ExitCode.FAILED


def _plan(trial: Trial, profiles: Mapping[str, ConnectionProfile]) -> tuple[PlannedRequest, PreparedRequest]:
    assert trial.loaded.program is not None  # checked when it was loaded
    try:
        planned = plan_request(trial.loaded.program, trial.task, trial.sample, profiles)
        return planned, _prepare(trial, planned.request)
    except NotTestable as error:
        raise CliError(f"{trial.loaded.name}: {error}", facts=error.facts) from None
    except (ValueError, ExpressionFailed, ExpressionLimitExceeded) as error:
        raise CliError(f"{trial.loaded.name}: {error}") from None
    except TaskFault as fault:
        raise CliError(
            f"{trial.loaded.name}: {trial.task}: {fault.problem.title}: {fault.problem.detail}"
        ) from None
    except HttpTaskError as error:
        raise CliError(f"{trial.loaded.name}: {trial.task}: {error.message}") from None


def _check(trial: Trial, planned: PlannedRequest, prepared: PreparedRequest) -> ExitCode:
    """Tell what a real call would be refused for, and what its server might reject."""
    warnings, problem = check_planned(planned, trial.config.connections)
    if trial.as_json:
        shown = {
            "warnings": [asdict(warning) for warning in warnings],
            "error": problem and problem.to_json(),
        }
        told = {name: value for name, value in shown.items() if value}
        print_json({"prepared": prepared.model_dump(), "curl": prepared.curl(), **told})
    else:
        for warning in warnings:
            print_note(f"warning: {warning.pointer}: {warning.message}; {warning.hint}")
        if problem is not None:
            print_note(explain_failure(problem.to_json(), trial.loaded))
    return ExitCode.DONE if problem is None else ExitCode.FAILED


def _prepare(trial: Trial, request: HttpRequest) -> PreparedRequest:
    return Edge(trial.config.connections, SecretStore({}, {})).prepare(request)


async def _try_on_own_worker(trial: Trial, plugin: HttpTaskPlugin, planned: PlannedRequest) -> Outcome:
    """As `httptask run` does."""
    with Interrupts.caught() as interrupts:
        async with connect(trial.cluster, trial.config.state_directory, interrupts, [plugin]) as client:
            task_queue = f"{_QUEUE_PREFIX}{secrets.token_hex(4)}"
            worker = new_worker(client, task_queue)
            show_notice("sending")
            return await while_working(worker, interrupts.guard(send_once(client, task_queue, planned)))


async def _try_on_queue(trial: Trial, plugin: HttpTaskPlugin, task_queue: str) -> ExitCode:
    """As the runs that workers of a task queue serve: their connections, secrets and policy hold."""
    assert trial.loaded.program is not None  # checked when it was loaded
    with Interrupts.caught() as interrupts:
        async with connect(trial.cluster, trial.config.state_directory, interrupts, [plugin]) as client:
            try:
                asking = profiles_on(client, task_queue, trial.loaded.program, trial.task)
                profiles = await interrupts.guard(asking)
            except NoWorker as error:
                command = "dev" if trial.cluster is None else "worker"
                raise CliError(
                    f"{error} {where_runs_are(trial.cluster, trial.config)}",
                    f"start one: httptask {command} --task-queue {task_queue} --definitions DIR; or leave out "
                    "--task-queue, and this command sends the request itself",
                    ExitCode.UNREACHABLE,
                ) from None
            except NotTestable as error:
                raise CliError(f"{trial.loaded.name}: {error}") from None
            except TaskFault as fault:
                raise CliError(f"{trial.loaded.name}: {trial.task}: {fault.problem.detail}") from None
            planned, prepared = _planned(trial, profiles)
            show_notice("sending")
            outcome = await _unless_interrupted(send_once(client, task_queue, planned), interrupts)
    return _ended(trial, prepared, outcome)


async def _unless_interrupted(sending: Coroutine[Any, Any, Outcome], interrupts: Interrupts) -> Outcome:
    """Wait for what is sent elsewhere; a call that does not end with this command is told of.

    Raises:
        CliError: interrupted.
    """
    async with beside(sending) as task, beside(interrupts.asked.wait()) as asked:
        await first_of(task, asked)
        if task.done():
            return task.result()
        task.cancel()
        try:
            await task
        except StillRunning as running:
            raise CliError(f"interrupted: {running}", exit_code=ExitCode.INTERRUPTED) from None
        except asyncio.CancelledError:
            pass
    raise CliError("interrupted: the call was cancelled", exit_code=ExitCode.INTERRUPTED)


def _show_prepared(prepared: PreparedRequest) -> None:
    stdout.print("[bold]prepared[/bold]")
    stdout.print(f"{prepared.method} {prepared.uri}", markup=False)
    for name, value in prepared.headers.items():
        stdout.print(f"{name}: {value}", markup=False)
    if prepared.body is not None:
        print_json(prepared.body)
    stdout.print(f"\n{prepared.curl()}", markup=False)


def _show_outcome(trial: Trial, outcome: Outcome) -> None:
    if outcome.result is not None:
        _show_response(outcome.result)
    if outcome.problem is not None:
        print_note(explain_failure(outcome.problem.to_json(), trial.loaded))
        print_note(f"  a run would {_what_a_run_does(outcome)}")
        return
    stdout.print("\n[bold]the next task sees[/bold]")
    print_json(outcome.downstream)
    if outcome.following is not None:
        following = _prepare(trial, outcome.following)
        stdout.print("\n[bold]a run goes on with the next page[/bold]")
        stdout.print(f"{following.method} {following.uri}", markup=False)


def _show_response(result: HttpResponse | Completion) -> None:
    stdout.print(f"\n[bold]response[/bold]{' (simulated)' if result.simulated else ''}")
    stdout.print(_status_line(result), markup=False)
    for name, value in result.headers.items():
        stdout.print(f"{name}: {value}", markup=False)
    print_json(_result(result, *_HEAD))


def _status_line(result: HttpResponse | Completion) -> str:
    parts = [str(result.status), f"{result.size} bytes"]
    if result.timing is not None:
        connected = result.timing.connected
        since = "" if connected is None else f"connected after {connected:.0f} ms, "
        parts.append(
            f"{result.timing.total:.0f} ms ({since}first byte after {result.timing.first_byte:.0f} ms)"
        )
    return ", ".join(parts)


def _what_a_run_does(outcome: Outcome) -> str:
    if outcome.would_ask_again:
        times = "once" if outcome.would_ask_again == 1 else f"up to {outcome.would_ask_again} times"
        return f"ask again, {times}"
    if not outcome.would_retry:
        return "not try again"
    return "try again" + (f", {outcome.retry_after:g} s later" if outcome.retry_after else "")


def _as_json(trial: Trial, prepared: PreparedRequest, outcome: Outcome) -> dict[str, Any]:
    shown: dict[str, Any] = {"prepared": prepared.model_dump(), "curl": prepared.curl()}
    if outcome.executed is not None:
        shown["executed"] = asdict(outcome.executed)
    if outcome.problem is not None:
        facts = {
            "would_retry": outcome.would_retry,
            "would_ask_again": outcome.would_ask_again,
            "retry_after": outcome.retry_after,
        }
        if outcome.result is not None:
            shown["response"] = _result(outcome.result)
        return {**shown, "error": outcome.problem.to_json(), **facts}
    assert outcome.result is not None  # there is a result or a problem
    shown |= {"response": _result(outcome.result), "downstream": outcome.downstream}
    if outcome.following is not None:
        shown["next_page"] = _prepare(trial, outcome.following).model_dump()
    return shown


def _result(result: HttpResponse | Completion, *left_out: str) -> dict[str, Any]:
    return result.model_dump(mode="json", exclude={"request", *left_out}, exclude_none=True)
