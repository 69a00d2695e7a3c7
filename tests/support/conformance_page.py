"""docs/conformance.md: what came of a run of `tests/conformance`."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

__all__ = ["SPECIFICATION", "Row", "score", "written"]

SPECIFICATION = "specification"
"""What its examples are called, each of which has a line."""

_HEAD = """# Conformance

How much of the [Open Workflow Specification](https://github.com/open-workflow-specification/specification) runs, as its
conformance kit and the definitions of others show. The kit's features are run as they are, on a Temporal server, with a local
server in place of the two that they ask. This page is written by

```sh
uv run poe conformance --ctk KIT --examples specification=FOLDER --examples sdk-java=FOLDER
```

where `KIT` is a folder of feature files; `tests/ctk` has the kit of January 2026, and without `--ctk` that one is run. What a
run does not have stays as it is on the page.
"""
_KITS = "## Conformance kits"
_OTHERS = "## Definitions of others"
_EXAMPLES = """
Definitions that others wrote, each run against a local server in place of those it names, or refused by name at a place in it
(line and column).
"""
_RESULTS = {
    "runs": "run to the end",
    "raises": "end in the error that they raise",
    "unsupported": "refused by name",
    "fails": "end in another error",
    "refused": "refused for a fault",
}


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one test.

    Attributes:
        of: the kit, or the name that was given to the folder of a definition.
        name: of the scenario or the definition.
        result: the feature of a scenario; of a definition, a key of `_RESULTS`.
        told: what is to be said of it besides.
        is_scenario: whether it is one.
    """

    of: str
    name: str
    result: str
    told: str
    is_scenario: bool
    passed: bool


def written(rows: Sequence[Row], before: str = "") -> str:
    """The page of such a run; of kits and folders that it did not have, what the page said before.

    Args:
        rows: what the run tells.
        before: the page as it was.
    """
    kits, others = (dict(_sections(before, part)) for part in (_KITS, _OTHERS))
    for kit, found in _grouped([row for row in rows if row.is_scenario]):
        kits[kit] = "".join([f"{score(found)}\n\n", *_features(found)])
    for name, found in _grouped([row for row in rows if not row.is_scenario]):
        others[name] = "".join(_lines(found) if name == SPECIFICATION else _results(found))
    parts = [_HEAD, f"\n{_KITS}\n", *_titled(kits)]
    if others:
        parts += [f"\n{_OTHERS}\n", _EXAMPLES, *_titled(others)]
    return "".join(parts)


def _sections(page: str, part: str) -> Iterator[tuple[str, str]]:
    of_part = page.partition(f"\n{part}\n")[2].partition("\n## ")[0]
    for section in of_part.split("\n### ")[1:]:
        title, _, text = section.partition("\n\n")
        yield title, text


def _titled(sections: Mapping[str, str]) -> Iterator[str]:
    for title, text in sorted(sections.items()):
        yield f"\n### {title}\n\n{text}"


def score(rows: Sequence[Row]) -> str:
    """How many scenarios pass, and which don't."""
    missing = [f"*{row.name}* ({row.told})" for row in rows if not row.passed]
    rest = f" Not yet: {', '.join(missing)}." if missing else ""
    return f"{len(rows) - len(missing)} of {len(rows)} scenarios pass.{rest}"


def _grouped(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    for of, found in groupby(sorted(rows, key=lambda row: row.of), lambda row: row.of):
        yield of, list(found)


def _features(rows: Sequence[Row]) -> Iterator[str]:
    yield "| Feature | Pass |\n|---|---|\n"
    for feature in dict.fromkeys(row.result for row in rows):
        of_feature = [row for row in rows if row.result == feature]
        yield f"| {feature} | {sum(row.passed for row in of_feature)} of {len(of_feature)} |\n"


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    yield f"{_counts(rows)}\n\n| Example | |\n|---|---|\n"
    for row in rows:
        told = f": {row.told}" if row.told else ""
        yield f"| {row.name} | {_RESULTS[row.result]}{told} |\n"


def _results(rows: Sequence[Row]) -> Iterator[str]:
    yield f"{_counts(rows)}\n\n| | |\n|---|---|\n"
    for result, words in _RESULTS.items():
        names: dict[str, list[str]] = {}
        for row in rows:
            if row.result == result:
                names.setdefault(_without_places(row.told), []).append(row.name)
        for told, found in names.items():
            yield f"| {words}{told and f': {told}'} | {', '.join(found)} |\n"


def _without_places(told: str) -> str:
    return "; ".join(dict.fromkeys(re.sub(r"^\d+:\d+ ", "", part) for part in told.split("; ")))


def _counts(rows: Sequence[Row]) -> str:
    counts = {words: sum(row.result == result for row in rows) for result, words in _RESULTS.items()}
    told = [f"{count} {words}" for words, count in counts.items() if count]
    return f"{len(rows)} definitions: {', '.join(told)}."
