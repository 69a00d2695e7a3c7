"""`httptask explain`: what a definition reads, whom it calls, and which secrets go where."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from httptask.cli.commands.options import ConfigOption, JsonOption
from httptask.cli.project.definitions import load_one
from httptask.cli.terminal.console import harmless, print_json
from httptask.cli.terminal.notice import clear_notice

if TYPE_CHECKING:
    from httptask.explain.explanation import Call, Explanation, Setting, TaskExplanation

__all__ = ["explain"]

_WITHOUT_UNIT = ("response_bytes", "attempts", "retries", "concurrency")


def explain(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The definition.")],
    *,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Tell what a definition does, before it runs: what each task reads and calls, its secrets, servers and limits.

    Nothing is sent, and no secret is looked up. Connections are those of httptask.toml.
    """
    from httptask.catalog.project_documents import ProjectDocuments
    from httptask.cli.project.project import load_project
    from httptask.explain.explanation import explain as explanation_of

    project = load_project(config).config
    loaded = load_one(file, "not explained")
    assert loaded.program is not None  # else it had errors
    origins = {name: source.origins for name, source in project.secrets.items()}
    documents = ProjectDocuments(project.root, project.state_directory, file.parent)
    found = explanation_of(loaded, loaded.program, project.connections, origins, documents, project.events)
    clear_notice()
    if json:
        print_json(found.model_dump(mode="json"))
        return
    for line in _lines(found, file):
        typer.echo(harmless(line))


def _lines(found: "Explanation", file: Path) -> Iterator[str]:
    yield f"{found.namespace}/{found.name}:{found.version} ({file})"
    yield from _rows(
        "  ",
        ("schedule", found.schedule or ""),
        ("reads", ", ".join(found.reads)),
        ("calls", ", ".join(found.servers) or "nobody"),
        ("secrets", _secrets(found.secrets) or "none"),
        *(("function", f"{file}, SHA-256 {sha256}") for file, sha256 in found.functions.items()),
        ("budget", ", ".join(f"{value:g} {unit}" for unit, value in found.budget.items()) or "none"),
        ("limits", _limits({} if found.timeout is None else {"timeout": found.timeout})),
    )
    for task in found.tasks:
        yield ""
        yield from _task(task, "")


def _task(task: "TaskExplanation", indent: str) -> Iterator[str]:
    told = f": {task.headline}" if task.headline else ""
    place = f"line {task.line}" if task.file is None else f"{task.file}:{task.line}"
    yield f"{indent}{task.name}  {task.kind}{told}  ({place})"
    rows = [("if", task.condition or ""), ("reads", ", ".join(task.reads))]
    rows += () if task.call is None else _of_call(task.call)
    yield from _rows(f"{indent}  ", *rows, ("limits", _limits(task.settings)))
    for group in task.inside:
        yield f"{indent}  {group.key}:"
        for inner in group.tasks:
            yield from _task(inner, f"{indent}    ")


def _of_call(call: "Call") -> Sequence[tuple[str, str]]:
    return (
        ("calls", ", ".join(call.servers)),
        ("document", call.document or ""),
        ("changes", "may change something there: its method is no safe one" if call.changes else ""),
        ("secrets", _secrets(call.secrets)),
    )


def _limits(settings: "Mapping[str, Setting]") -> str:
    told = (
        f"{name.replace('_', ' ')} {_value(name, found)} ({found.source})" for name, found in settings.items()
    )
    return ", ".join(told)


def _value(name: str, found: "Setting") -> str:
    if isinstance(found.value, str):
        return found.value
    return f"{found.value:,.0f}" if name in _WITHOUT_UNIT else f"{found.value:g} s"


def _secrets(secrets: dict[str, str]) -> str:
    return "; ".join(f"{name} to {where}" for name, where in secrets.items())


def _rows(indent: str, *rows: tuple[str, str]) -> Iterator[str]:
    yield from (f"{indent}{name:9}{value}" for name, value in rows if value)
