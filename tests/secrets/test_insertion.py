"""Texts that are put into a request where references to secrets say so."""

from typing import Any

import pytest

from httptask.authentication.models import ApiKeyAuthentication, BearerAuthentication, TokenAuthentication
from httptask.authentication.policy import OAuth2Policy
from httptask.http.errors import RequestInvalid
from httptask.http.models import SecretReference
from httptask.secrets.insertion import Insertions


def at(pointer: str, name: str = "A", offset: int = 0) -> SecretReference:
    return SecretReference(pointer=pointer, name=name, offset=offset)


def insertions(*references: SecretReference) -> Insertions:
    return Insertions(references, lambda reference: f"<{reference.name}>")


def test_each_goes_to_its_offset_in_the_text_as_it_stood() -> None:
    into = insertions(at("/t", "C", 5), at("/t", "A", 0), at("/t", "B", 2))
    assert into.fill("hello", "t") == "<A>he<B>llo<C>"


def test_those_at_one_offset_stay_in_their_order() -> None:
    assert insertions(at("/t", "B", 1), at("/t", "A", 1)).fill("xy", "t") == "x<B><A>y"


@pytest.mark.parametrize("offset", [-1, 3, 99])
def test_an_offset_outside_the_text(offset: int) -> None:
    with pytest.raises(RequestInvalid) as caught:
        insertions(at("/a~1b", offset=offset)).fill("xy", "a/b")
    assert caught.value.message == "the secret reference at /a~1b lies outside its text"


@pytest.mark.parametrize(
    ("pointer", "quoted"), [("", "''"), ("headers/X", "'headers/X'"), ("x" * 500, f"'{'x' * 99}…'")]
)
def test_what_is_no_pointer(pointer: str, quoted: str) -> None:
    with pytest.raises(RequestInvalid) as caught:
        insertions(at(pointer))
    assert caught.value.message == f"{quoted} is not a JSON Pointer to a part of the request"


TREE = {"a/b": ["x", {"~": "y", "other": "z"}, "w"], "n": 1, "other": ["v"]}


def test_a_tree_is_filled_where_pointers_lead() -> None:
    into = insertions(at("/at/a~1b/0", offset=1), at("/at/a~1b/1/~0"), at("/at/a~1b/2", "B"))
    filled = into.fill_tree(TREE, "at")
    assert filled == {"a/b": ["x<A>", {"~": "<A>y", "other": "z"}, "<B>w"], "n": 1, "other": ["v"]}
    assert list(filled) == list(TREE)
    assert filled["other"] is TREE["other"]
    assert TREE["a/b"] == ["x", {"~": "y", "other": "z"}, "w"]
    into.check_all_used()


def test_a_text_is_a_tree_too() -> None:
    into = insertions(at("/body/value"))
    assert into.fill_tree("x", "body", "value") == "<A>x"
    into.check_all_used()


@pytest.mark.parametrize("value", [TREE, ["x"], 1, None, True])
def test_a_tree_that_no_pointer_leads_into_is_itself(value: Any) -> None:
    assert insertions(at("/elsewhere/n"), at("/at")).fill_tree(value, "at") is value


@pytest.mark.parametrize(
    "pointer",
    ["/missing", "/n", "/n/0", "/a~1b", "/a~1b/3", "/a~1b/-1", "/a~1b/-", "/a~1b/x", "/a~1b/0/0", "/other/1"],
)
def test_a_pointer_to_no_text_is_named(pointer: str) -> None:
    into = insertions(at(pointer, "KEY"))
    assert into.fill_tree(TREE) == TREE
    with pytest.raises(RequestInvalid) as caught:
        into.check_all_used()
    assert caught.value.message == f"the secret KEY refers to {pointer}, no text of the request"


def test_of_two_pointers_the_one_that_leads_nowhere_is_named() -> None:
    into = insertions(at("/n/0", "FIRST"), at("/other/0"))
    assert into.fill_tree(TREE)["other"] == ["<A>v"]
    with pytest.raises(RequestInvalid, match="the secret FIRST refers to /n/0"):
        into.check_all_used()


def test_each_reference_is_used_once() -> None:
    into = insertions(at("/t"))
    assert [into.fill("x", "t"), into.fill("x", "t")] == ["<A>x", "x"]


def test_a_model_is_checked_with_its_secrets_in_place() -> None:
    written = ApiKeyAuthentication(place="header", name="x-key", value="Key ")
    filled = insertions(at("/authentication/value", offset=4)).fill_model(written, "authentication")
    assert filled == written.model_copy(update={"value": "Key <A>"})
    assert filled.model_fields_set == {"place", "name", "value"}
    untouched = BearerAuthentication(token="t")
    assert insertions(at("/url")).fill_model(untouched, "authentication") is untouched


def test_texts_in_the_sequences_of_a_model() -> None:
    settings = {"authority": "https://a.example", "grant": "client_credentials", "scopes": ["a", "b"]}
    written = TokenAuthentication(kind="oauth2", settings=OAuth2Policy.model_validate(settings))
    filled = insertions(at("/authentication/settings/scopes/1")).fill_model(written, "authentication")
    assert list(filled.settings.scopes) == ["a", "<A>b"]
