"""Secrets: where their values come from, and where they may go."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from httptask.http.errors import SecretUnavailable
from httptask.http.json_tree import is_object

__all__ = ["SecretSource", "SecretStore"]

_MAX_FILE_BYTES = 64 * 1024


class SecretSource(BaseModel):
    """Where the value of one secret is found on this worker."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: str
    environment: str | None = None
    """The environment variable that holds the value."""
    file: Path | None = None
    """Or the file, relative to `httptask.toml`; one line break at its end is not part of the value."""
    origins: tuple[str, ...] = ()
    """Where it may be sent, such as `https://hooks.slack.com`; empty for anywhere."""


class SecretStore:
    """Resolves the names of secrets on this worker. Values are read at each use, so rotation counts at once.

    Args:
        sources: the declared secrets by name.
        environment: what `SecretSource.environment` refers to.
        placeholder: whether a secret without a value yields a made-up one, for simulated answers.
    """

    def __init__(
        self,
        sources: Mapping[str, SecretSource],
        environment: Mapping[str, str],
        placeholder: bool = False,  # noqa: FBT001 - part of the agreed signature
    ) -> None:
        self._sources = sources
        self._environment = environment
        self._placeholder = placeholder

    def resolve(self, name: str, field: str | None = None) -> str:
        """Returns the value of a secret, or of one field of a secret that is a JSON object.

        Raises:
            SecretUnavailable: not declared, not set, or without that field; no other credential stands in.
        """
        try:
            text = self._text(name)
            return text if field is None else _field(name, text, field)
        except SecretUnavailable:
            if not self._placeholder:
                raise
            return self._made_up(name, field)

    def check_origin(self, name: str, origin: str) -> None:
        """Refuses to send a secret to an origin that it was not declared for.

        Raises:
            SecretUnavailable: naming the origin to add.
        """
        source = self._sources.get(name)
        if source is None or not source.origins:
            return
        if origin not in {allowed.rstrip("/").lower() for allowed in source.origins}:
            raise SecretUnavailable(
                f'the secret {name} may not be sent to {origin}: if it should, add "{origin}" to `origins` '
                f"of [secrets.{name}] in httptask.toml"
            )

    def _text(self, name: str) -> str:
        source = self._sources.get(name)
        if source is None:
            raise SecretUnavailable(
                f"the secret {name} is not declared on this worker: add [secrets.{name}] with `environment` "
                "or `file` to httptask.toml"
            )
        if source.environment is not None:
            value = self._environment.get(source.environment, "")
            if not value:
                raise SecretUnavailable(
                    f"the secret {name} has no value: set the environment variable {source.environment}"
                )
            return value
        if source.file is not None:
            return _read(name, source.file)
        raise SecretUnavailable(f"[secrets.{name}] names no source: give it `environment` or `file`")

    def _made_up(self, name: str, field: str | None) -> str:
        # A URL on a reserved top-level domain (RFC 2606) is valid wherever a secret may stand.
        label = re.sub(r"[^a-z0-9]+", "-", f"{name}-{field or ''}".lower()).strip("-") or "secret"
        source = self._sources.get(name)
        base = source.origins[0].rstrip("/") if source and source.origins else f"https://{label}.invalid"
        return f"{base}/{label}"


def _read(name: str, file: Path) -> str:
    try:
        with file.open("rb") as stream:
            raw = stream.read(_MAX_FILE_BYTES + 1)
        text = raw.decode("utf-8")
    except OSError:
        raise SecretUnavailable(f"the file of the secret {name} can't be read: {file}") from None
    except UnicodeDecodeError:
        raise SecretUnavailable(f"the file of the secret {name} is not UTF-8: {file}") from None
    if len(raw) > _MAX_FILE_BYTES:
        raise SecretUnavailable(
            f"the file of the secret {name} is larger than {_MAX_FILE_BYTES} bytes: {file}"
        )
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise SecretUnavailable(f"the file of the secret {name} is empty: {file}")
    return text


def _field(name: str, text: str, field: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    found = value.get(field) if is_object(value) else None
    if not isinstance(found, str) or not found:
        raise SecretUnavailable(f"the secret {name} is not a JSON object with a text under {field!r}")
    return found
