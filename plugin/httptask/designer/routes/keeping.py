"""Answers that are kept: as fixtures, which stand in for servers, and as outputs, which expressions are tried on."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shlex import quote
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field

from httptask.designer.kept_answers import KeptAnswers, fixture_folder, kept_answers_of, new_recorder
from httptask.designer.problems import Problem, not_written
from httptask.designer.workspace import AskedWorkspace, check_run_input
from httptask.dsl.model import CallTask
from httptask.http.files import open_file
from httptask.http.headers import media_type
from httptask.http.models import StreamFormat
from httptask.json.types import is_array, is_object
from httptask.request.preview import PreparedRequest
from httptask.response.content import Content, format_of
from httptask.response.events import END_MARKER
from httptask.testrequest.saved_outputs import OutputsInvalid, SavedOutputs

router = APIRouter(tags=["fixtures"])

_OUTPUTS: Final = ".outputs.json"
_INPUT: Final = ".input.json"
_LARGEST_INPUT: Final = 2 * 1024 * 1024
"""Bytes: a run is given no more."""


class SentPart(BaseModel):
    """Of a report's prepared part, by what a fixture is found."""

    method: str = Field(max_length=20)
    uri: str = Field(max_length=20_000)
    body: Any = None


class AnswerPart(BaseModel, extra="allow"):
    """Of a report's response: a whole answer, or what a chat completion was read as."""

    status: int = Field(ge=200, le=599)
    headers: dict[str, str] = {}
    content: Any = None


class KeptAnswer(BaseModel):
    """Parts of the report of a test request, as they were told."""

    path: str
    text: str | None = None
    """Of the definition; else what its file holds."""
    task: str | None = None
    """Pointer of the task that was tried: what it keeps of events tells whether they are known."""
    prepared: SentPart
    response: AnswerPart


class KeptFixture(BaseModel):
    """Where an answer is kept now."""

    file: str
    command: str
    """Runs the definition without its servers."""


class Recorded(BaseModel):
    """The answers of a run, as far as they are kept."""

    folder: str
    """From that of the designer."""
    answers: int
    """How many; equal requests have theirs in one file."""
    files: list[str]
    failure: str | None
    """Why one could not be written."""


class Outputs(BaseModel):
    """What lies beside a definition to try it with: outputs of tasks, by name, and an input."""

    file: str
    outputs: dict[str, Any]
    input: Any = None
    """Of `NAME.input.json`, or else of `input.json`, where it fits the schema of the input."""


class PinnedOutput(BaseModel):
    """An output that is to be kept beside its definition."""

    path: str
    task: str = Field(min_length=1, max_length=200)
    output: Any


@router.get("/fixtures")
def read_kept_answers(path: str, workspace: AskedWorkspace) -> KeptAnswers | None:
    """For which requests of a definition answers are kept; null where its file can't be understood."""
    loaded = workspace.load(path)
    program = loaded.program or loaded.draft
    if program is None:
        return None
    return kept_answers_of(workspace, path, program, workspace.settings().config.connections)


@router.put("/fixtures", status_code=201)
def keep_fixture(kept: KeptAnswer, workspace: AskedWorkspace) -> KeptFixture:
    """Write an answer into the folder `fixtures` beside the definition, as `--record` does.

    Of an answer in events the designer has the sum: it is written as events that add up to the same.
    """
    folder = fixture_folder(workspace, kept.path)
    sent, answer = kept.prepared, kept.response
    prepared = PreparedRequest(
        method=sent.method, uri=sent.uri, headers={}, body=sent.body, export=lambda _: ""
    )
    content = _content_of(kept, workspace)
    recorder = new_recorder(workspace, kept.path)
    recorder.answer(prepared, answer.status, answer.headers, content)
    if recorder.failed is not None:
        raise not_written(folder.name, recorder.failed)
    file, beside = workspace.folder.file(kept.path), _input_beside(workspace, kept.path)
    given = "" if beside is None else f" --input {quote(f'@{_from_here(beside[0])}')}"
    return KeptFixture(
        file=recorder.files[0].relative_to(workspace.folder.root).as_posix(),
        command=f"httptask run {quote(_from_here(file))}{given} --fixtures {quote(_from_here(folder))}",
    )


@router.get("/runs/{id_}/recorded")
def read_recorded(id_: str, workspace: AskedWorkspace) -> Recorded | None:
    """What is kept of the answers of a run that was begun with `record`; null where it was not, or long ago."""
    recorder = workspace.own_runs.recorder_of(id_)
    if recorder is None:
        return None
    return Recorded(
        folder=recorder.directory.relative_to(workspace.folder.root).as_posix(),
        answers=recorder.answers,
        files=[file.name for file in recorder.files],
        failure=None
        if recorder.failed is None
        else str(not_written(recorder.directory.name, recorder.failed)),
    )


@router.get("/outputs")
def read_outputs(path: str, workspace: AskedWorkspace) -> Outputs:
    """Outputs that were kept for a definition, and an input for it."""
    saved, beside = _saved(workspace, path), _input_beside(workspace, path)
    return Outputs(file=saved.file.name, outputs=saved.outputs, input=None if beside is None else beside[1])


@router.put("/outputs")
def pin_output(pinned: PinnedOutput, workspace: AskedWorkspace) -> Outputs:
    """Keep the output of a task in `NAME.outputs.json` beside the definition, as `--save-output` does."""
    with _told_if_not_kept():
        _saved(workspace, pinned.path).add(pinned.task, pinned.output)
    return read_outputs(pinned.path, workspace)


@router.delete("/outputs")
def unpin_output(path: str, task: str, workspace: AskedWorkspace) -> Outputs:
    """Keep the output of a task no longer."""
    with _told_if_not_kept():
        _saved(workspace, path).remove(task)
    return read_outputs(path, workspace)


@contextmanager
def _told_if_not_kept() -> Generator[None]:
    try:
        yield
    except OutputsInvalid as error:
        if isinstance(error.__cause__, OSError):
            raise not_written("the file of pinned outputs", error.__cause__) from None
        raise Problem(422, str(error)) from None


def _saved(workspace: AskedWorkspace, path: str) -> SavedOutputs:
    file = workspace.folder.file(path)
    try:
        return SavedOutputs.read(_outputs_file(workspace, file))
    except OutputsInvalid as error:
        raise Problem(422, str(error), "remove that file, or correct it") from None


def _from_here(place: Path) -> str:
    """A path as a command takes it where `httptask dev` was started, or anywhere where it is not below that."""
    if not place.is_relative_to(Path.cwd()):
        return str(place)
    near = str(place.relative_to(Path.cwd()))
    return f"./{near}" if near.startswith("-") else near


def _input_beside(workspace: AskedWorkspace, path: str) -> tuple[Path, Any] | None:
    """An input that a run of a definition can be given, and its file; None where none lies beside it."""
    file = workspace.folder.file(path)
    for name in (file.stem + _INPUT, _INPUT[1:]):
        with suppress(Problem, OSError, ValueError, RecursionError):
            beside = workspace.folder.inside(file.with_name(name))
            with open_file(beside) as opened:
                content = opened.read(_LARGEST_INPUT + 1)
            if len(content) <= _LARGEST_INPUT:
                value = json.loads(content)
                check_run_input(workspace.readable(path, None)[1], value)
                return beside, value
    return None


def _outputs_file(workspace: AskedWorkspace, file: Path) -> Path:
    return workspace.folder.inside(file.with_name(file.stem + _OUTPUTS))


def _content_of(kept: KeptAnswer, workspace: AskedWorkspace) -> Content:
    """The body of an answer, that of a chat completion put together again as its API has it.

    Raises:
        Problem: it came in events, and what is known of it is not what they add up to.
    """
    sent, answer = kept.prepared, kept.response
    told = answer.model_extra or {}
    if "finish_reason" in told or "text" in told:
        if is_object(sent.body) and sent.body.get("stream") is True:
            return _events([*_chunks(told), END_MARKER])
        return Content(_completion(told), "json")
    if (format_ := _format_of_events(kept, workspace)) is not None:
        return _events(answer.content, format_)
    kind = told.get("content_kind")
    if kind in ("json", "text", "base64", "none"):
        return Content(answer.content, kind)
    if answer.content is None:
        return Content(None, "none")
    return Content(answer.content, "text" if isinstance(answer.content, str) else "json")


def _format_of_events(kept: KeptAnswer, workspace: AskedWorkspace) -> StreamFormat | None:
    """How the events were written whose values are the content; None where it was no stream.

    Raises:
        Problem: the task keeps a part of what comes, or reads until something comes.
    """
    named = format_of(media_type(kept.response.headers.get("content-type", ""))[0])
    node = None
    if kept.task is not None:
        _, program = workspace.readable(kept.path, kept.text)
        node = program.nodes.get(kept.task)
    written = node.task.with_.get("stream") if node is not None and isinstance(node.task, CallTask) else None
    stream: dict[str, Any] | None = written if is_object(written) else None
    if stream is None and (named is None or (kept.response.model_extra or {}).get("content_kind") != "json"):
        return None
    if stream is None or "each" in stream or "until" in stream or stream.get("take", "all") != "all":
        task = node.name if node is not None else "TASK"
        file, folder = workspace.folder.file(kept.path), fixture_folder(workspace, kept.path)
        words = f"{quote(_from_here(file))} {quote(task)} --record {quote(_from_here(folder))}"
        hint = f"`httptask test-request {words}` keeps them as they come"
        raise Problem(422, "it came in events, of which the designer has only what the task keeps", hint)
    return stream.get("format") or named or "sse"


def _events(values: Sequence[Any], format_: StreamFormat = "sse") -> Content:
    texts = [
        one if isinstance(one, str) and format_ == "sse" else json.dumps(one, ensure_ascii=False)
        for one in values
    ]
    if format_ == "ndjson":
        return Content("".join(f"{text}\n" for text in texts), "text")
    events = ("".join(f"data: {line}\n" for line in text.split("\n")) for text in texts)
    return Content("".join(f"{event}\n" for event in events), "text")


def _chunks(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Pieces of a streamed chat completion: the message, why it ended, and what it took."""
    whole = _completion(told)
    [choice] = whole.pop("choices")
    delta: dict[str, Any] = choice["message"]
    for at, call in enumerate(delta.get("tool_calls", ())):
        call["index"] = at
    ended: dict[str, Any] = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}
    usage = whole.pop("usage", None)
    head: dict[str, Any] = {**whole, "object": "chat.completion.chunk"}
    chunks: list[dict[str, Any]] = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {**head, "choices": [ended]},
    ]
    return chunks if usage is None else [*chunks, {**head, "choices": [], "usage": usage}]


def _completion(told: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": told.get("text")}
    if told.get("refusal") is not None:
        message["refusal"] = told["refusal"]
    calls = told.get("tool_calls")
    if is_array(calls) and calls:
        message["tool_calls"] = [_tool_call(call) for call in calls if is_object(call)]
    choice = {"index": 0, "message": message, "finish_reason": told.get("finish_reason")}
    known = {name: told[name] for name in ("id", "model", "usage") if told.get(name) is not None}
    return {"object": "chat.completion", "choices": [choice], **known}


def _tool_call(call: dict[str, Any]) -> dict[str, Any]:
    function = {"name": call.get("name"), "arguments": call.get("arguments")}
    return {"id": call.get("id"), "type": "function", "function": function}
