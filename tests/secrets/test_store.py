import os
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("text", ["{}", '{"user": 1}', '{"user": ""}', "[]", "not json", '"user"'])
def test_a_missing_field_is_named_and_nothing_else(text: str) -> None:
    with pytest.raises(SecretUnavailable, match="not a JSON object with a text under 'user'") as caught:
        store({"V": text}, environment="V").resolve("KEY", "user")
    assert "not json" not in caught.value.message


def test_unusable_sources(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").write_bytes(b"\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    cases: list[tuple[SecretStore, str]] = [
        (store(environment="VARIABLE"), "set the environment variable VARIABLE"),
        (store({"VARIABLE": ""}, environment="VARIABLE"), "set the environment variable VARIABLE"),
        (store(), "names no source"),
        (store(file=tmp_path / "missing"), "can't be read"),
        (store(file=tmp_path / "pipe"), "can't be read"),
        (store(file=tmp_path / "empty"), "is empty"),
        (store(file=tmp_path / "binary"), "is not UTF-8"),
        (store(file=tmp_path / "large"), "is larger than"),
    ]
    for unusable, message in cases:
        with pytest.raises(SecretUnavailable, match=message):
            unusable.resolve("KEY", None)


def test_an_undeclared_secret_never_becomes_another() -> None:
    secrets = SecretStore({}, {"KEY": "value", "OPENAI_API_KEY": "value"})
    with pytest.raises(SecretUnavailable, match=r"add \[secrets.KEY\]"):
        secrets.resolve("KEY", None)


def test_placeholders_stand_in_for_missing_values_only() -> None:
    assert store({"V": "value"}, environment="V", placeholder=True).resolve("KEY", None) == "value"
    made_up = SecretStore({}, {}, placeholder=True).resolve("My Key", "user")
    assert Url.parse(made_up).origin == "https://my-key-user.invalid"
    bound = store(environment="V", origins=["https://hooks.slack.com"], placeholder=True)
    bound.check_origin("KEY", Url.parse(bound.resolve("KEY", None)).origin)


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
        return self.values.get(source.name)


def test_other_providers_are_asked_for_what_is_kept_elsewhere() -> None:
    names = ("KEY", "EMPTY", "BROKEN", "UNKNOWN")
    declared = {name: SecretSource(name=name, origins=("https://api.example.com",)) for name in names}
    vault = Vault({"KEY": "value-0123456789", "EMPTY": "", "UNDECLARED": "x"})
    secrets = SecretStore(declared, {}, others=[vault])
    assert secrets.resolve("KEY") == "value-0123456789"
    vault.values["KEY"] = "other"
    assert secrets.resolve("KEY") == "other"
    with pytest.raises(SecretUnavailable, match="may not be sent to"):
        secrets.check_origin("KEY", "https://evil.example.com")
    for name, message in (
        ("EMPTY", "is empty in Vault"),
        ("BROKEN", r"can't be read: Vault failed \(RuntimeError\)"),
        ("UNKNOWN", "names no source"),
        ("UNDECLARED", "not declared"),
    ):
        with pytest.raises(SecretUnavailable, match=message) as caught:
            secrets.resolve(name)
        assert "value-0123456789" not in str(caught.value)
