"""What stands in a request until the values of its secrets are put in."""

import pytest

from httptask.http.errors import SecretUnavailable
from httptask.http.models import SecretReference
from httptask.http.url import encode_component
from httptask.secrets.placeholders import (
    ResolvedValues,
    begins_with_placeholder,
    fill,
    has_placeholder,
    placeholder,
    places,
)
from httptask.secrets.store import SecretSource, SecretStore
from support.connections import secret_store


def at(pointer: str, name: str = "KEY", field: str | None = None) -> SecretReference:
    return SecretReference(pointer=pointer, name=name, field=field)


def resolved(*references: SecretReference, **values: str) -> ResolvedValues:
    return ResolvedValues(references, secret_store(values))


def test_a_placeholder_passes_through_what_is_done_to_a_url() -> None:
    text = placeholder(12)
    assert encode_component(text) == text.lower() == text
    assert text.isalnum()
    assert placeholder(1) not in text  # whose index begins with the same digit


def test_indices_are_counted_from_the_first() -> None:
    own = places([at("/a"), at("/b")])
    assert [own.fill("x", "a"), own.fill("x", "b")] == [placeholder(0) + "x", placeholder(1) + "x"]
    assert places([at("/a"), at("/b")], 5).fill("", "b") == placeholder(6)


def test_each_is_put_in_between_what_stands_there_by_then() -> None:
    seen: list[tuple[int, str, str]] = []

    def texts(index: int, before: str, behind: str) -> str:
        seen.append((index, before, behind))
        return f"<{index}>"

    text = f"a{placeholder(10)}b{placeholder(0)}"
    assert fill(text, texts) == "a<10>b<0>"
    assert seen == [(10, "a", f"b{placeholder(0)}"), (0, "a<10>b", "")]


def test_what_is_put_in_is_not_read_again() -> None:
    assert fill(placeholder(1), lambda *_: placeholder(0)) == placeholder(0)


@pytest.mark.parametrize("text", ["", "x0x", f"{'0' * 32}x0x"])
def test_nothing_else_looks_like_one(text: str) -> None:
    assert fill(text, lambda *_: "value") == text
    assert not has_placeholder(text)


@pytest.mark.parametrize(
    ("text", "has", "begins"),
    [(placeholder(0), True, True), (f"{placeholder(0)}/x", True, True), (f"/{placeholder(0)}", True, False)],
    ids=["alone", "at the start", "behind a slash"],
)
def test_where_a_value_belongs(text: str, has: bool, begins: bool) -> None:
    assert (has_placeholder(text), begins_with_placeholder(text)) == (has, begins)


def test_values_in_a_text_in_a_url_and_in_a_query() -> None:
    values = resolved(at("/url"), at("/url"), KEY="a/b ?&=ü")
    first, second = placeholder(0), placeholder(1)
    assert values.fill(f"Key {first}.") == "Key a/b ?&=ü."
    assert values.fill_component(f"k={first}") == "k=a%2Fb%20%3F%26%3D%C3%BC"
    assert values.fill_url(f"/p/{first}?q={second}") == "/p/a%2Fb%20%3F&=%C3%BC?q=a%2Fb%20%3F%26%3D%C3%BC"


def test_a_secret_at_the_start_of_a_url_is_a_url() -> None:
    values = resolved(at("/url", "URL"), at("/url"), URL="https://h.example/a b?c=d", KEY="e/f&")
    assert values.fill_url(f"{placeholder(0)}&k={placeholder(1)}") == "https://h.example/a b?c=d&k=e%2Ff%26"


def test_it_remembers_what_it_put_in_under_the_name_of_the_secret() -> None:
    values = resolved(at("/body/a"), at("/body/b", "USER", "password"), KEY="one", USER='{"password": "two"}')
    assert (values.resolved, values.names, values.made) == ({}, set(), "")
    values.fill(placeholder(1))
    assert (values.resolved, values.names) == ({"two": "USER"}, {"USER"})
    values.fill_component(placeholder(0))
    assert (values.resolved, values.names) == ({"two": "USER", "one": "KEY"}, {"USER", "KEY"})


def test_a_credential_has_a_name_of_its_own_unless_a_secret_gave_it() -> None:
    values = resolved(at("/authentication/token"), KEY="one")
    assert values.credential("user:one") == "user:one"
    values.secret(at("/authentication/token"))
    assert values.credential("one") == "one"
    assert values.resolved == {"user:one": "authentication", "one": "KEY"}
    assert values.names == {"KEY"}


def test_the_placeholder_behind_the_last_stands_for_the_credential() -> None:
    values = resolved(at("/headers/X"), KEY="one")
    values.made = "Basic b25l"
    assert values.fill(f"{placeholder(0)} {placeholder(1)}") == "one Basic b25l"


SENDABLE = [
    ("/headers/X", "plain"),
    ("/url", "schlüssel"),
    ("/query/k", "schlüssel"),
    ("/authentication/password", "schlüssel"),
    ("/body/value", "two\nlines"),
    ("/body/text", "\ud800"),
    ("/body/value/k", "schlüssel"),
]


@pytest.mark.parametrize(("pointer", "value"), SENDABLE)
def test_what_its_place_can_carry(pointer: str, value: str) -> None:
    assert resolved(at(pointer), KEY=value).fill(placeholder(0)) == value


LINE_BREAK = "a line break (often at its end) or another control character"


@pytest.mark.parametrize(
    ("pointer", "value", "wrong"),
    [
        ("/headers/X", "secret\n", LINE_BREAK),
        ("/url", "secret\x7f", LINE_BREAK),
        ("/query/k", "se\0cret", LINE_BREAK),
        ("/authentication/token", "schlüssel\r\n", LINE_BREAK),
        ("/body", "secret\n", LINE_BREAK),
        ("/headers/X", "schlüssel", "a character outside ASCII"),
        ("/authentication/token", "schlüssel", "a character outside ASCII"),
        ("/headers/X", "\udcff", "a character outside ASCII"),
        ("/url", "secret\ud800", "bytes that are not UTF-8"),
        ("/authentication/password", "\udfffsecret", "bytes that are not UTF-8"),
    ],
)
def test_what_its_place_cannot_carry(pointer: str, value: str, wrong: str) -> None:
    values = resolved(at(pointer), KEY=value)
    with pytest.raises(SecretUnavailable) as caught:
        values.fill(placeholder(0))
    assert caught.value.message == (
        f"the value of the secret KEY can't be sent in a header or URL: it has {wrong}; set the secret again without it"
    )
    assert (values.resolved, values.names) == ({}, set())


def test_the_characters_beside_the_surrogates_are_text() -> None:
    value = "\ud7ff\ue000"
    assert resolved(at("/url"), KEY=value).fill(placeholder(0)) == value


def test_a_missing_value_is_told_by_the_store() -> None:
    store = SecretStore({"KEY": SecretSource(name="KEY", environment="VARIABLE")}, {})
    with pytest.raises(SecretUnavailable, match="set the environment variable VARIABLE"):
        ResolvedValues([at("/url")], store).fill(placeholder(0))
