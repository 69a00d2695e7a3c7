"""Secrets: their values by name, and where they may go."""

import json
import re
from collections.abc import Mapping, Sequence
from copy import copy

from httptask.http.errors import SecretUnavailable
from httptask.json.types import is_object
from httptask.secrets.sources import EnvironmentSecrets, FileSecrets, SecretProvider, SecretSource

__all__ = ["SecretProvider", "SecretSource", "SecretStore"]


class SecretStore:
    """Resolves the names of secrets on this worker. Values are read at each use, so rotation counts at once.

    Args:
        sources: the declared secrets by name.
        environment: what `SecretSource.environment` refers to.
        placeholder: whether a secret without a value yields a made-up one, for simulated answers.
        others: give values that are kept elsewhere than in environment variables and files.
    """

    def __init__(
        self,
        sources: Mapping[str, SecretSource],
        environment: Mapping[str, str],
        placeholder: bool = False,  # noqa: FBT001 - part of the agreed signature
        *,
        others: Sequence[SecretProvider] = (),
    ) -> None:
        self._sources = sources
        self._providers: Sequence[SecretProvider] = (
            EnvironmentSecrets(environment),
            FileSecrets(),
            *others,
        )
        self._placeholder = placeholder

    def resolve(self, name: str, field: str | None = None) -> str:
        """Returns the value of a secret, or of one field of a secret that is a JSON object.

        Raises:
            SecretUnavailable: not declared, not set, or without that field; no other credential stands in.
        """
        try:
            text = self._value(name)
            return text if field is None else _field(name, text, field)
        except SecretUnavailable:
            if not self._placeholder:
                raise
            return self._made_up(name, field)

    def with_made_up_values(self) -> "SecretStore":
        """The same store, which yields a made-up value where a secret has none."""
        made_up = copy(self)
        made_up._placeholder = True  # noqa: SLF001 - of its own class
        return made_up

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
                f"the secret {name} may not be sent to {origin}",
                cure=f'if it should, add "{origin}" to `origins` of [secrets.{name}] in httptask.toml',
            )

    def _value(self, name: str) -> str:
        try:
            return self._text(name)
        except SecretUnavailable as error:
            error.of_worker = True
            raise

    def _text(self, name: str) -> str:
        source = self._sources.get(name)
        if source is None:
            raise SecretUnavailable(
                f"the secret {name} is not declared on this worker",
                cure=f"add [secrets.{name}] with `environment` or `file` to httptask.toml",
            )
        for provider in self._providers:
            value = _asked(provider, source)
            if value is not None:
                return value
        raise SecretUnavailable(f"[secrets.{name}] names no source", cure="give it `environment` or `file`")

    def _made_up(self, name: str, field: str | None) -> str:
        # A URL on a reserved top-level domain (RFC 2606) is valid wherever a secret may stand.
        label = re.sub(r"[^a-z0-9]+", "-", f"{name}-{field or ''}".lower()).strip("-") or "secret"
        source = self._sources.get(name)
        base = source.origins[0].rstrip("/") if source and source.origins else f"https://{label}.invalid"
        return f"{base}/{label}"


def _asked(provider: SecretProvider, source: SecretSource) -> str | None:
    try:
        value = provider.read(source)
    except SecretUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - the text of a foreign exception may quote the value
        raise SecretUnavailable(
            f"the secret {source.name} can't be read: {type(provider).__name__} failed ({type(error).__name__})"
        ) from None
    if value == "":
        raise SecretUnavailable(f"the secret {source.name} is empty in {type(provider).__name__}")
    return value


def _field(name: str, text: str, field: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    found = value.get(field) if is_object(value) else None
    if not isinstance(found, str) or not found:
        raise SecretUnavailable(f"the secret {name} is not a JSON object with a text under {field!r}")
    return found
