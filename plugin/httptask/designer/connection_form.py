"""A connection as the form of it has it: read of its table in `httptask.toml`, judged, and made a table again."""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from httptask.catalog.importing.credentials import without_credentials
from httptask.catalog.importing.recognition import KNOWN_TOKEN, holds_credential
from httptask.config import Config
from httptask.connections.connection import Connection
from httptask.connections.providers import PROVIDERS, Provider, ProviderName
from httptask.egress.address import parse_networks, refusal
from httptask.egress.closed import closed_networks
from httptask.egress.guard import addresses_of
from httptask.http.errors import RequestInvalid
from httptask.http.headers import HIDDEN, check_header
from httptask.http.url import Url
from httptask.secrets.references import cut_secrets

__all__ = [
    "ConnectionForm",
    "FieldFault",
    "default_table",
    "faults_of",
    "form_of",
    "networks_of",
    "settings_of",
]

_NAME: Final = re.compile("[A-Za-z][A-Za-z0-9_-]{0,62}")
"""Of a connection, and of a header."""
_SECRET: Final = re.compile("[A-Z][A-Z0-9_]{0,62}")
_LOOKS_MADE_UP: Final = re.compile(r"(?=.*\d)[A-Z0-9]{16,}")
"""Words of a name have `_` between them; what an issuer makes up has none."""
_REFERENCE: Final = re.compile(r"\$secrets\.([A-Za-z_]\w*)|\$\{ *\$secrets\.([A-Za-z_]\w*) *\}", re.ASCII)
_WITH_SECRET: Final = ("bearer", "header")
"""Of the ways to authenticate, those for which somebody names a secret."""


class ConnectionForm(BaseModel):
    """A server as a person describes it: of what it authenticates by the name, never the value."""

    name: str = Field(max_length=100)
    """That tasks name it by."""
    provider: ProviderName | None = None
    """Of chat completions: what is known of it holds where nothing else is told."""
    base_url: str = Field("", max_length=2_000)
    """Absolute, without a credential; empty for that of the provider."""
    authentication: Literal["none", "bearer", "header", "provider", "kept"] = "none"
    """`provider`: as its own customers do; `kept`: as `httptask.toml` has it, in a way that the form does not know."""
    header: str = "X-Api-Key"
    """That the key is sent in, where `authentication` says so."""
    secret: str = ""
    """Name of the secret, and of the environment variable that holds its value where it is a new one."""
    headers: Annotated[dict[str, str], Field(max_length=50)] = {}
    """Sent with each request, may hold `$secrets.NAME`; `[redacted]` for a value that is kept and not told."""
    allow_private: bool = False
    """Whether requests may go to the address though it is of this machine or of a private network."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one value of a form, and what to do."""

    field: str
    message: str
    hint: str


def default_table(connection: Connection) -> dict[str, Any]:
    """What would be written of a connection that is there without."""
    is_elsewhere = connection.base_url != PROVIDERS["openai"].base_url
    if not is_elsewhere:
        return {"provider": "openai"}
    told = connection.model_dump(
        mode="json", include={"base_url", "authentication", "allow_private"}, exclude_unset=True
    )
    return {key: value for key, value in told.items() if value}


def form_of(name: str, table: Mapping[str, Any]) -> ConnectionForm:
    """The form of a table, without a value that may be secret."""
    way, header, secret = _authentication_of(table)
    return ConnectionForm(
        name=name,
        provider=table.get("provider"),
        base_url=_shown_url(table.get("base_url", "")),
        authentication=way,
        header=header,
        secret=secret,
        headers={key: _shown_header(key, value) for key, value in table.get("headers", {}).items()},
        allow_private=bool(table.get("allow_private")),
    )


def _authentication_of(table: Mapping[str, Any]) -> tuple[Any, str, str]:
    """The way, the header and the name of the secret."""
    provider = PROVIDERS.get(table.get("provider", ""))
    header = ConnectionForm.model_fields["header"].default
    match table.get("authentication"):
        case None:
            return ("provider" if provider is not None and provider.secret else "none"), header, ""
        case {"bearer": {"token": str(text), **more}} if not more and (secret := _named(text)):
            return "bearer", header, secret
        case {"api_key": {"in": "header", "name": str(own), "value": str(text), **more}} if not more and (
            secret := _named(text)
        ):
            return "header", own, secret
        case _:
            return "kept", header, ""


def _named(text: str) -> str | None:
    """The secret that a text is, if it is nothing else."""
    found = _REFERENCE.fullmatch(text)
    return found and (found[1] or found[2])


def _shown_url(url: str) -> str:
    return url if "$secrets." in url else without_credentials(url)


def _shown_header(name: str, value: str) -> str:
    return HIDDEN if _is_credential(name, value) else value


def _is_credential(name: str, value: str) -> bool:
    """Whether a value is one that would be kept as it is."""
    return KNOWN_TOKEN.search(value) is not None or (holds_credential(name) and "$secrets." not in value)


def settings_of(
    form: ConnectionForm, before: Mapping[str, Any], networks: Sequence[str], config: Config
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The table of a connection, and those of secrets that are new.

    Args:
        form: without faults.
        before: its table as it is; what no form tells stays.
        networks: what of the address has to be opened.
        config: tells which secrets there are.
    """
    former = form_of(form.name, before)
    settings = {key: value for key, value in before.items() if key != "headers"}
    own: dict[str, Any] = {"provider": form.provider}
    if form.base_url != former.base_url:
        own["base_url"] = form.base_url or None
    if not form.allow_private or networks:
        own["allow_private"] = list(networks) if form.allow_private else None
    told, known = ((one.authentication, one.header, one.secret) for one in (form, former))
    if form.authentication != "kept" and told != known:
        own["authentication"] = _authentication(form)
    kept = before.get("headers", {})
    headers = {key: kept.get(key, value) if value == HIDDEN else value for key, value in form.headers.items()}
    own["headers"] = headers or None
    for key, value in own.items():
        if value is None:
            settings.pop(key, None)
        else:
            settings[key] = value
    return settings, {name: {"environment": name} for name in _secrets_of(form) if name not in config.secrets}


def _authentication(form: ConnectionForm) -> dict[str, Any] | None:
    value = f"$secrets.{form.secret}"
    if form.authentication == "bearer":
        return {"bearer": {"token": value}}
    if form.authentication == "header":
        return {"api_key": {"in": "header", "name": form.header, "value": value}}
    return None


def _secrets_of(form: ConnectionForm) -> list[str]:
    names = [form.secret] if form.authentication in _WITH_SECRET else []
    return [*names, *(one.name for one in cut_secrets(form.headers)[1])]


def faults_of(form: ConnectionForm, config: Config, before: Mapping[str, Any] | None) -> Iterator[FieldFault]:
    """What is wrong with single values, none of which is told: it may be the secret itself.

    Args:
        form: as it was filled in.
        config: what there is already.
        before: the table that it is to take the place of; None of a new one.
    """
    if before is None:
        yield from _faults_of_name(form, config)
    provider = PROVIDERS[form.provider] if form.provider else None
    is_same = before is not None and form.base_url == _shown_url(before.get("base_url", "")) != ""
    if (form.base_url or provider is None) and not is_same:
        yield from _faults_of_url(form.base_url)
    elif provider is not None and provider.base_url is None and not form.base_url:
        fault = f"{provider.title} has another one for every customer"
        yield FieldFault("base_url", fault, f"write yours, as in {provider.example}")
    yield from _faults_of_authentication(form, provider, before)
    yield from _faults_of_headers(form, config, before or {})
    if form.authentication in _WITH_SECRET:
        yield from _faults_of_secret("secret", form.secret, config)


def _faults_of_name(form: ConnectionForm, config: Config) -> Iterator[FieldFault]:
    name = form.name
    if not _NAME.fullmatch(name):
        hint = "begin with a letter; go on with letters, digits, - and _"
        yield FieldFault("name", "this is no name of a connection", hint)
    elif name in config.connections and not (name in config.defaults and name == form.provider):
        where = "is there without being written" if name in config.defaults else "is there already"
        hint = "choose another name, or change that one: Edit"
        yield FieldFault("name", f"the connection {name} {where}", hint)


def _faults_of_authentication(
    form: ConnectionForm, provider: Provider | None, before: Mapping[str, Any] | None
) -> Iterator[FieldFault]:
    takes_key = provider is not None and provider.secret is not None
    way = form.authentication
    if way == "provider" and not takes_key:
        yield FieldFault("authentication", "no provider is chosen that takes a key", "choose another way")
    elif way == "none" and provider is not None and takes_key:
        fault = f"a connection of {provider.title} always sends a key"
        yield FieldFault("authentication", fault, "choose another way, or no provider")
    elif way == "kept" and not (before and before.get("authentication")):
        yield FieldFault("authentication", "there is none that could be kept", "choose another way")
    if way == "header" and not _NAME.fullmatch(form.header):
        hint = "write one such as X-Api-Key, without a value"
        yield FieldFault("header", "this is no name of a header", hint)


def _faults_of_headers(
    form: ConnectionForm, config: Config, before: Mapping[str, Any]
) -> Iterator[FieldFault]:
    for name, value in form.headers.items():
        if value == HIDDEN and name in before.get("headers", {}):
            continue
        if not _NAME.fullmatch(name):
            yield FieldFault("headers", "a line has no name of a header", "write each as Name: value")
            return
        if value == HIDDEN or _is_credential(name, value):
            hint = f"write {name}: $secrets.NAME, and give NAME its value below, once this is saved"
            yield FieldFault("headers", f"the value of {name} would be kept as it is", hint)
            continue
        try:
            rest, references = cut_secrets(value)
            check_header(name, rest)
        except (RequestInvalid, ValueError):
            hint = "write it in ASCII, and a secret as $secrets.NAME"
            yield FieldFault("headers", f"the value of {name} can't be sent", hint)
            continue
        for reference in references:
            yield from _faults_of_secret("headers", reference.name, config)


def _faults_of_secret(field: str, name: str, config: Config) -> Iterator[FieldFault]:
    is_value = KNOWN_TOKEN.search(name) or not _SECRET.fullmatch(name)
    if name not in config.secrets and (is_value or _LOOKS_MADE_UP.fullmatch(name)):
        hint = (
            "write a name for it, in capitals, such as MODEL_KEY: its value is asked for as soon as this is saved, "
            "and kept apart from it"
        )
        yield FieldFault(field, "this is no name of a secret, and its value does not belong here", hint)


def _faults_of_url(base_url: str) -> Iterator[FieldFault]:
    try:
        Url.parse(base_url)
    except RequestInvalid as error:
        yield FieldFault("base_url", error.message, "write it from http:// or https:// on")
        return
    if any(sign in base_url for sign in "#${}"):
        fault = "no address that a person writes out has a #, $ or a brace in it"
        yield FieldFault("base_url", fault, "write it as it is, up to where paths of requests begin")
    elif without_credentials(base_url) != base_url or KNOWN_TOKEN.search(base_url):
        hint = "write the address without it, and how to authenticate below"
        yield FieldFault("base_url", "the address holds a credential, which would be kept as it is", hint)


async def networks_of(form: ConnectionForm, before: Mapping[str, Any]) -> tuple[list[str], FieldFault | None]:
    """What of its address has to be opened beside what is, and what is wrong with that.

    Args:
        form: whose base URL has no fault.
        before: its table as it is.
    """
    if not form.base_url or "$secrets." in form.base_url:
        return [], None
    host = Url.parse(form.base_url).host
    closed = await asyncio.to_thread(
        closed_networks, host, resolve=addresses_of
    )  # a name without an address is told by the check
    if form.allow_private:
        networks = parse_networks(before.get("allow_private", ()))
        is_more = any(refusal(one.address, networks) for one in closed)
        return ([one.network for one in closed] if is_more else []), None
    if not closed:
        return [], None
    told = [
        f"{host} is {one.why}" if host == one.address else f"{host} is at {one.address}, which is {one.why}"
        for one in closed
    ]
    hint = "requests go there only where it is allowed: tick the box if you mean it"
    return [], FieldFault("allow_private", "; ".join(told), hint)
