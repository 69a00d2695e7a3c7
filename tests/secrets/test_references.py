import pytest

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
