from typing import Any

import pytest

from httptask.http.models import SecretReference
from httptask.secrets.references import cut_secrets


def test_references_are_cut_out_and_say_where_they_stood() -> None:
    tree = {
        "a/b": "x-$secrets.ONE-$secrets.TWO.field!",
        "list": ["$secrets.ONE", 3, {"~": "$secret.no $secretsOne $x"}],
    }
    plain, references = cut_secrets(tree, "/at")
    assert plain == {"a/b": "x--!", "list": ["", 3, {"~": "$secret.no $secretsOne $x"}]}
    assert [(ref.pointer, ref.offset, ref.name, ref.field) for ref in references] == [
        ("/at/a~1b", 2, "ONE", None),
        ("/at/a~1b", 3, "TWO", "field"),
        ("/at/list/0", 0, "ONE", None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "${ $secrets.A }",
        "${$secrets.A}",
        "$secrets",
        '$secrets["A"]',
        "$secrets.",
        "$secrets.1",
        "a $secrets b",
    ],
)
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"written \$secrets\.NAME"):
        cut_secrets({"x": text})


def test_the_rest_of_a_text_and_what_is_no_text_stay() -> None:
    plain, references = cut_secrets(
        ["a$secrets.A_1b", "$secrets._x.Y2.z", "$secrets.A.1$secrets.B", None, True, 1.5]
    )
    assert plain == ["a", ".z", ".1", None, True, 1.5]
    assert [(ref.pointer, ref.offset, ref.name, ref.field) for ref in references] == [
        ("/0", 1, "A_1b", None),
        ("/1", 0, "_x", "Y2"),
        ("/2", 0, "A", None),
        ("/2", 2, "B", None),
    ]
    assert cut_secrets("$secrets.A") == ("", (SecretReference(pointer="", name="A"),))


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": [{"b": "$secrets"}]}, "at.a.0.b"),
        ("$secrets.A ${ $secrets.B", "at"),
        ("$secrets.A $secrets", "at"),
    ],
    ids=["within", "between", "at the end"],
)
def test_a_refusal_names_the_place(value: Any, place: str) -> None:
    with pytest.raises(ValueError, match="a secret is written") as caught:
        cut_secrets(value, "/at")
    assert str(caught.value) == (
        f"{place}: a secret is written $secrets.NAME or $secrets.NAME.FIELD, without ${{ }}"
    )
