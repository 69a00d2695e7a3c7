"""Definitions that others wrote: what each comes to, on stand-ins for the servers that it names."""

# pyright: basic
import asyncio
import base64
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from httptask.diagnostics.fault import Severity
from httptask.dsl.loader import load_file
from httptask.dsl.report import Report
from httptask.interpreter.inbox import EVENT_SIGNAL
from httptask.testing import Reply, ScriptedServer, ServedRequest

from .api_documents import pet_store
from .runs import Runner

__all__ = ["INPUT", "KNOWN", "Result", "answer", "called_by", "definition_files", "result_of", "secrets"]

INPUT: dict[str, Any] = {
    "petId": 1,
    "id": 1,
    "carId": 1,
    "roomId": 1,
    "uid": "u",
    "searchQuery": "luke",
    "token": "0123456789",
    "customer": {"age": 30},
    "user": {"age": 30, "preferredDisplayName": "Ada"},
    "bet": {},
    "pet": {"id": 1},
    "patient": {"fullName": "Ada"},
    "room": {"number": 1},
    "orderType": "electronic",
    "color": "red",
    "pets": [{"id": 1}],
    "vet": {"name": "Rex"},
    "colors": ["red"],
    "fruits": ["apple"],
    "numbers": [1, 2],
    "input": [1, 2],
    "key": "k",
    "taskInputKey": 2,
    "reason": "none",
    "count": 0,
    "timeout": "PT0.1S",
    "name": "Ada",
    "surname": "L",
    "firstName": "Ada",
    "lastName": "L",
    "bookId": 1,
    "status": "sold",
    "enabled": True,
    "clientId": "c",
    "clientSecret": "0123456789",
    "username": "u",
    "password": "0123456789",
    "userId": "u",
    "petName": "Rex",
    "delay": 1,
    "patientId": "P",
}
"""Whatever one of them reads of its input."""
INPUTS: dict[str, dict[str, Any]] = {"sdk-go/task_output_schema_with_dynamic_value": {"taskInputKey": "text"}}
"""Of those that read it otherwise."""
_NOT_JQ = "its strings stand in single quotes, which jq does not have"
_BY_INTENT = "is wrong by intent"
_DETAIL = "filters errors by `details`, which the standard calls `detail`"
_MILLISECONDS = "has an interval of milliseconds, and Temporal counts whole seconds"
_OTHER_NAME = "reads `$secret`, which the standard calls `$secrets`"
KNOWN: dict[str, str] = {
    "specification/accumulate-room-readings": "reads `.data` of the output of its `listen`, which is a list of events",
    "specification/for": "reads `.pets` of the output of its `listen`, which is a list of events",
    "specification/listen-to-one": "takes `{carId}` from the output of its `listen`, which is a list of events",
    "specification/run-subflow": "runs a definition that is not among the examples",
    "sdk-go/concatenating_strings": _NOT_JQ,
    "sdk-go/conditional_logic": _NOT_JQ,
    "sdk-go/conditional_logic_input_from": _NOT_JQ,
    "sdk-go/invalid_workflow": _BY_INTENT,
    "sdk-go/raise_undefined_reference": _BY_INTENT,
    "sdk-go/set_tasks_invalid_then": _BY_INTENT,
    "sdk-go/task_export_schema": "an `export` without `as` leaves the context as it is, and that does not fit the schema",
    "sdk-java/after-start": _MILLISECONDS,
    "sdk-java/every-start": _MILLISECONDS,
    "sdk-java/basic-properties-auth": _OTHER_NAME,
    "sdk-java/call-custom-function-cataloged-default": "calls a function of its own runtime's default catalogue",
    "sdk-java/callCustomFunction": "gives a number where the schema of its function asks for text",
    "sdk-java/callFunction": "gives its function no `petId`, which the address there needs",
    "sdk-java/digest-properties-auth": _OTHER_NAME,
    "sdk-java/listen-correlate": "its `expect` is an expression without `${ }`, which is a text: it waits on",
    "sdk-java/oAuthClientSecretJwtClientCredentialsHttpCall": "signs with the secret of its client, which it has not",
    "sdk-java/raise": "its `instance` is no JSON Pointer, which the standard's schema asks for",
    "sdk-java/secret-expression": _OTHER_NAME,
    "sdk-java/try-catch-match-details": _DETAIL,
    "sdk-java/try-catch-not-match-details": _DETAIL,
}
"""Those that neither run nor are refused for what is not supported, by name and file, and why."""

_IS_DEFINITION = re.compile(r"^[\"']?document[\"']?:", re.MULTILINE)
_SERVER = re.compile(r"https?://[^/\s\"'{}$]+")
_EVENT = {
    "specversion": "1.0",
    "source": "https://example.com/stand-in",
    "type": "com.example.any",
    "roomid": "r",
    "data": {"temperature": 39, "bpm": 120, "reading": 1, "isSick": True, "name": "Ada", "patientId": "P"},
}
_LONGEST = 10
"""Seconds that one of them may run."""
_NAMES_A_SERVER = frozenset({"endpoint", "uri", "authority", "issuers"})
_REALM = "/realms/test-realm"
_UNSUPPORTED = re.compile(r"the standard's (.*) is not supported by this version of httptask")


@dataclass(frozen=True, slots=True)
class Result:
    """What a definition comes to.

    Attributes:
        kind: whether it ran to its end, ended in the error that it raises or in another, or was refused: for what is not
            supported, or for another fault.
        told: of the error or the faults, each with its place.
    """

    kind: Literal["runs", "raises", "fails", "unsupported", "refused"]
    told: str = ""


def definition_files(folders: Sequence[str]) -> list[tuple[str, Path]]:
    """The definitions in folders and in those inside, each with the name that `NAME=FOLDER` gives to the folder.

    Raises:
        ValueError: a folder has none.
    """
    found: list[tuple[str, Path]] = []
    for given in folders:
        name, _, folder = given.partition("=")
        files = sorted(Path(folder).rglob("*.y*ml"))
        paths = [(name, path) for path in files if _IS_DEFINITION.search(path.read_text(encoding="utf-8"))]
        if not paths:
            raise ValueError(f"no definitions in {given}: write NAME=FOLDER")
        found += paths
    return found


def answer(request: ServedRequest) -> Reply:
    """An answer that serves all of them; a token, where one is asked for."""
    origin = f"http://{request.headers['host']}"
    path = request.target.partition("?")[0]
    authority, found, _ = path.partition("/.well-known/openid-configuration")
    if found:
        return Reply.json({"issuer": f"{origin}{authority}", "token_endpoint": f"{origin}/token"})
    if path.endswith(("swagger.json", "ordersservices.json", "schema.yaml")):
        return Reply.json(_document(request.headers["host"]))
    if "token" in path:
        return Reply.json({"access_token": _token(origin), "token_type": "Bearer", "expires_in": 3600})
    if request.method == "HEAD":
        return Reply.of(status=200)
    return Reply.json({**INPUT, "homeworld": f"{origin}/planets/1"})


def _document(host: str) -> dict[str, Any]:
    """What the documents say that are named in calls of `openapi`."""
    document = pet_store(host)
    of_user = [
        {"name": "userId", "in": "path", "required": True},
        *_in("query", "fields", "include_deleted", "format"),
    ]
    members: dict[str, Any] = {name: {} for name in ("name", "code", "description", "ownerId", "members")}
    project = {"name": "project", "in": "body", "schema": {"type": "object", "properties": members}}
    document["paths"] |= {
        "/readings": {"get": {"operationId": "logreading"}, "post": {"operationId": "produceReport"}},
        "/users/{userId}": {
            "get": {"operationId": "getUserById", "parameters": [*of_user, *_in("query", "lang", "limit")]}
        },
        "/projects": {
            "post": {
                "operationId": "addProject",
                "parameters": [
                    project,
                    *_in("query", "validateOnly", "notifyMembers"),
                    *_in("header", "lang", "Authorization"),
                ],
            }
        },
    }
    return document


def _in(location: str, *names: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": location, "type": "string"} for name in names]


def _token(origin: str) -> str:
    """A token that tells by whom it is."""
    claims = json.dumps({"iss": f"{origin}{_REALM}"}).encode()
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.c2ln"


def secrets(url: str) -> dict[str, str]:
    """The secrets that they name, for a stand-in at a URL."""
    client = {"id": "c", "secret": "0123456789"}
    policy = {"authority": url, "grant": "client_credentials", "client": client}
    return {"mySecret": json.dumps({"username": "u", "password": "0123456789", **policy})}


def called_by(path: Path) -> list[dict[str, Any]]:
    """The definitions beside one that it runs by `run: workflow`."""
    called = {(one.get("namespace"), one.get("name")) for one in _called(load_file(path).data)}
    if not called:
        return []
    beside = (load_file(other).data for other in sorted(path.parent.glob("*.y*ml")))
    return [one for one in beside if (one["document"]["namespace"], one["document"]["name"]) in called]


def _called(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for inner in value:
            yield from _called(inner)
    if isinstance(value, dict):
        run = value.get("run")
        if isinstance(run, dict) and isinstance(run.get("workflow"), dict):
            yield run["workflow"]
        for inner in value.values():
            yield from _called(inner)


async def result_of(name: str, path: Path, runner: Runner, server: ScriptedServer) -> Result:
    """Load a definition, and run it if it loads."""
    loaded = load_file(path)
    errors = [report for report in loaded.reports if report.severity is Severity.ERROR]
    unsupported = [report for report in errors if report.code == "unsupported"]
    if errors:
        told = "; ".join(_in_short(report) for report in unsupported or errors)
        return Result("unsupported" if unsupported else "refused", told)
    data = INPUTS.get(f"{name}/{path.stem}", INPUT)
    handle = await runner.start(_standing_in(loaded.data, server.url), data)
    for number, properties in enumerate(_awaited(loaded.data)):
        await handle.signal(EVENT_SIGNAL, {**_EVENT, "id": str(number), **properties})
    try:
        async with asyncio.timeout(_LONGEST):
            outcome = await runner.outcome(handle)
    except TimeoutError:
        await handle.terminate()
        return Result("fails", "it waits on")
    problem = outcome.problem
    if not problem:
        return Result("runs")
    if "error" not in problem and '"raise"' in json.dumps(loaded.data):
        return Result("raises")
    return Result("fails", f"{problem['status']} {problem['title']}: {problem.get('detail', '')}")


def _awaited(value: Any) -> Iterator[dict[str, Any]]:
    """What the events have to be that a definition listens for, as far as it says so in plain text."""
    if isinstance(value, list):
        for inner in value:
            yield from _awaited(inner)
    if not isinstance(value, dict):
        return
    to = value.get("listen", {}).get("to", {}) if isinstance(value.get("listen"), dict) else {}
    for filters in to.values():
        for one in filters if isinstance(filters, list) else [filters]:
            yield {k: v for k, v in one["with"].items() if isinstance(v, str) and "${" not in v}
        if not filters:
            yield {}
    for inner in value.values():
        yield from _awaited(inner)


def _in_short(report: Report) -> str:
    unsupported = _UNSUPPORTED.fullmatch(report.message)
    return f"{report.line}:{report.column} {unsupported[1] if unsupported else report.message}"


def _standing_in(value: Any, url: str, key: str | None = None) -> Any:
    """The definition, asking the stand-in."""
    if isinstance(value, dict):
        return {name: _standing_in(inner, url, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_standing_in(inner, url, key) for inner in value]
    return _SERVER.sub(url, value) if isinstance(value, str) and key in _NAMES_A_SERVER else value
