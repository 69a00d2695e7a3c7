"""Fixtures: recorded answers that stand in for servers. Everything above the transport stays real."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, JsonValue, model_validator

from httptask.http.charset import encode_text
from httptask.http.deadlines import Progress
from httptask.http.errors import ConnectFailed, FixtureMissing, ResponseInterrupted, Timeout
from httptask.http.exchange import Transport, WireResponse
from httptask.http.files import files_in
from httptask.http.fixture_files import read_items
from httptask.http.fixture_match import explain_mismatch, matches
from httptask.http.headers import media_type
from httptask.http.prepare import PreparedRequest
from httptask.http.wire import WireRequest

__all__ = ["Fixture", "FixtureInvalid", "FixtureRequest", "FixtureResponse", "Fixtures"]

_SUFFIXES = frozenset({".yaml", ".yml", ".json"})


class FixtureInvalid(ValueError):
    """Fixtures can't be used.

    Attributes:
        faults: each with file, place and cure.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FixtureRequest(_Model):
    """Which request a fixture answers."""

    method: str
    url: str
    """In prepared form: complete, with secrets as `$NAME`."""
    body: JsonValue = None
    """The whole body; without this key, any."""
    match: dict[str, JsonValue] | None = None
    """Instead of `body`: fields that it must contain."""

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        if "body" in self.model_fields_set and self.match is not None:
            raise ValueError("give either body or match, not both")
        return self


class FixtureResponse(_Model):
    """An answer, or a failure in place of one."""

    status: Annotated[int, Field(ge=200, le=599)] = 200
    headers: dict[str, str] = {}
    body: JsonValue = None
    """JSON; `text` and `base64` are other forms of a body."""
    text: str | None = None
    base64: Base64Bytes | None = None
    error: Literal["connect", "timeout", "interrupted"] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = self.model_fields_set & {"body", "text", "base64"}
        if len(given) > 1 or (self.error is not None and self.model_fields_set != {"error"}):
            raise ValueError("give one of body, text and base64, or error alone")
        return self

    def content(self, charset: str | None) -> tuple[bytes, str]:
        """The body's bytes and its Content-Type, for a reader who is told the charset or else goes by the type."""
        if self.base64 is not None:
            return self.base64, self._content_type("application/octet-stream")
        if self.text is not None:
            return self._encoded(self.text, self._content_type("text/plain; charset=utf-8"), charset)
        if "body" in self.model_fields_set:
            text = json.dumps(self.body, ensure_ascii=False)
            return self._encoded(text, self._content_type("application/json"), charset)
        return b"", self._content_type("")

    def _content_type(self, default: str) -> str:
        return {name.lower(): value for name, value in self.headers.items()}.get("content-type", default)

    @staticmethod
    def _encoded(text: str, content_type: str, charset: str | None) -> tuple[bytes, str]:
        kind, told = media_type(content_type)
        return encode_text(text, kind, charset or told), content_type


class Fixture(_Model):
    """The answers to one request, used up in order."""

    request: FixtureRequest
    responses: Annotated[tuple[FixtureResponse, ...], Field(min_length=1)]
    repeat: bool = False
    """Whether the last answer serves all further requests."""


class Fixtures:
    """A set of fixtures and how far each is used up.

    Args:
        fixtures: each with the file it comes from, for messages.
    """

    def __init__(self, fixtures: Sequence[tuple[Path, Fixture]]) -> None:
        self._fixtures = fixtures
        self._used = [0] * len(fixtures)

    @classmethod
    def load(cls, directory: Path) -> "Fixtures":
        """Reads all YAML and JSON files of a directory, in order of their names.

        Raises:
            FixtureInvalid: there are none, or some are faulty; it tells all faults of all files.
        """
        files = files_in(directory, _SUFFIXES) if directory.is_dir() else []
        if not files:
            raise FixtureInvalid([f"{directory}: no fixtures here (*.yaml, *.json)"])
        read = [(file, *read_items(file, Fixture)) for file in files]
        faults = [fault for _, _, found in read for fault in found]
        if faults:
            raise FixtureInvalid(faults)
        return cls([(file, fixture) for file, fixtures, _ in read for fixture in fixtures])

    def mentions(self, base_url: str) -> bool:
        """Whether some request of the set goes to that server."""
        return any(
            fixture.request.url.startswith(base_url.rstrip("/") + "/") for _, fixture in self._fixtures
        )

    def transport(self, prepared: PreparedRequest, charset: str | None) -> Transport:
        """What answers one request, of whose answer the task may say the charset."""
        return _FixtureTransport(self, prepared, charset)

    def take(self, prepared: PreparedRequest) -> FixtureResponse:
        """The next answer to a request; a fixture that names more of its body goes first.

        Raises:
            FixtureMissing: there is none, or no more; with the difference to the nearest.
        """
        candidates = [
            index
            for index, (_, fixture) in enumerate(self._fixtures)
            if matches(fixture.request.model_dump(exclude_unset=True), prepared)
        ]
        candidates.sort(key=lambda index: _precedence(self._fixtures[index][1].request))
        for index in candidates:
            fixture = self._fixtures[index][1]
            if self._used[index] < len(fixture.responses):
                self._used[index] += 1
                return fixture.responses[self._used[index] - 1]
            if fixture.repeat:
                return fixture.responses[-1]
        raise self._missing(prepared, candidates)

    def _missing(self, prepared: PreparedRequest, used_up: Sequence[int]) -> FixtureMissing:
        request = f"{prepared.method} {prepared.uri}"
        cure = "record it with `httptask run … --record DIR`"
        if used_up:
            file, fixture = self._fixtures[used_up[0]]
            return FixtureMissing(
                f"all {len(fixture.responses)} answers to {request} in {file.name} are used: add one, "
                f"set `repeat: true`, or {cure}"
            )
        written = [
            (file.name, fixture.request.model_dump(exclude_unset=True)) for file, fixture in self._fixtures
        ]
        nearest, difference = explain_mismatch(prepared, written)
        return FixtureMissing(
            f"no fixture answers {request}; the nearest is in {nearest}: {cure}",
            details={"nearest": nearest, "diff": difference},
        )


class _FixtureTransport:
    simulated = True

    def __init__(self, fixtures: Fixtures, prepared: PreparedRequest, charset: str | None) -> None:
        self._fixtures = fixtures
        self._prepared = prepared
        self._charset = charset

    @asynccontextmanager
    async def open(self, request: WireRequest, progress: Progress) -> AsyncGenerator[WireResponse]:
        response = self._fixtures.take(self._prepared)
        host = request.url.netloc
        if response.error == "connect":
            raise ConnectFailed(f"no connection to {host} (from a fixture)", details={"host": host})
        progress.connection_made()
        progress.sending()
        if response.error == "timeout":
            seconds = progress.seconds("total")
            raise Timeout(
                f"no complete answer from {host} within {seconds:g} s (from a fixture)",
                details={"deadline": "total", "seconds": seconds, "host": host, "sent": True},
            )
        if response.error == "interrupted":
            raise ResponseInterrupted(
                f"{host} closed the connection before it answered (from a fixture)",
                details={"host": host, "sent": True},
            )
        body, content_type = response.content(self._charset)
        progress.bytes_received(len(body))
        headers = _raw_headers(response.headers, content_type, len(body))
        yield WireResponse(response.status, headers, _one(body))

    async def aclose(self) -> None:
        """Nothing is open."""


async def _one(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _raw_headers(headers: dict[str, str], content_type: str, length: int) -> list[tuple[bytes, bytes]]:
    complete = {name.lower(): value for name, value in headers.items()}
    if content_type:
        complete["content-type"] = content_type
    complete["content-length"] = str(length)
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in complete.items()]


def _precedence(request: FixtureRequest) -> int:
    if "body" in request.model_fields_set:
        return 0
    return 1 if request.match is not None else 2
