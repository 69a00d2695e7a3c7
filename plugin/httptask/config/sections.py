"""Sections of `httptask.toml`: what an operator permits beyond the connections, and where large payloads go."""

import re
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from httptask.egress.address import parse_networks
from httptask.egress.hosts import check_host_patterns
from httptask.secrets.references import cut_secrets

__all__ = ["GcsSection", "Policy", "S3Section", "StorageSection", "Webhook", "WorkerPolicy"]

_PATH: Final = re.compile(r"/[^?#\s{}]*")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Policy(_Section):
    """Where requests without a connection may go, whatever command sends them."""

    allowed_hosts: tuple[str, ...] = ()
    """Hosts, and `*.example.com` for all hosts below a domain; empty for any."""
    allow_private: tuple[str, ...] = ()
    """Private networks: `loopback`, an address, or CIDR notation."""

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        check_host_patterns(patterns)
        return patterns

    @field_validator("allow_private")
    @classmethod
    def _networks(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        parse_networks(names)
        return names


class WorkerPolicy(_Section):
    """What `httptask worker` permits those who start workflows and those who write definitions."""

    allow_inline: bool = False
    """Whether definitions that come with the start of a workflow are run, as with `--allow-inline`."""
    allow_unbound_secrets: bool = False
    """Whether secrets without `origins` are taken, which may then be sent anywhere."""
    allow_literal_credentials: bool = False
    """Whether definitions are served that hold a credential as it is."""
    health_address: str | None = None
    """Where `/live` and `/ready` answer, such as `127.0.0.1:8080`, as with `--health-address`."""


class S3Section(_Section):
    """A bucket of Amazon S3, or of a server that speaks its protocol."""

    bucket: str
    """Name of the bucket."""
    region: str | None = None
    """Its region, unless AWS's own settings say it."""
    endpoint_url: str | None = None
    """Another server than Amazon's, such as `https://minio.example.com`."""


class GcsSection(_Section):
    """A bucket of Google Cloud Storage."""

    bucket: str
    """Name of the bucket."""


class StorageSection(_Section):
    """One place for payloads of 256 KiB and more; without one Temporal carries all of them."""

    directory: Path | None = None
    """A folder, relative to `httptask.toml`."""
    s3: S3Section | None = None
    """A bucket of Amazon S3, or of a server that speaks its protocol, see below."""
    gcs: GcsSection | None = None
    """A bucket of Google Cloud Storage, see below."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(place is not None for place in (self.directory, self.s3, self.gcs)) > 1:
            raise ValueError("names more than one place: keep one of directory, s3 and gcs")
        return self


class Webhook(_Section):
    """One path at which a worker with `--webhooks` takes events.

    The texts that make an event may hold expressions on its request, which see
    `.headers` (lower-case names), `.query` and `.body`.
    """

    path: str
    """Where its requests go, such as `/github`."""
    signature: str | None = None
    """Secret of a signature, as `$secrets.NAME`: `X-Hub-Signature-256`, or that of Standard Webhooks."""
    bearer: str | None = None
    """Token, as `$secrets.NAME`: in `Authorization: Bearer`, or as `token` in the query of a link."""
    type: str | None = None
    """Makes an event of this type of plain JSON, or of a form; without it only CloudEvents are taken."""
    id: str | None = None
    """Id of that event; by default the header `webhook-id`, or a new one for each request."""
    source: str | None = None
    """Its source; by default `/webhooks/NAME`."""
    subject: str | None = None
    """What it is about."""
    data: str | None = None
    """What it says; by default the body."""
    run: str | None = None
    """Id of the run that it is for; by default all that wait for such an event."""
    link: bool = False
    """Whether a person may open it, who is asked to confirm before the event is sent."""
    max_bytes: int = Field(default=262_144, ge=1, le=1_000_000)
    """Bytes of a body; larger ones are answered with 413."""

    @property
    def is_guarded(self) -> bool:
        """Whether its requests have to know a secret."""
        return self.signature is not None or self.bearer is not None

    @property
    def secret_names(self) -> list[str]:
        """The secrets that it names."""
        given = [text for text in (self.signature, self.bearer) if text is not None]
        return [reference.name for text in given for reference in cut_secrets(text)[1]]

    @model_validator(mode="after")
    def _makes_an_event(self) -> Self:
        idle = [name for name in ("id", "source", "subject", "data") if getattr(self, name) is not None]
        if self.type is None and idle:
            raise ValueError(
                f"{' and '.join(idle)} would say nothing of a CloudEvent: write type, to make one of JSON"
            )
        return self

    @field_validator("path")
    @classmethod
    def _is_path(cls, path: str) -> str:
        if not _PATH.fullmatch(path):
            raise ValueError("is no path: write one that begins with / and has no query, such as /github")
        return path

    @field_validator("signature", "bearer")
    @classmethod
    def _is_secret(cls, text: str | None) -> str | None:
        if text is not None:
            rest, references = cut_secrets(text)
            if rest or len(references) != 1:
                raise ValueError(
                    'is the name of a secret: write "$secrets.NAME", and [secrets.NAME] with its source'
                )
        return text
