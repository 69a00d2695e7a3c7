"""Definitions as texts, in the forms that people and editors give them: what edits of texts are held against."""

import os
import random
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from textwrap import dedent
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from ruamel.yaml import YAML

from httptask.dsl.yaml import read_yaml
from httptask.dsl.yaml.writing import write_flow, write_lines
from httptask.json.pointer import child_pointer, pointer_tokens
from httptask.json.types import is_array, is_object
from support.random_definitions import definitions

__all__ = ["TRIES", "VALUES", "at", "changed_lines", "forms", "lines_of", "pointers", "spread", "texts"]

ROOT: Final = Path(__file__).parents[2]

TRIES: Final = int(os.environ.get("HTTPTASK_EDITS", "15"))
"""Definitions of which each test takes some forms: `HTTPTASK_EDITS=300` takes twenty times as many as the suite."""

FOLDERS: Final = os.environ.get("HTTPTASK_DEFINITIONS", "").split()
"""Further definitions that are edited: the specification's examples, or those of a kit."""

VALUES: Final[tuple[Any, ...]] = (
    "text", "two words", "it's", 'say "x"', "${ .a }", "a: b", "# no comment", "yes", "1.0", "", " lead", "l1\nl2\n",
    "l1\n\n  l2", "é€😀", 7, -1.5, True, None, {}, [], {"a": 1, "b": {"c": [1, "x"]}}, [1, {"a": "b"}], "\t", "null", "- x", "{a}", "[b", "&x", "*y", "!z", "%", "@", "`", "|",
)  # fmt: skip
"""What fields are given."""

_ANCHORS: Final = "metadata: { shared: &shared { retries: 3 }, same: *shared }\n"


@lru_cache
def texts() -> list[str]:
    """Definitions, each one once: those that there are, and generated ones, of which `TRIES` of 300 has more."""
    files = [*ROOT.glob("examples/*/*.yaml"), *ROOT.glob("tests/histories/**/*.yaml")]
    files += [file for name in FOLDERS for file in Path(name).rglob("*.y*ml")]
    kits = [*ROOT.glob("tests/ctk/*.feature")]
    kits += [file for name in FOLDERS for file in Path(name).rglob("*.feature")]
    found = [file.read_text() for file in sorted(files)]
    for kit in sorted(kits):
        blocks = re.findall(r'"""(?:yaml)?\n(.*?)"""', kit.read_text(), re.DOTALL)
        found += [dedent(block) for block in blocks]
    known = dict.fromkeys(text for text in found if re.search("(?m)^do:", text))
    return [*known, *_generated(max(TRIES - len(known), 2 * len(_WAYS)))]


def _generated(count: int) -> list[str]:
    """Random definitions, each written in another way."""
    made: dict[str, None] = {}

    @settings(
        max_examples=count + count // 4,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(definitions())
    def keep(definition: dict[str, Any]) -> None:
        if len(made) < count:
            made["\n".join(_WAYS[len(made) % len(_WAYS)](definition)) + "\n"] = None

    keep()
    return [*made]


def _tasks_in_flow(definition: dict[str, Any]) -> list[str]:
    head = {key: value for key, value in definition.items() if key != "do"}
    return [*write_lines(head), "do:", *(f"  - {write_flow(task)}" for task in definition["do"])]


_WAYS: Final[tuple[Callable[[dict[str, Any]], list[str]], ...]] = (
    write_lines,
    lambda definition: write_lines(definition, list_indent=0),
    lambda definition: write_lines(definition, step=4),
    _tasks_in_flow,
    lambda definition: [write_flow(definition)],
)


def forms(text: str) -> list[str]:
    """A text in the forms that editors leave behind, each that it can have once."""
    unindented = re.sub(r"(?m)^  (?=- |    )", "", text) if "\ndo:\n  - " in text else text
    found = [
        text,
        text.replace("\n", "\r\n"),
        "\ufeff" + text,
        text.rstrip("\n"),
        unindented,
        f"--- # begins\n{text}",
        re.sub(r"(?m)^( *- [\w-]+:)$", r"\1   # said of it", text),
        _ANCHORS + text.replace("\ndo:", "\n# said of all\n\ndo:") if text.startswith("document:") else text,
    ]
    return [form for form in dict.fromkeys(found) if not read_yaml(form).faults]


def spread(chance: random.Random) -> Iterator[str]:
    """`TRIES` of the definitions, from the first to the last, each in one of its forms."""
    known = texts()
    for number in range(TRIES):
        yield chance.choice(forms(known[number * len(known) // TRIES]))


def at(data: Any, pointer: str) -> Any:
    """What stands at a pointer."""
    for key in pointer_tokens(pointer):
        data = data[int(key)] if is_array(data) else data[key]
    return data


def pointers(data: Any, pointer: str = "") -> list[str]:
    """Of all that stands in data, but of the whole."""
    pairs: Any = data.items() if is_object(data) else enumerate(data) if is_array(data) else ()
    found = [pointer] if pointer else []
    for key, value in pairs:
        found += pointers(value, child_pointer(pointer, key))
    return found


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines of both that are not those at the beginning and at the end that both have."""
    old, new = before.split("\n"), after.split("\n")
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return old, new


def lines_of(text: str, pointer: str) -> range:
    """The lines, from 0, on which a field stands with its key: as the YAML library tells them, without our reader."""
    library: Any = YAML(pure=True)
    node = library.compose(text)
    first = 0
    for key in pointer_tokens(pointer):
        if node.id == "mapping":
            name, node = next(pair for pair in node.value if pair[0].value == key)
            first = name.start_mark.line
        else:
            node = node.value[int(key)]
            first = node.start_mark.line
    return range(first, max(first, _last_line(node)) + 1)


def _last_line(node: Any) -> int:
    """Of the last thing that a value holds: the library has blocks end where the next begins."""
    if node.id == "scalar":
        return int(node.end_mark.line) - (node.style in ("|", ">") and node.end_mark.column == 0)
    if node.flow_style or not node.value:
        return int(node.end_mark.line)
    last = node.value[-1]
    return _last_line(last[1] if node.id == "mapping" else last)
