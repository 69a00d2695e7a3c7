import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from httptask.http.errors import SecretUnavailable
from httptask.http.url import Url
from httptask.secrets.store import SecretSource, SecretStore


def store(
    values: dict[str, str] | None = None, /, *, placeholder: bool = False, **source: object
) -> SecretStore:
    declared = SecretSource.model_validate({"name": "KEY", **source})
    return SecretStore({"KEY": declared}, values or {}, placeholder=placeholder)


def test_from_the_environment() -> None:
    assert store({"VARIABLE": "value"}, environment="VARIABLE").resolve("KEY", None) == "value"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"value", "value"),
        (b"value\n", "value"),
        (b"value\r\n", "value"),
        (b"value\n\n", "value\n"),
        (b" v ", " v "),
    ],
)
def test_from_a_file(tmp_path: Path, raw: bytes, value: str) -> None:
    file = tmp_path / "key"
    file.write_bytes(raw)
    assert store(file=file).resolve("KEY", None) == value


def test_a_field_of_an_object() -> None:
    assert store({"V": '{"user": "u", "n": 1}'}, environment="V").resolve("KEY", "user") == "u"


@pytest.mark.parametrize(
    "text",
    ["{}", '{"user": 1}', '{"user": ""}', "[]", "not json", '"user"', "[" * 100_000],
    ids=["empty", "a number", "an empty text", "an array", "no JSON", "a text", "nested too deeply"],
)
def test_a_missing_field_is_named_and_nothing_else(text: str) -> None:
    with pytest.raises(SecretUnavailable) as caught:
        store({"V": text}, environment="V").resolve("KEY", "user")
    assert caught.value.message == "the secret KEY is not a JSON object with a text under 'user'"
    assert not caught.value.of_worker  # another worker has the same value


MOST_BYTES = 65_536


def test_unusable_sources(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").write_bytes(b"\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"x" * (MOST_BYTES + 1))
    variable = "the secret KEY has no value: set the environment variable VARIABLE"
    file = f"the file of the secret KEY {{}}: {tmp_path}/{{}}"
    cases: list[tuple[SecretStore, str]] = [
        (store(environment="VARIABLE"), variable),
        (store({"VARIABLE": ""}, environment="VARIABLE"), variable),
        (store(), "[secrets.KEY] names no source: give it `environment` or `file`"),
        (store(file=tmp_path / "missing"), file.format("can't be read", "missing")),
        (store(file=tmp_path / "pipe"), file.format("can't be read", "pipe")),
        (store(file=tmp_path / "empty"), file.format("is empty", "empty")),
        (store(file=tmp_path / "binary"), file.format("is not UTF-8", "binary")),
        (store(file=tmp_path / "large"), file.format("is larger than 65536 bytes", "large")),
    ]
    for unusable, message in cases:
        with pytest.raises(SecretUnavailable) as caught:
            unusable.resolve("KEY", None)
        assert caught.value.message == message
        assert caught.value.of_worker


def test_a_source_has_no_other_fields() -> None:
    assert SecretSource(name="KEY").origins == ()
    with pytest.raises(ValidationError, match=r"environ\n.*Extra inputs are not permitted"):
        SecretSource.model_validate({"name": "KEY", "environ": "V"})


def test_a_file_as_large_as_it_may_be(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"x" * MOST_BYTES)
    assert store(file=tmp_path / "key").resolve("KEY") == "x" * MOST_BYTES


def test_an_undeclared_secret_never_becomes_another() -> None:
    secrets = SecretStore({}, {"KEY": "value", "OPENAI_API_KEY": "value"})
    with pytest.raises(SecretUnavailable) as caught:
        secrets.resolve("KEY", None)
    assert caught.value.message == (
        "the secret KEY is not declared on this worker: add [secrets.KEY] with `environment` or `file` to httptask.toml"
    )
    assert caught.value.of_worker


def test_placeholders_stand_in_for_missing_values_only() -> None:
    made_up = store({"V": '{"user": "u"}'}, environment="V", placeholder=True)
    assert made_up.resolve("KEY") == '{"user": "u"}'
    assert made_up.resolve("KEY", "user") == "u"
    assert made_up.resolve("KEY", "password") == "https://key-password.invalid/key-password"


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("KEY", None, "https://key.invalid/key"),
        ("My__Key_2", "user", "https://my-key-2-user.invalid/my-key-2-user"),
        ("_ключ_", None, "https://secret.invalid/secret"),
    ],
    ids=["a name", "a field", "a name without a letter"],
)
def test_a_made_up_value_is_a_url_on_a_reserved_domain(name: str, field: str | None, value: str) -> None:
    assert SecretStore({}, {}, placeholder=True).resolve(name, field) == value
    assert Url.parse(value).origin == value.rpartition("/")[0]


def test_a_made_up_value_may_go_where_the_secret_may() -> None:
    origins = ["https://HOOKS.LUX/", "https://other.example"]
    bound = store(environment="V", origins=origins, placeholder=True)
    assert bound.resolve("KEY") == "https://HOOKS.LUX/key"
    assert may_go(bound, "KEY", Url.parse(bound.resolve("KEY")).origin)


def test_a_secret_goes_to_its_origins_alone() -> None:
    bound = store(origins=["https://API.example.com/", "http://127.0.0.1:8080", "HTTPS://API.LUX"])
    for origin in ("https://api.example.com", "http://127.0.0.1:8080", "https://api.lux"):
        assert may_go(bound, "KEY", origin)
    for origin in (
        "http://api.example.com",
        "https://api.example.com:8443",
        "https://api.example.com.evil.example",
        "https://example.com",
        "http://127.0.0.1",
    ):
        with pytest.raises(SecretUnavailable) as caught:
            bound.check_origin("KEY", origin)
        assert caught.value.message == (
            f'the secret KEY may not be sent to {origin}: if it should, add "{origin}" to `origins` of [secrets.KEY] '
            "in httptask.toml"
        )


def test_a_secret_without_origins_goes_anywhere() -> None:
    assert may_go(store(), "KEY", "https://any.example")
    bound = store(origins=["https://api.example.com"])
    assert may_go(bound, "UNDECLARED", "https://any.example")
    assert not may_go(bound, "KEY", "https://any.example")


def may_go(secrets: SecretStore, name: str, origin: str) -> bool:
    try:
        secrets.check_origin(name, origin)
    except SecretUnavailable:
        return False
    return True


def test_a_file_that_is_replaced_counts_at_once(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("first\n")
    secrets = store(file=file)
    assert secrets.resolve("KEY") == "first"
    file.write_text("other\n")
    assert secrets.resolve("KEY") == "other"
    file.unlink()
    with pytest.raises(SecretUnavailable, match="can't be read"):
        secrets.resolve("KEY")


def test_a_mounted_file_that_is_replaced_by_its_folder(tmp_path: Path) -> None:
    """Kubernetes: `key` is a link into `..data`, itself a link to a folder, which is replaced in one step."""
    for folder, value in (("..2026_1", "first"), ("..2026_2", "other")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "key").write_text(value)
    (tmp_path / "..data").symlink_to("..2026_1")
    (tmp_path / "key").symlink_to("..data/key")
    secrets = store(file=tmp_path / "key")
    assert secrets.resolve("KEY") == "first"
    (tmp_path / "..data_tmp").symlink_to("..2026_2")
    (tmp_path / "..data_tmp").rename(tmp_path / "..data")
    assert secrets.resolve("KEY") == "other"


class Vault:
    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    def read(self, source: SecretSource) -> str | None:
        if source.name == "BROKEN":
            raise RuntimeError("value-0123456789")
        if source.name == "SEALED":
            raise SecretUnavailable("the vault is sealed")
        return self.values.get(source.name)


def test_other_providers_are_asked_for_what_is_kept_elsewhere() -> None:
    names = ("KEY", "EMPTY", "BROKEN", "UNKNOWN", "SEALED")
    declared = {name: SecretSource(name=name, origins=("https://api.example.com",)) for name in names}
    vault = Vault({"KEY": "value-0123456789", "EMPTY": "", "UNDECLARED": "x"})
    secrets = SecretStore(declared, {}, others=[vault])
    assert secrets.resolve("KEY") == "value-0123456789"
    vault.values["KEY"] = "other"
    assert secrets.resolve("KEY") == "other"
    with pytest.raises(SecretUnavailable, match="may not be sent to"):
        secrets.check_origin("KEY", "https://evil.example.com")
    for name, message in (
        ("EMPTY", "the secret EMPTY is empty in Vault"),
        ("BROKEN", "the secret BROKEN can't be read: Vault failed (RuntimeError)"),
        ("UNKNOWN", "[secrets.UNKNOWN] names no source: give it `environment` or `file`"),
        ("SEALED", "the vault is sealed"),
    ):
        with pytest.raises(SecretUnavailable) as caught:
            secrets.resolve(name)
        assert caught.value.message == message
        assert caught.value.of_worker
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or name != "BROKEN"
    with pytest.raises(SecretUnavailable, match="the secret UNDECLARED is not declared"):
        secrets.resolve("UNDECLARED")


def test_the_first_that_has_it_gives_it(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("of the file")
    others = [Vault({}), Vault({"KEY": "of a vault"}), Vault({"KEY": "of another"})]

    def value(**source: object) -> str:
        declared = SecretSource.model_validate({"name": "KEY", **source})
        return SecretStore({"KEY": declared}, {"V": "of the environment"}, others=others).resolve("KEY")

    assert value(environment="V", file=tmp_path / "key") == "of the environment"
    assert value(file=tmp_path / "key") == "of the file"
    assert value() == "of a vault"
