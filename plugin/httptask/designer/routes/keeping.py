"""Answers that are kept: as fixtures, which stand in for servers, and as outputs, which expressions are tried on."""

from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field

from httptask.designer.problems import Problem
from httptask.designer.workspace import AskedWorkspace
from httptask.fixtures.recording import Recorder
from httptask.json.types import is_array, is_object
from httptask.request.preview import PreparedRequest
from httptask.response.content import Content
from httptask.testrequest.saved_outputs import OutputsInvalid, SavedOutputs

router = APIRouter(tags=["fixtures"])

_FIXTURES: Final = "fixtures"
"""Name of their folder beside a definition, as `httptask init` has it."""
_OUTPUTS: Final = ".outputs.json"


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
    prepared: SentPart
    response: AnswerPart


class KeptFixture(BaseModel):
    """Where an answer is kept now."""

    file: str
    command: str
    """Runs the definition without its servers."""


class Outputs(BaseModel):
    """Outputs of tasks, by name."""

    file: str
    outputs: dict[str, Any]


class PinnedOutput(BaseModel):
    """An output that is to be kept beside its definition."""

    path: str
    task: str = Field(min_length=1, max_length=200)
    output: Any


@router.put("/fixtures", status_code=201)
def keep_fixture(kept: KeptAnswer, workspace: AskedWorkspace) -> KeptFixture:
    """Write an answer into the folder `fixtures` beside the definition, as `--record` does."""
    file = workspace.folder.file(kept.path)
    folder = workspace.folder.inside(file.parent / _FIXTURES)
    sent, answer = kept.prepared, kept.response
    prepared = PreparedRequest(
        method=sent.method, uri=sent.uri, headers={}, body=sent.body, export=lambda _: ""
    )
    content = _content_of(sent, answer)
    try:
        recorder = Recorder(folder)
        recorder.answer(prepared, answer.status, answer.headers, content)
    except OSError as error:
        raise Problem(422, f"{_FIXTURES} can't be written: {error.strerror}") from None
    if not recorder.files:
        raise Problem(422, f"{_FIXTURES} can't be written", "the terminal tells more")
    root = workspace.folder.root
    where = folder.relative_to(root).as_posix()
    return KeptFixture(
        file=recorder.files[0].relative_to(root).as_posix(),
        command=f"httptask run {kept.path} --fixtures {where}",
    )


@router.get("/outputs")
def read_outputs(path: str, workspace: AskedWorkspace) -> Outputs:
    """Outputs that were kept for a definition."""
    saved = _saved(workspace, path)
    return Outputs(file=saved.file.name, outputs=saved.outputs)


@router.put("/outputs")
def pin_output(pinned: PinnedOutput, workspace: AskedWorkspace) -> Outputs:
    """Keep the output of a task in `NAME.outputs.json` beside the definition, as `--save-output` does."""
    try:
        _saved(workspace, pinned.path).add(pinned.task, pinned.output)
    except OutputsInvalid as error:
        raise Problem(422, str(error)) from None
    return read_outputs(pinned.path, workspace)


@router.delete("/outputs")
def unpin_output(path: str, task: str, workspace: AskedWorkspace) -> Outputs:
    """Keep the output of a task no longer."""
    try:
        _saved(workspace, path).remove(task)
    except OutputsInvalid as error:
        raise Problem(422, str(error)) from None
    return read_outputs(path, workspace)


def _saved(workspace: AskedWorkspace, path: str) -> SavedOutputs:
    file = workspace.folder.file(path)
    try:
        return SavedOutputs.read(_outputs_file(workspace, file))
    except OutputsInvalid as error:
        raise Problem(422, str(error), "remove that file, or correct it") from None


def _outputs_file(workspace: AskedWorkspace, file: Path) -> Path:
    return workspace.folder.inside(file.with_name(file.stem + _OUTPUTS))


def _content_of(sent: SentPart, answer: AnswerPart) -> Content:
    """The body of an answer, that of a chat completion put together again as its API has it.

    Raises:
        Problem: it came in events, of which no more is known than what they add up to.
    """
    told = answer.model_extra or {}
    if is_object(sent.body) and sent.body.get("stream") is True:
        hint = "`httptask test-request FILE TASK --record fixtures` keeps the events"
        raise Problem(422, "the answer came in events, of which the designer has only the sum", hint)
    if "finish_reason" in told or "text" in told:
        return Content(_completion(told), "json")
    kind = told.get("content_kind")
    if kind in ("json", "text", "base64", "none"):
        return Content(answer.content, kind)
    if answer.content is None:
        return Content(None, "none")
    return Content(answer.content, "text" if isinstance(answer.content, str) else "json")


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
