"""Recording real answers as fixtures."""

import codecs
import contextlib
import hashlib
import json
import re
import tempfile
from collections.abc import Mapping
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from httptask.http.content import Content
from httptask.http.errors import ConnectFailed, HttpTaskError, ResponseInterrupted, Timeout
from httptask.http.events import event_reader
from httptask.http.fixtures import Fixture, FixtureRequest, FixtureResponse
from httptask.http.json_tree import canonical, map_texts
from httptask.http.log import get_logger
from httptask.http.models import StreamFormat
from httptask.http.piece_redaction import redacted_together
from httptask.http.prepare import PreparedRequest
from httptask.http.redaction import Redactor

__all__ = ["Recorder", "is_recorded_as_failure", "recorded_stream"]

_BODY_FIELDS = {"json": "body", "text": "text", "base64": "base64"}
_FAILURES: dict[type[HttpTaskError], str] = {
    ConnectFailed: "connect",
    Timeout: "timeout",
    ResponseInterrupted: "interrupted",
}

_log = get_logger("httptask.http")


class Recorder:
    """Writes each request with its answers into a file of its own; requests that are equal share one.

    A recorder begins anew: its first answer to a request replaces the file of an earlier recording.
    Everything it is given is free of secrets already.

    Args:
        directory: where the files go; it is created.

    Raises:
        OSError: the directory can't be created.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._recorded: dict[Path, Fixture] = {}

    def answer(
        self, prepared: PreparedRequest, status: int, headers: Mapping[str, str], content: Content
    ) -> None:
        """Adds a server's answer to a request."""
        body = {} if content.kind == "none" else {_BODY_FIELDS[content.kind]: content.value}
        kept = {name: value for name, value in headers.items() if name != "content-length"}
        self._add(prepared, FixtureResponse.model_validate({"status": status, "headers": kept, **body}))

    def failure(self, prepared: PreparedRequest, error: HttpTaskError) -> None:
        """Adds a failure of the network in place of an answer; other errors leave nothing to play back."""
        kind = _failure_kind(error)
        if kind is not None:
            self._add(prepared, FixtureResponse.model_validate({"error": kind}))

    def _add(self, prepared: PreparedRequest, response: FixtureResponse) -> None:
        file = self._directory / _file_name(prepared)
        earlier = self._recorded[file].responses if file in self._recorded else ()
        body = {} if prepared.body is None else {"body": prepared.body}
        request = FixtureRequest.model_validate({"method": prepared.method, "url": prepared.uri, **body})
        self._recorded[file] = Fixture(request=request, responses=(*earlier, response))
        try:
            self._write(file)
        except OSError as error:
            # The answer has arrived and may have cost something: it is not given up for its recording.
            _log.warning("http.recording.failed", file=str(file), reason=error.strerror)

    def _write(self, file: Path) -> None:
        with tempfile.NamedTemporaryFile(
            "w", dir=self._directory, suffix=".part", delete=False, encoding="utf-8"
        ) as new:
            new.write(_yaml(self._recorded[file].model_dump(mode="json", exclude_unset=True)))
        Path(new.name).replace(file)


def is_recorded_as_failure(error: HttpTaskError) -> bool:
    """Whether an error is of the network, so that it is recorded itself and no answer in its place."""
    return _failure_kind(error) is not None


def recorded_stream(body: bytes, format_: StreamFormat, redactor: Redactor) -> str:
    """The text of a stream without the values of secrets, also of those that are spelled out over its events.

    It is as it came, but where a value lies across events, or lines of one: then they are written anew.

    Raises:
        UnicodeDecodeError: it is no text, so that nobody could read it.
    """
    came = codecs.getincrementaldecoder("utf-8")().decode(body)  # not the beginning of a letter at its end
    together = redacted_together(redactor.tree(_events(body, format_)), redactor)
    as_it_came = redactor.text(came)
    if _events(as_it_came.encode(), format_) == together:
        return as_it_came
    return "".join(_written(event, format_) for event in together)


def _events(body: bytes, format_: StreamFormat) -> list[dict[str, Any]]:
    reader = event_reader(format_)
    events: list[dict[str, Any]] = []
    with contextlib.suppress(HttpTaskError):
        for event in chain(reader.feed(body), reader.finish(is_whole=True)):
            fields = {"id": event.id, "event": event.type, "value": event.value}
            events.append(fields)  # one after the other: what came before an error stays
    return events


def _written(event: dict[str, Any], format_: StreamFormat) -> str:
    value = event["value"]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if format_ == "ndjson":
        return json.dumps(value, ensure_ascii=False) + "\n"
    fields = [
        *((name, event[name]) for name in ("id", "event")),
        *(("data", line) for line in text.split("\n")),
    ]
    return "".join(f"{name}: {value}\n" for name, value in fields if value or name == "data") + "\n"


def _failure_kind(error: HttpTaskError) -> str | None:
    return next((kind for type_, kind in _FAILURES.items() if isinstance(error, type_)), None)


def _file_name(prepared: PreparedRequest) -> str:
    """Readable, and different for different requests: `post-api.openai.com-completions-1f3a90c2.yaml`."""
    parts = urlsplit(prepared.uri)
    words = (prepared.method.lower(), parts.hostname or "", parts.path.rstrip("/").rpartition("/")[2])
    name = "-".join(filter(None, (re.sub(r"[^A-Za-z0-9._]+", "-", word).strip("-.") for word in words)))
    digest = hashlib.sha256(
        f"{prepared.method} {prepared.uri} {canonical(prepared.body)}".encode()
    ).hexdigest()
    return f"{name[:80]}-{digest[:8]}.yaml"


def _yaml(document: dict[str, Any]) -> str:
    text = StringIO()
    yaml: Any = YAML()
    yaml.width = 110
    yaml.dump(map_texts(document, _readable), text)
    return text.getvalue()


def _readable(text: str) -> str:
    return LiteralScalarString(text) if "\n" in text else text
