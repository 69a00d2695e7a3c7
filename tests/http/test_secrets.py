from pathlib import Path

import pytest

from httptask.http.errors import SecretUnavailable
from httptask.http.secrets import SecretSource, SecretStore
from httptask.http.url import Url


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
    (tmp_path / "empty").write_bytes(b"\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    cases: list[tuple[SecretStore, str]] = [
        (store(environment="VARIABLE"), "set the environment variable VARIABLE"),
        (store({"VARIABLE": ""}, environment="VARIABLE"), "set the environment variable VARIABLE"),
        (store(), "names no source"),
        (store(file=tmp_path / "missing"), "can't be read"),
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
