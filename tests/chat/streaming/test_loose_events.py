"""Server-sent events with something between them that is none, and those that end with one line break only."""

import pytest

from httptask.chat.streaming.loose_events import LooseEvents
from httptask.response.events import Event

ONE, TWO = Event({"n": 1}, '{"n": 1}'), Event({"n": 2}, '{"n": 2}')
FIRST, SECOND = 'data: {"n": 1}\n', 'data: {"n": 2}\n'


def events_in(text: str, *, is_whole: bool = True) -> list[Event]:
    reader = LooseEvents()
    return [*reader.feed(text.encode()), *reader.finish(is_whole=is_whole)]


@pytest.mark.parametrize(
    ("between", "asides"),
    [
        ("<p>one\n<p>two\n\n", ["<p>one\n<p>two"]),
        ("<p>one\n\n<p>two\n\n", ["<p>one", "<p>two"]),
        ("<p>one\n", ["<p>one"]),
        ("<p>one\nid: 7\n<p>two\n\nid:\n", ["<p>one\n<p>two"]),
        ("  <p>one  \n\n", ["<p>one"]),
        ("  \n\n", []),
        (": alive\n\nretry\n\n", []),
    ],
    ids=["lines", "apart", "no blank line", "field between", "indented", "blanks", "fields alone"],
)
def test_lines_that_are_no_field_are_an_aside(between: str, asides: list[str]) -> None:
    told = [Event(aside, aside, "aside") for aside in asides]
    assert events_in(f"{FIRST}\n{between}{SECOND}\n") == [ONE, *told, TWO]


def test_an_aside_ends_where_data_begin() -> None:
    asides = [Event(text, text, "aside") for text in ("<p>one", "<p>two")]
    assert events_in(f"<p>one\n{FIRST}<p>two\n\n") == [*asides, ONE]


def test_json_over_several_lines_is_read_as_one() -> None:
    text = '{"error":\n {"code": 504}}'
    error = Event({"error": {"code": 504}}, text, "aside")
    assert events_in(f"{FIRST}\n{text}\n\n{SECOND}\n") == [ONE, error, TWO]


def test_an_aside_counts_though_it_may_be_cut() -> None:
    aside = Event("<p>one", "<p>one", "aside")
    assert events_in(f"{FIRST}\n<p>one", is_whole=False) == [ONE, aside]
    assert events_in(f"{FIRST}\ndata: on", is_whole=False) == [ONE]


@pytest.mark.parametrize(
    ("text", "events"),
    [
        (FIRST + SECOND + "\n", [ONE, TWO]),
        (FIRST + "data:\n" + SECOND + "\n", [ONE, TWO]),
        (FIRST + "data:  [DONE]\n\n", [ONE, Event(" [DONE]", " [DONE]")]),
        (FIRST + "data: [1\n\n", [ONE, Event("[1", "[1")]),
        (
            "event: e\nid: 7\n" + FIRST + SECOND + "\n",
            [ONE._replace(type="e", id="7"), TWO._replace(type="e", id="7")],
        ),
        ("data: words\n" + SECOND + "\n", [Event('words\n{"n": 2}', 'words\n{"n": 2}')]),
        ("data: one\ndata: two\n\n", [Event("one\ntwo", "one\ntwo")]),
        ('data: {"n":\ndata:  1}\n\n', [Event({"n": 1}, '{"n":\n 1}')]),
        ("data:\ndata:\n\n" + FIRST + "\n", [Event("\n", "\n"), ONE]),
        ("data:  \n\n" + FIRST + "\n", [Event(" ", " "), ONE]),
    ],
    ids=[
        "objects",
        "empty line",
        "marker",
        "not JSON",
        "type and id",
        "words first",
        "words",
        "one object",
        "empty lines",
        "blank",
    ],
)
def test_lines_of_data_that_are_json_each_are_events_each(text: str, events: list[Event]) -> None:
    assert events_in(text) == events
