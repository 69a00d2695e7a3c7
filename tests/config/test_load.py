"""`httptask.toml`: what it gives, and how its faults read."""

import os
from pathlib import Path

import pytest

from httptask.config import ConfigInvalid, load_config
from httptask.config.config import for_own_runs, for_worker
from httptask.config.find import find_config, read_dotenv
from httptask.config.sections import S3Section, StorageSection
from support.configs import written


def faults(file: Path) -> list[str]:
    with pytest.raises(ConfigInvalid) as raised:
        load_config(file, {})
    return [fault.removeprefix(f"{file}: ") for fault in raised.value.faults]


def test_without_a_file_openai_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_config(None, {})
    assert config.root == tmp_path
    assert config.connections["openai"].base_url == "https://api.openai.com/v1"
    assert config.secrets["OPENAI_API_KEY"].environment == "OPENAI_API_KEY"
    assert config.secrets["OPENAI_API_KEY"].origins == ("https://api.openai.com",)


def test_environment_points_openai_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_config(None, {"OPENAI_BASE_URL": "http://localhost:8000/v1"})
    assert config.connections["openai"].allow_private == ("loopback",)
    assert config.secrets["OPENAI_API_KEY"].origins == ("http://localhost:8000",)


@pytest.mark.parametrize(
    "value", ["127.0.0.1:8000", "ftp://example.com", "http://user:pw@example.com", "http://x:99999"]
)
def test_unusable_base_url_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigInvalid, match="OPENAI_BASE_URL: must be an absolute URL") as raised:
        load_config(None, {"OPENAI_BASE_URL": value})
    assert value not in str(raised.value)


def test_nearest_file_upward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, "")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert find_config() == file
    assert load_config(None, {}).root == tmp_path


def test_all_of_it(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        [connections.local]
        base_url = "http://127.0.0.1:8000/v1"
        authentication.bearer.token = "$secrets.LOCAL_KEY"
        headers = { X-Team = "support" }
        limits = { connect = 1, first_byte = 2, idle = 3.5, total = 4, response_bytes = 1000 }
        allow_private = ["loopback", "10.0.0.0/8"]
        retry = { attempts = 3, first_interval = 0.5 }
        retryable_statuses = [404, 418]
        requests_per_minute = 600
        tokens_per_minute = 90000
        concurrency = 4
        redirects = 2
        proxy = { url = "http://127.0.0.1:3128", username = "ann", password = "$secrets.PROXY" }
        tls = { ca_bundle = "ca.pem", certificate = "/etc/client.pem", password = "$secrets.KEY" }

        [connections.hook]
        base_url = "$secrets.HOOK"

        [secrets.LOCAL_KEY]
        environment = "LOCAL_KEY"

        [secrets.PROXY]
        environment = "PROXY"

        [secrets.KEY]
        environment = "KEY"

        [secrets.HOOK]
        file = "hook.txt"
        origins = ["https://hooks.example.com"]
        """,
    )
    config = load_config(file, {})
    assert set(config.connections) == {"openai", "local", "hook"}
    assert config.connections["local"].limits.idle == 3.5
    assert config.secrets["LOCAL_KEY"].origins == ("http://127.0.0.1:8000",)
    assert config.secrets["HOOK"].file == tmp_path / "hook.txt"
    local = config.connections["local"]
    assert local.tls is not None
    assert (local.tls.ca_bundle, local.tls.certificate) == (tmp_path / "ca.pem", Path("/etc/client.pem"))
    assert (local.retry.attempts, local.retry.factor, local.concurrency, local.redirects) == (3, 2.0, 4, 2)
    assert config.secrets["PROXY"].origins == ("http://127.0.0.1:3128",)
    assert config.secrets["KEY"].origins == ("http://127.0.0.1:8000",)


def test_replaced_openai_does_not_keep_the_default_credential(tmp_path: Path) -> None:
    config = load_config(
        written(tmp_path, '[connections.openai]\nbase_url = "https://other.example.com"'), {}
    )
    assert config.connections["openai"].authentication is None
    assert "OPENAI_API_KEY" not in config.secrets


FAULTS = {
    "section": ("[connection.x]", "connection: unknown key; did you mean connections?"),
    "key": (
        '[connections.x]\nbase_ur = "https://x"',
        "connections.x.base_ur: unknown key; did you mean base_url?",
    ),
    "limit": (
        '[connections.x]\nbase_url = "https://x"\nlimits = { totl = 3 }',
        "connections.x.limits.totl: unknown key; did you mean total?",
    ),
    "field of a model rule": (
        '[connections.x]\nbase_url = "https://x"\nmodel_rules = { "o3*" = { temprature = [1] } }',
        "connections.x.model_rules.o3*.temprature: unknown field; did you mean temperature?",
    ),
    "value of a model rule": (
        '[connections.x]\nbase_url = "https://x"\nmodel_rules = { o3 = { stop = 1 } }',
        "connections.x.model_rules.o3.stop: must be a list",
    ),
    "tls key": (
        '[connections.x]\nbase_url = "https://x"\ntls = { ca_bundel = "x" }',
        "connections.x.tls.ca_bundel: unknown key; did you mean ca_bundle?",
    ),
    "key without certificate": (
        '[connections.x]\nbase_url = "https://x"\ntls = { key = "x" }',
        "connections.x.tls: key and password belong to a certificate: name its file",
    ),
    "proxy as text": (
        '[connections.x]\nbase_url = "https://x"\nproxy = "http://x:1"',
        'connections.x.proxy: must be a table; write proxy.url = "http://HOST:PORT"',
    ),
    "bearer as text": (
        '[connections.x]\nbase_url = "https://x"\nauthentication.bearer = "$secrets.X"',
        'connections.x.authentication.bearer: must be a table; write authentication.bearer.token = "$secrets.NAME"',
    ),
    "timeout": (
        '[connections.x]\nbase_url = "https://x"\ntimeout = 30',
        "connections.x.timeout: unknown key; write limits.total, in seconds",
    ),
    "proxy scheme": (
        '[connections.x]\nbase_url = "https://x"\nproxy.url = "socks5://x:1"',
        "connections.x.proxy.url: a proxy is spoken to in HTTP, written http://HOST:PORT, and not socks5://",
    ),
    "fragment": (
        '[connections.x]\nbase_url = "https://x/v1#v2"',
        "connections.x.base_url: a fragment (`#…`) is never sent: write base_url without it",
    ),
    "header name": (
        '[connections.x]\nbase_url = "https://x"\nheaders = { "X Team" = "a" }',
        "connections.x.headers: 'X Team' is not a header name: use letters, digits and hyphens",
    ),
    "header of the transport": (
        '[connections.x]\nbase_url = "https://x"\nheaders = { Host = "a" }',
        "connections.x.headers: the header Host is set by the transport: remove it from the request",
    ),
    "host outside ASCII": (
        '[connections.x]\nbase_url = "https://bücher.example"',
        "connections.x: the URL's host is not in ASCII: write it in punycode, xn--bcher-kva.example",
    ),
    "half a proxy user": (
        '[connections.x]\nbase_url = "https://x"\nproxy = { url = "http://x:1", username = "a" }',
        "connections.x.proxy: give username and password, or neither",
    ),
    "redirects": (
        '[connections.x]\nbase_url = "https://x"\nredirects = true',
        "connections.x.redirects: must be a whole number",
    ),
    "concurrency": (
        '[connections.x]\nbase_url = "https://x"\nconcurrency = 0',
        "connections.x.concurrency: must be greater than or equal to 1",
    ),
    "key of a secret": (
        '[secrets.X]\nenvironment = "X"\nzzz = 1',
        "secrets.X.zzz: unknown key; known keys: environment, file, origins",
    ),
    "allowed hosts": (
        '[policy]\nallowed_hosts = ["*.com", "https://x"]',
        'policy.allowed_hosts: "https://x" is neither a host, such as "api.example.com", nor "*.example.com" for all hosts below a domain, in lower case and without a port',
    ),
    "private hosts": (
        '[policy]\nallow_private = ["lopback"]',
        "policy.allow_private: 'lopback' does not appear to be an IPv4 or IPv6 network",
    ),
    "worker key": (
        "[worker]\nallow_inlin = true",
        "worker.allow_inlin: unknown key; did you mean allow_inline?",
    ),
    "worker value": ("[worker]\nallow_inline = 3", "worker.allow_inline: must be true or false"),
    "number as address": ("[connections.x]\nbase_url = 3", "connections.x.base_url: must be text in quotes"),
    "number as connections": ("connections = 3", "connections: must be a table"),
    "number as connection": ("[connections]\nx = 3", "connections.x: must be a table"),
    "text as origins": (
        '[secrets.X]\nenvironment = "X"\norigins = "https://x"',
        "secrets.X.origins: must be a list",
    ),
    "no address": ("[connections.x]\n", "connections.x: has no address; write base_url"),
    "bearer_secret": (
        '[connections.x]\nbase_url = "https://x"\nbearer_secret = "X"',
        'connections.x.bearer_secret: unknown key; write authentication.bearer.token = "$secrets.NAME"',
    ),
    "token": (
        '[connections.x]\nbase_url = "https://x"\ntoken = "$secrets.X"',
        'connections.x.token: unknown key; write authentication.bearer.token = "$secrets.NAME"',
    ),
    "authentication.token": (
        '[connections.x]\nbase_url = "https://x"\nauthentication.token = "x"',
        'connections.x.authentication.token: unknown key; write authentication.bearer.token = "$secrets.NAME"',
    ),
    "username": (
        '[connections.x]\nbase_url = "https://x"\nusername = "x"',
        'connections.x.username: unknown key; write authentication.basic = { username = "NAME", password = "$secrets.NAME" }',
    ),
    "url": (
        '[connections.x]\nurl = "https://x"',
        "connections.x.url: unknown key; write base_url",
    ),
    "base_url_secret": (
        '[connections.x]\nbase_url_secret = "X"',
        'connections.x.base_url_secret: unknown key; write base_url = "$secrets.NAME"',
    ),
    "authentication kind": (
        '[connections.x]\nbase_url = "https://x"\nauthentication = { baerer = { token = "x" } }',
        "connections.x.authentication.baerer: unknown key; did you mean bearer?",
    ),
    "client key": (
        '[connections.x]\nbase_url = "https://x"\nauthentication.oauth2.client = { secrt = "x" }',
        "connections.x.authentication.oauth2.client.secrt: unknown key; did you mean secret?",
    ),
    "API key": (
        '[connections.x]\nbase_url = "https://x"\nauthentication.api_key = { in = "header", name = "x", value = "y", valeu = "y" }',
        "connections.x.authentication.api_key.valeu: unknown key; did you mean value?",
    ),
    "API key place": (
        '[connections.x]\nbase_url = "https://x"\nauthentication.api_key = { in = "body", name = "x", value = "y" }',
        "connections.x.authentication.api_key.in: must be 'header', 'query' or 'cookie'",
    ),
    "no authentication": (
        '[connections.x]\nbase_url = "https://x"\nauthentication = { }',
        "connections.x.authentication: authentication must have exactly one of `basic`, `bearer`, `certificate`, `digest`, `oauth2`, `oidc` or `api_key`: keep one",
    ),
    "half basic": (
        '[connections.x]\nbase_url = "https://x"\nauthentication.basic = { username = "x" }',
        "connections.x.authentication: `basic` has no `password`: add `password`, or `use` the name of a secret that holds them",
    ),
    "expression": (
        '[connections.x]\nbase_url = "https://x"\nheaders = { X-Key = "${ $secrets.X }" }',
        "connections.x.headers: X-Key: a secret is written $secrets.NAME or $secrets.NAME.FIELD, without ${ }",
    ),
    "secret form": (
        '[connections.x]\nbase_url = "https://x"\nauthentication.bearer.token = "$secrets[X]"',
        "connections.x: bearer.token: a secret is written $secrets.NAME or $secrets.NAME.FIELD, without ${ }",
    ),
    "relative authority": (
        '[connections.x]\nbase_url = "https://x"\nauthentication.oidc = { authority = "id", grant = "client_credentials", client.authentication = "none" }',
        "connections.x: authority: the URL is not absolute: it must start with http:// or https://",
    ),
    "secret without source": (
        "[secrets.X]\n",
        'secrets.X: write where it comes from, either environment = "X" or file = "PATH"',
    ),
    "path of a webhook": (
        '[webhooks.x]\npath = "github?a=1"',
        "webhooks.x.path: is no path: write one that begins with / and has no query, such as /github",
    ),
    "events for no run": ('[events]\nrun = ""', "events.run: must not be empty"),
    "negative limit": (
        '[connections.x]\nbase_url = "https://x"\nlimits = { total = -1 }',
        "connections.x.limits.total: must be greater than 0",
    ),
}


@pytest.mark.parametrize(("text", "fault"), FAULTS.values(), ids=FAULTS)
def test_faults_name_key_and_cure(tmp_path: Path, text: str, fault: str) -> None:
    assert faults(written(tmp_path, text)) == [fault]


SECRETS = """
[connections.a]
base_url = "https://a.example/v1"
headers = { X-Team = "$secrets.TEAM" }
authentication.basic = { use = "USER" }

[connections.b]
base_url = "https://b.example"
headers = { X-Team = "t-$secrets.TEAM" }
authentication.oauth2 = { authority = "https://id.example/realm", grant = "client_credentials", client = { id = "$secrets.ID", secret = "$secrets.CLIENT" } }

[connections.c]
base_url = "$secrets.HOOK/x"
authentication.oidc = { authority = "https://$secrets.HOST.name/", grant = "client_credentials", client = { id = "c", secret = "$secrets.FREE" } }
"""


def test_a_secret_goes_where_it_belongs_unless_its_origins_say_otherwise(tmp_path: Path) -> None:
    names = ("TEAM", "USER", "ID", "CLIENT", "HOOK", "HOST", "FREE")
    declared = "".join(f'[secrets.{name}]\nenvironment = "{name}"\n' for name in names)
    own = '[secrets.OWN]\nenvironment = "OWN"\norigins = ["https://own.example"]\n'
    text = SECRETS.replace('id = "$secrets.ID"', 'id = "$secrets.OWN-$secrets.ID"') + declared + own
    secrets = load_config(written(tmp_path, text), {}).secrets
    assert {name: source.origins for name, source in secrets.items() if name != "OPENAI_API_KEY"} == {
        "TEAM": ("https://a.example", "https://b.example"),
        "USER": ("https://a.example",),
        "ID": ("https://id.example",),
        "CLIENT": ("https://id.example",),
        "OWN": ("https://own.example",),
        "HOOK": (),
        "HOST": (),
        "FREE": (),
    }


def test_every_fault_at_once(tmp_path: Path) -> None:
    text = '[connections.x]\nbase_ur = "https://x"\n[secrets.Y]\nenviroment = "Y"'
    assert len(faults(written(tmp_path, text))) == 2


def test_not_toml(tmp_path: Path) -> None:
    [fault] = faults(written(tmp_path, "[connections.x\n"))
    assert fault.startswith("is not valid TOML: ")
    assert "line 1" in fault


def test_missing_file(tmp_path: Path) -> None:
    assert faults(tmp_path / "absent.toml") == ["can't be read: No such file or directory"]


def test_undeclared_secrets_of_own_runs_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = for_own_runs(load_config(None, {}), ["SLACK_WEBHOOK", "OPENAI_API_KEY"])
    assert own.secrets["SLACK_WEBHOOK"].environment == "SLACK_WEBHOOK"
    assert own.secrets["OPENAI_API_KEY"].origins == ("https://api.openai.com",)


def test_worker_wants_secrets_declared_and_bound(tmp_path: Path) -> None:
    file = written(tmp_path, '[secrets.UNBOUND]\nenvironment = "UNBOUND"')
    with pytest.raises(ConfigInvalid) as raised:
        for_worker(load_config(file, {}), {"HOOK": "a.yaml", "UNBOUND": "a.yaml"})
    permit = "or permit secrets without origins: allow_unbound_secrets = true under [worker]"
    assert raised.value.faults == (
        f'{file}: secrets.HOOK: is used by a.yaml, not declared; write environment = "HOOK" and origins',
        f'{file}: secrets.UNBOUND.origins: list where it may be sent, such as ["https://hooks.example.com"], {permit}',
    )


def test_dotenv_is_taken_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("\ufeffA=file\nB='${A}'\n", encoding="utf-8")
    assert read_dotenv(tmp_path) == {"A": "file", "B": "${A}"}
    assert read_dotenv(tmp_path / "absent") == {}


def test_dotenv_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\n")
    with pytest.raises(ConfigInvalid, match=r"\.env: is not UTF-8 text"):
        read_dotenv(tmp_path)


def test_only_a_file_is_read_as_dotenv(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert read_dotenv(tmp_path) == {}
    (tmp_path / ".env").rmdir()
    os.mkfifo(tmp_path / ".env")
    with pytest.raises(ConfigInvalid, match=r"\.env: can't be read: is no regular file"):
        read_dotenv(tmp_path)


def test_storage(tmp_path: Path) -> None:
    assert load_config(written(tmp_path, ""), {}).storage == StorageSection()
    config = load_config(written(tmp_path, '[storage]\ndirectory = ".httptask/storage"'), {})
    assert config.storage == StorageSection(directory=tmp_path / ".httptask/storage")
    config = load_config(written(tmp_path, '[storage.s3]\nbucket = "runs"\nregion = "eu-west-1"'), {})
    assert config.storage.s3 == S3Section(bucket="runs", region="eu-west-1")
    assert faults(written(tmp_path, '[storage]\ndirectry = "x"')) == [
        "storage.directry: unknown key; did you mean directory?"
    ]
    assert faults(written(tmp_path, "[storage]\ndirectory = 5")) == [
        "storage.directory: must be a path in quotes"
    ]
    assert faults(written(tmp_path, '[storage.s3]\nbuckt = "x"')) == [
        "storage.s3.buckt: unknown key; did you mean bucket?"
    ]
    assert faults(written(tmp_path, '[storage]\ndirectory = "x"\ngcs = { bucket = "x" }')) == [
        "storage: names more than one place: keep one of directory, s3 and gcs"
    ]
