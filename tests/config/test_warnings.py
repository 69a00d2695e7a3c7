"""What of `httptask.toml` is not meant: variables that nobody puts in, credentials as they are, servers that are closed."""

from pathlib import Path

import pytest

from httptask.config import ConfigInvalid, load_config
from httptask.config.warnings import credential_warnings, server_warnings
from support.configs import written

SERVER = '[connections.x]\nbase_url = "https://x.example.com"\n'


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (SERVER + 'authentication.bearer.token = "$TOK"', "authentication.bearer.token"),
        (SERVER + 'authentication.bearer.token = "${TOK}"', "authentication.bearer.token"),
        (SERVER + 'authentication.bearer.token = "$tok"', "authentication.bearer.token"),
        (
            SERVER + 'authentication.basic = { username = "u", password = "$TOK" }',
            "authentication.basic.password",
        ),
        (
            SERVER
            + 'authentication.oidc = { authority = "https://id.example.com", grant = "client_credentials", client = { id = "i", secret = "${TOK}" } }',
            "authentication.oidc.client.secret",
        ),
        (SERVER + 'headers.Authorization = "Bearer $TOK"', "headers.Authorization"),
        (SERVER + 'headers.X-Tenant = "${TOK:-none}"', "headers.X-Tenant"),
        (SERVER.replace(".com", ".com/${TOK}"), "base_url"),
        (SERVER + 'proxy = { url = "http://p:1", username = "u", password = "$TOK" }', "proxy.password"),
        (SERVER + 'tls = { certificate = "c.pem", password = "$TOK" }', "tls.password"),
    ],
)
def test_variables_are_not_sent_as_they_stand(tmp_path: Path, text: str, place: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ConfigInvalid) as raised:
        load_config(file, {"TOK": "swordfish", "tok": "swordfish"})
    [fault] = raised.value.faults
    assert fault.startswith(f"{file}: connections.x.{place}: environment variables are not put in here, ")
    assert "swordfish" not in fault


def test_the_cure_names_a_variable_that_is_there_and_repeats_no_other_text(tmp_path: Path) -> None:
    file = written(tmp_path, SERVER + 'authentication.bearer.token = "$SW0RDFISH"')
    for environment, name in (({"SW0RDFISH": "x"}, "SW0RDFISH"), ({}, "NAME")):
        with pytest.raises(ConfigInvalid) as raised:
            load_config(file, environment)
        assert raised.value.faults[0].endswith(
            f'write "$secrets.{name}", and [secrets.{name}] with environment = "{name}"'
        )


@pytest.mark.parametrize(
    "text",
    [
        SERVER + 'authentication.bearer.token = "$secrets.T"\n[secrets.T]\nenvironment = "T"',
        SERVER + 'headers.X-Price = "5$ or $1"',
        SERVER + 'authentication.basic = { username = "u", password = "pa$SWORD" }',
        SERVER.replace(".com", ".com/odata/$batch"),
    ],
    ids=["secret", "price", "password", "path"],
)
def test_a_dollar_alone_is_no_variable(tmp_path: Path, text: str) -> None:
    assert load_config(written(tmp_path, text), {"SWORD": "x", "batch": "x"}).connections


UNUSABLE = {
    "scheme before the token": (
        'authentication.bearer.token = "Bearer $secrets.T"',
        "connections.x.authentication: `token` begins with `Bearer`, which is put before it anyway: write the token alone",
    ),
    "empty token": ('authentication.bearer.token = " "', "connections.x.authentication: `token` is empty"),
    "secret alone": ('authentication = "$secrets.T"', "connections.x.authentication: must be a table; write"),
    "key alone": (
        'authentication.api_key = "$secrets.T"',
        "connections.x.authentication.api_key: must be a table; write",
    ),
    "secret by name": (
        'secret = "T"',
        "connections.x.secret: unknown key; write authentication.bearer.token",
    ),
    "reference as a variable": (
        '[secrets.T]\nenvironment = "${T}"',
        "secrets.T.environment: must be the name of a variable",
    ),
    "empty variable": (
        '[secrets.T]\nenvironment = ""',
        "secrets.T.environment: must be the name of a variable",
    ),
    "origin without scheme": (
        '[secrets.T]\nenvironment = "T"\norigins = ["x.example.com"]',
        "secrets.T.origins: 'x.example.com' is none; write https://x.example.com",
    ),
    "origin with a path": (
        '[secrets.T]\nenvironment = "T"\norigins = ["https://x.example.com/a"]',
        "secrets.T.origins: 'https://x.example.com/a' is none; write https://x.example.com",
    ),
    "any origin": (
        '[secrets.T]\nenvironment = "T"\norigins = ["*"]',
        "secrets.T.origins: '*' is none; write https://HOST",
    ),
}


@pytest.mark.parametrize(("text", "fault"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_could_not_work_is_refused_with_its_cure(tmp_path: Path, text: str, fault: str) -> None:
    file = written(tmp_path, SERVER + text)
    with pytest.raises(ConfigInvalid) as raised:
        load_config(file, {"T": "swordfish"})
    [told] = raised.value.faults
    assert told.startswith(f"{file}: {fault}")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('authentication.bearer.token = "swordfish"', "3:32: … `connections.x.authentication.bearer.token`"),
        ('headers = { X-Api-Key = "swordfish" }', "3:26: … `connections.x.headers.X-Api-Key`"),
        (
            'authentication.api_key = { in = "query", name = "key", value = "swordfish" }',
            "3:65: … `connections.x.authentication.api_key.value`",
        ),
        (
            'proxy = { url = "http://p:1", username = "u", password = "swordfish" }',
            "3:59: … `connections.x.proxy.password`",
        ),
    ],
    ids=["bearer", "header", "API key", "proxy"],
)
def test_literals_are_told_with_their_place(tmp_path: Path, text: str, place: str) -> None:
    file = written(tmp_path, SERVER + text)
    [report] = credential_warnings(load_config(file, {}))
    told = place.replace("…", "warning[literal-credential]:")
    assert str(report).startswith(f"{file}:{told} holds a credential as it is\n  hint: write ")
    assert "swordfish" not in str(report)


def test_secrets_that_are_not_declared_are_told(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        SERVER
        + 'authentication.bearer.token = "$secrets.A"\nheaders.X-Two = "$secrets.B"\n[secrets.A]\nenvironment = "A"',
    )
    [report] = credential_warnings(load_config(file, {}))
    assert str(report) == (
        f"{file}:4:27: warning[undeclared-secret]: the connection x names the secret B, which is not declared\n"
        '  hint: add [secrets.B] with environment = "B", or file = "PATH"'
    )


def test_paths_below_an_authority_and_other_headers_are_no_credentials(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        SERVER
        + 'headers = { X-Team = "support", Idempotency-Key = "x" }\n'
        + 'authentication.oauth2 = { authority = "https://id.example.com", grant = "client_credentials", '
        + 'endpoints = { token = "/token" }, client = { id = "i", secret = "$secrets.A" } }\n'
        + '[secrets.A]\nenvironment = "A"',
    )
    assert credential_warnings(load_config(file, {})) == []


@pytest.mark.parametrize(
    ("url", "told", "network"),
    [
        ("http://localhost:11434/v1", "localhost at 127.0.0.1 is a loopback address", "loopback"),
        ("http://[::1]:8080", "::1 is a loopback address", "loopback"),
        ("https://10.1.2.3/api", "10.1.2.3 is a private address", "10.1.2.3"),
    ],
    ids=["localhost", "loopback", "private"],
)
def test_a_server_that_calls_may_not_reach_is_told(tmp_path: Path, url: str, told: str, network: str) -> None:
    file = written(tmp_path, SERVER + f'[connections.own]\nbase_url = "{url}"\n')
    [report] = server_warnings(load_config(file, {}))
    assert str(report) == (
        f"{file}:4:13: warning[private-server]: calls over the connection own are refused: {told}\n"
        f'  hint: if it is meant, write into httptask.toml, under [connections.own]: allow_private = ["{network}"]'
    )
    file.write_text(file.read_text() + f'allow_private = ["{network}"]\n')
    assert server_warnings(load_config(file, {})) == []


def test_where_a_secret_or_a_provider_leads_is_not_told(tmp_path: Path) -> None:
    text = '[connections.a]\nbase_url = "$secrets.A"\n[connections.b]\nprovider = "ollama"\n'
    file = written(tmp_path, text + '[secrets.A]\nenvironment = "A"\n')
    assert server_warnings(load_config(file, {"A": "http://127.0.0.1"})) == []
