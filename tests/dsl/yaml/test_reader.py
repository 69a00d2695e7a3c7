"""Reading YAML: plain data, exact places, and every fault with its own."""

import json
import time

import pytest

from httptask.dsl.bounds import MAX_DEPTH
from httptask.dsl.yaml import Document, Place, read_yaml


def found(document: Document) -> list[tuple[str, int, int]]:
    return [(located.fault.code, *located.place) for located in document.faults]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (
            "a: yes\nb: on\nc: 012\nd: 0x1F\ne: 0o17\nf: 1e3",
            {"a": "yes", "b": "on", "c": 12, "d": 31, "e": 15, "f": 1000.0},
        ),
        ("a: 2024-01-01\nb: 12:30:45\nc: 1_000", {"a": "2024-01-01", "b": "12:30:45", "c": "1_000"}),
        ("a: null\nb: ~\nc:\nd: ''", {"a": None, "b": None, "c": None, "d": ""}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("%YAML 1.1\n---\na: yes\n", {"a": "yes"}),
        ("\ufeffa: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("a: ${ .x }\nb: x${ .y }z", {"a": "${ .x }", "b": "x${ .y }z"}),
        (
            '{\n\t"a": 1,\n\t"b": "\\ud83d\\ude00\\/", "c": [true, 1.5]\n}',
            {"a": 1, "b": "😀/", "c": [True, 1.5]},
        ),
        (
            "a:\t# x\n  - b:\t1\t# y\n\t# z\n\t\n    c: 'd\t# e'\t\n    f: |\n      g\t# h\n",
            {"a": [{"b": 1, "c": "d\t# e", "f": "g\t# h\n"}]},
        ),
        ("", None),
        ("# nothing", None),
    ],
)
def test_reads_the_core_schema_of_yaml_1_2_and_json(text: str, data: object) -> None:
    document = read_yaml(text)
    assert (document.data, document.faults, document.complete) == (data, (), True)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("a:\n\tb: 1", [("syntax", 2, 1)]),
        ("-\ta: 1", [("syntax", 1, 4)]),
        ("# x\n%YAML 1.3\n---\na: 1", [("syntax", 2, 1)]),
        ("%YAML 2.0\n---\na: 1", [("syntax", 1, 1)]),
        (f"%YAML 1.{'9' * 5000}\n---\na: 1", [("syntax", 1, 1)]),
        ("a: b: c", [("syntax", 1, 5)]),
        ('b: 1\na: "x\n', [("syntax", 2, 4)]),
        ("a: [1, 2\nb: 3", [("syntax", 2, 2)]),
        ("a: {b: 1", [("syntax", 1, 9)]),
        ("- a\nb: 1", [("syntax", 2, 1)]),
        ("a: @x", [("syntax", 1, 4)]),
        ('a: "b" c', [("syntax", 1, 8)]),
        ('a: "\\q"', [("syntax", 1, 6)]),
        ("a: x\0", [("syntax", 1, 5)]),
        ("a: 1\n---\nb: 2", [("several-documents", 2, 1)]),
        ("? [a]\n: 1", [("key-not-text", 1, 3)]),
        ("{ { a: 1 }: 2 }", [("key-not-text", 1, 3)]),
        ("a: &x 1\n*x : 2", [("key-not-text", 2, 1)]),
        ("a:\n  404: x\n  true: y\n  null: z", [("key-not-text", line, 3) for line in (2, 3, 4)]),
        (
            "a: 1\nb: {c: 2, c: {d: 3, d: 4}}\na: 5",
            [("duplicate-key", 2, 11), ("duplicate-key", 2, 21), ("duplicate-key", 3, 1)],
        ),
        ("a: !!python/object:os.system x\nb: !t {c: 1}", [("tag", 1, 4), ("tag", 2, 4)]),
        (
            "a: .inf\nb: -1e999\nc: .NaN\nd: '\\ud83d'\ne: \"\\ud83d\"",
            [("not-json", line, 4) for line in (1, 2, 3, 5)],
        ),
        ("a: " + "9" * 500, [("not-json", 1, 4)]),
        ("a: *x\nb: &y [*y]", [("unknown-alias", 1, 4), ("unknown-alias", 2, 8)]),
        ("a: &x {b: 1}\nc: { <<: *x }", [("merge-key", 2, 6)]),
    ],
)
def test_tells_each_fault_with_its_place(text: str, faults: list[tuple[str, int, int]]) -> None:
    assert found(read_yaml(text)) == faults


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: { x: ${ .y }, z: 1 }", {"a": {"x": "${ .y }", "z": 1}}),
        ("a: [ ${ .y }, Hi ${ .n } there ]", {"a": ["${ .y }", "Hi ${ .n } there"]}),
        ("a: ${ .x == {y: 1} }\nb: 1", {"a": "${ .x == {y: 1} }", "b": 1}),
        ('a: "Hi ${ .x // "none" }!"\nb: 2', {"a": 'Hi ${ .x // "none" }!', "b": 2}),
        ('a: { x: ${ "}" }, y: ${ {a: 1} } }', {"a": {"x": '${ "}" }', "y": "${ {a: 1} }"}}),
    ],
)
def test_reads_on_behind_an_expression_that_lacks_quotes(text: str, data: object) -> None:
    document = read_yaml(text)
    assert document.data == data
    assert document.complete
    assert {located.fault.code for located in document.faults} == {"unquoted-expression"}
    assert len(document.faults) == text.count("${")


def test_a_yaml_comment_inside_an_expression_is_explained() -> None:
    (located,) = read_yaml("a: ${ .x # why }\n").faults
    assert located.fault.hint == "remove the comment: `${ .x }`"


def test_hints_of_unquoted_expressions_can_be_pasted() -> None:
    for text in ('{ x: ${ .a == "b" } }', "{ x: ${ .a } }", '{ x: ${ .a == "it\'s" } }'):
        (located,) = read_yaml(text).faults
        assert located.fault.hint is not None
        quoted = located.fault.hint.removeprefix("write ")
        assert read_yaml(f"{{ x: {quoted} }}").data == read_yaml(text).data


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (bomb(5), "alias-bomb"),
        ("a: &a " + "x" * 500_000 + "\nb: [*a, *a, *a]", "alias-bomb"),
        ("[" * 100_000, "too-deep"),
        ("{a: " * 100_000, "too-deep"),
        ("a: " + "é" * (1 << 19), "too-large"),
    ],
)
def test_hostile_texts_are_refused_quickly(text: str, code: str) -> None:
    started = time.process_time()  # other processes of this machine are no fault of the text's
    document = read_yaml(text)
    assert [located.fault.code for located in document.faults] == [code]
    assert not document.complete
    assert time.process_time() - started < 5


def test_as_deep_as_allowed() -> None:
    assert read_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH).faults == ()


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ("a: abc ${ .x }", 4, Place(1, 8)),
        ('a: "abc ${ .x }"', 4, Place(1, 9)),
        ("b: 1\na: |\n  abc\n   d ${ .x }\n", 7, Place(4, 6)),
        ("a: |-\n\n  é ${ .x }", 3, Place(3, 5)),
        ('a: "a\\tb ${ .x }"', 4, Place(1, 4)),
        ("a: >\n  abc\n  ${ .x }\n", 4, Place(1, 4)),
    ],
)
def test_places_inside_a_text_are_exact_or_its_beginning(text: str, offset: int, place: Place) -> None:
    assert read_yaml(text).positions.value("/a", offset) == place


def test_places_of_keys_and_values() -> None:
    positions = read_yaml("do:\n  - 'a/b':\n      x~: [1, {y: 2}]\n").positions
    assert positions.key("/do/0/a~1b") == Place(2, 5)
    assert positions.value("/do/0/a~1b/x~0/1/y") == Place(3, 19)
    assert positions.key("/do/0/a~1b/x~0/1") == Place(3, 15)
    assert positions.value("/do/0/a~1b/missing") == Place(2, 5)


def test_what_an_alias_repeats_stands_at_the_alias() -> None:
    assert read_yaml("a: &x {b: 1}\nc: *x").positions.value("/c/b") == Place(2, 1)


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
def test_what_was_a_line_break_in_yaml_1_1_is_text_like_any_other(character: str) -> None:
    held = f"x{character}y"
    text = (
        f"# {held}\nquoted: '{held}'\ndouble: \"{held}\"\nplain: {held}\nblock: |\n  {held}\n  z\nlast: 1\n"
    )
    document = read_yaml(text)
    assert (document.data, document.faults) == (
        {"quoted": held, "double": held, "plain": held, "block": f"{held}\nz\n", "last": 1},
        (),
    )
    assert document.positions.key("/last") == Place(8, 1)


def test_everything_that_json_can_hold_is_read_back() -> None:
    data: dict[str, object] = {
        "text": 'a"\\\n\t\x85\u2028\u2029é😀',
        "numbers": [0, -1, 1.5, 1e300, 10**30],
        "": {},
        "none": None,
        "list": [[], {}],
    }
    for text in (json.dumps(data), json.dumps(data, indent="\t", ensure_ascii=False)):
        document = read_yaml(text)
        assert (document.data, document.faults) == (data, ())
