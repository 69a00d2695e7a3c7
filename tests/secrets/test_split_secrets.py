"""Values of secrets that a server spells out over the events of a stream."""

import json
from pathlib import Path
from typing import Any

import pytest

from httptask.client.collecting import collect
from httptask.fixtures.recording import Recorder, recorded_stream
from httptask.fixtures.transport import Fixtures
from httptask.http.models import HttpRequest, StreamReading
from httptask.secrets.piece_redaction import redacted_together
from httptask.secrets.redaction import Redactor
from httptask.testing import Reply, ScriptedServer
from support.encodings import ENCODINGS

KEY = 'sk/proj+Q=7&<x>"%41zB9wM'
MARK = "[redacted:KEY]"


def pieces_of(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.mark.parametrize(
    "encoding", ["plain", "percent twice", "decimal entities", "upper case", "hexadecimal"]
)
@pytest.mark.parametrize("size", [1, 3, 23])
def test_what_the_next_expression_joins(encoding: str, size: int) -> None:
    text = f"it is ({ENCODINGS[encoding](KEY)})."
    events = [
        {"n": n, "delta": {"text": piece}, "done": None} for n, piece in enumerate(pieces_of(text, size))
    ]
    clean = redacted_together(events, redactor := Redactor({KEY: "KEY"}))
    assert "".join(event["delta"]["text"] for event in clean) == f"it is ({MARK})."
    assert [(event["n"], event["done"]) for event in clean] == [(event["n"], None) for event in events]
    assert redactor.count == 1


def test_texts_of_other_places_are_in_between() -> None:
    events = [
        {"choices": [{"text": "a" + piece}, {"text": KEY[-1 - at]}], "id": "same-id"}
        for at, piece in enumerate(pieces_of(KEY, 1))
    ]
    clean = redacted_together(
        [{"choices": [{"text": piece}, {"text": "other "}]} for piece in KEY], Redactor({KEY: "KEY"})
    )
    assert "".join(event["choices"][0]["text"] for event in clean) == MARK
    assert "".join(event["choices"][1]["text"] for event in clean) == "other " * len(KEY)
    assert redacted_together(events, Redactor({KEY: "KEY"})) == events


def test_the_items_of_a_list_are_one_text_too() -> None:
    events = [{"tokens": pieces_of(piece, 2)} for piece in pieces_of(f"<{KEY}>", 7)]
    clean = redacted_together(events, Redactor({KEY: "KEY"}))
    assert "".join(token for event in clean for token in event["tokens"]) == f"<{MARK}>"


def test_what_is_json_in_a_text_is_read_too() -> None:
    pieces = pieces_of(f"<{KEY}>", 7)
    for wrap in (json.dumps, lambda piece: json.dumps({"of": [json.dumps(piece)], "n": 1})):
        clean = redacted_together([wrap(piece) for piece in pieces], Redactor({KEY: "KEY"}))
        told = "".join(json.dumps(json.loads(event)) for event in clean)
        assert MARK in told
        assert not any(json.dumps(piece)[1:-1] in told for piece in pieces[1:-1])
    others = ['{"a": "b"}', '"a"', "[1, 2]", '{"broken', "null"]
    assert redacted_together(others, Redactor({KEY: "KEY"})) == others


def test_json_in_a_text_is_written_anew_where_a_value_was_in_it_alone() -> None:
    texts = ['{"é":  ["sk/proj+Q=7&"],"n":1}', '{"é":  ["<x>\\"%41zB9wM"],"n":1}', '{"é":  ["ü"],"n":1}']
    redactor = Redactor({KEY: "KEY"})
    assert redacted_together([{"of": text} for text in texts], redactor) == [
        {"of": f'{{"é": ["{MARK}"], "n": 1}}'},
        {"of": '{"é": [""], "n": 1}'},
        {"of": texts[2]},
    ]
    assert redactor.count == 1


def test_json_in_json_in_a_text() -> None:
    texts = [json.dumps([json.dumps({"a": piece})]) for piece in (KEY[:9], KEY[9:])]
    assert redacted_together(texts, Redactor({KEY: "KEY"})) == [
        json.dumps([json.dumps({"a": MARK})]),
        json.dumps([json.dumps({"a": ""})]),
    ]


@pytest.mark.parametrize(
    ("values", "clean"),
    [
        ([[KEY[:9], KEY[9:]]], [[MARK, ""]]),
        ([{"a": [{"b": KEY[:9]}, {"b": KEY[9:]}]}], [{"a": [{"b": MARK}, {"b": ""}]}]),
        ([[[KEY[:9]], [KEY[9:]]]], [[[MARK], [""]]]),
        ([{"a": KEY[:9], "b": KEY[9:]}], [{"a": KEY[:9], "b": KEY[9:]}]),
        ([{"a": [KEY[:9]]}, {"b": [KEY[9:]]}], [{"a": [KEY[:9]]}, {"b": [KEY[9:]]}]),
        ([{"a": {"b": KEY[:9]}}, {"a": {"b": KEY[9:]}}], [{"a": {"b": MARK}}, {"a": {"b": ""}}]),
        ([KEY[:9], 1, None, KEY[9:]], [MARK, 1, None, ""]),
        ([{"a": KEY}, {"a": KEY}], [{"a": MARK}, {"a": MARK}]),
        ([], []),
    ],
    ids=[
        "a list",
        "objects of a list",
        "lists",
        "keys",
        "lists of keys",
        "deep",
        "texts",
        "whole",
        "nothing",
    ],
)
def test_which_texts_are_read_together(values: list[Any], clean: list[Any]) -> None:
    assert redacted_together(values, Redactor({KEY: "KEY"})) == clean


@pytest.mark.parametrize(
    "stream",
    [
        f"data: {KEY[:9]}\ndata: {KEY[9:]}\n\n",
        f"id: {KEY[:9]}\ndata: 1\n\nid: {KEY[9:]}\ndata: 1\n\n",
        f"event: {KEY[:9]}\ndata: 1\n\nevent: {KEY[9:]}\ndata: 1\n\n",
        "".join(f"data: {json.dumps(piece)}\n\n" for piece in (KEY[:9], KEY[9:])),
    ],
)
def test_no_recording_holds_what_its_lines_spell_out(stream: str) -> None:
    recorded = recorded_stream(stream.encode(), "sse", Redactor({KEY: "KEY"}))
    assert MARK in recorded
    assert KEY[:9] not in recorded
    assert KEY[-9:] not in recorded


def sse(events: list[Any]) -> bytes:
    return "".join(f"id: 7\nevent: delta\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def ndjson(events: list[Any]) -> bytes:
    return "".join(f"{json.dumps(event)}\n" for event in events).encode()


STREAMS = {"text/event-stream": sse, "application/x-ndjson": ndjson}


@pytest.mark.parametrize("media_type", STREAMS)
async def test_no_answer_and_no_recording_holds_the_pieces(
    make_edge: Any, tmp_path: Path, media_type: str
) -> None:
    body = STREAMS[media_type]([{"text": piece} for piece in pieces_of(f"key {KEY}!", 3)])
    reply = Reply.of(body, headers={"Content-Type": media_type})
    request = HttpRequest(method="GET", url="/", connection="local", stream=StreamReading())
    async with ScriptedServer([reply]) as server:
        edge = make_edge(
            server.url,
            connection={"headers": {"X-Key": "$secrets.KEY"}},
            secrets={"KEY": KEY},
            recorder=Recorder(tmp_path),
        )
        answered = (await collect(edge, request, None)).content
        played = make_edge(server.url, fixtures=Fixtures.load(tmp_path))
        recorded = (await collect(played, request, None)).content
    assert "".join(event["text"] for event in answered) == f"key {MARK}!"
    assert recorded == answered


@pytest.mark.parametrize("media_type", STREAMS)
def test_a_recording_without_split_values_is_as_it_came(media_type: str) -> None:
    body = STREAMS[media_type]([{"text": "a"}, {"text": f"whole {KEY}"}]).replace(b": {", b":  {")
    format_: Any = "sse" if media_type == "text/event-stream" else "ndjson"
    recorded = recorded_stream(body, format_, Redactor({KEY: "KEY"}))
    assert recorded == body.decode().replace(json.dumps(KEY)[1:-1], MARK)
