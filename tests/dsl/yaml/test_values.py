import pytest

from httptask.dsl.yaml.editing import EditRefused
from httptask.dsl.yaml.values import remove_value, set_value

TEXT = """\
# first
expect:   # what is to come
  output: { state: "open", tags: [a, b] } # flow

  other: 'a''b'   # quoted
  long: |
    two
    lines
  nested:
    # inside
    - one
    - { two: 2 }
    -   three: 3
        four: 4
  last: 1
"""


@pytest.mark.parametrize(
    ("pointer", "value", "before", "after"),
    [
        pytest.param("/expect/output/state", "sent", '"open"', '"sent"', id="text in quotes"),
        pytest.param("/expect/output/state", "a, b", '"open"', '"a, b"', id="text that needs quotes"),
        pytest.param("/expect/output/tags", ["c"], "[a, b]", "[c]", id="list in flow"),
        pytest.param("/expect/output/tags/1", {"x": None}, "b]", "{ x: null }]", id="item in flow"),
        pytest.param("/expect/output/new", 1.5, "b] }", "b], new: 1.5 }", id="member in flow"),
        pytest.param(
            "/expect/output", {"state": "sent"}, '{ state: "open", tags: [a, b] }', "{ state: sent }", id="flow"
        ),
        pytest.param("/expect/other", 7, "'a''b'", "7", id="quoted"),
        pytest.param("/expect/other", "1", "'a''b'", '"1"', id="text like a number"),
        pytest.param("/expect/long", "one", "long: |\n    two\n    lines", "long: one", id="block of text"),
        pytest.param("/expect/last", "a\nb", "last: 1", "last: |-\n    a\n    b", id="text of several lines"),
        pytest.param("/expect/last", {"a": {"b": []}}, "1\n", "{ a: { b: [] } }\n", id="object for a number"),
        pytest.param("/expect/nested/0", "1st", "- one", "- 1st", id="item"),
        pytest.param("/expect/nested/1/two", [], "two: 2", "two: []", id="in an item in flow"),
        pytest.param("/expect/nested/2/four", "x", "four: 4", "four: x", id="in an item"),
        pytest.param("/expect/new", {"a": [1, 2]}, "last: 1\n", "last: 1\n  new:\n    a:\n      - 1\n      - 2\n", id="member"),
        pytest.param("/other/deep", 1, "last: 1\n", "last: 1\nother:\n  deep: 1\n", id="way that is not there"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_changes_one_value(pointer: str, value: object, before: str, after: str, line_end: str) -> None:
    assert TEXT.count(before) == 1
    given, changed = (text.replace("\n", line_end) for text in (TEXT, TEXT.replace(before, after)))
    assert set_value(given, pointer, value) == changed


@pytest.mark.parametrize(
    ("pointer", "before", "after"),
    [
        pytest.param("/expect/output/state", 'state: "open", ', "", id="first in flow"),
        pytest.param("/expect/output/tags", ", tags: [a, b]", "", id="last in flow"),
        pytest.param("/expect/other", "  other: 'a''b'   # quoted\n", "", id="line"),
        pytest.param("/expect/long", "  long: |\n    two\n    lines\n", "", id="block"),
        pytest.param("/expect/last", "  last: 1\n", "", id="last"),
        pytest.param("/expect/nested/2/three", "three: 3\n        ", "", id="first behind a dash"),
        pytest.param("/expect/nested/2/four", "        four: 4\n", "", id="last of an item"),
    ],
)
def test_removes_one_member(pointer: str, before: str, after: str) -> None:
    assert TEXT.count(before) == 1
    assert remove_value(TEXT, pointer) == TEXT.replace(before, after)


def test_refuses_to_remove_all_there_is() -> None:
    with pytest.raises(EditRefused, match="all there is"):
        remove_value("a: { b: 1 }\n", "/a/b")
