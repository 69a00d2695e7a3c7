"""Reads the feature files of a conformance kit."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).parents[1] / "ctk"
_PROSE = re.compile(r"(Feature: .+|As an? .+|I want .+|So that .+)?")
_BLOCK = re.compile(r'"""(?:yaml)?\n(.*?)"""', re.DOTALL)


@dataclass
class Scenario:
    name: str
    feature: str
    definition: dict[str, Any]
    input: Any = None
    output: Any = None
    problem: dict[str, Any] | None = None
    faults: bool = False
    values: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])
    properties: list[str] = field(default_factory=list[str])
    item_counts: dict[str, int] = field(default_factory=dict[str, int])
    order: list[tuple[str, str, str | None]] = field(default_factory=list[tuple[str, str, str | None]])


@functools.cache
def scenarios(folder: Path = FOLDER) -> list[Scenario]:
    """Every scenario of every feature of a kit.

    Raises:
        ValueError: there is none, or one has a sentence that is not known.
    """
    found = [scenario for path in sorted(folder.glob("*.feature")) for scenario in _of_feature(path)]
    if not found:
        raise ValueError(f"{folder} has no feature files with scenarios")
    return found


def kit_name(folder: Path) -> str:
    """What a kit is called: both have the same scenarios, and errors with other addresses in them."""
    is_new = any("open-workflow-specification.org" in path.read_text() for path in folder.glob("*.feature"))
    return "Kit of July 2026" if is_new else "Kit of January 2026"


def _of_feature(path: Path) -> Iterator[Scenario]:
    head, *parts = re.split(r"^\s*Scenario: ", path.read_text(), flags=re.MULTILINE)
    for line in _sentences(head):
        if not _PROSE.fullmatch(line):
            raise ValueError(f"{path.name}: no step is known for: {line}")
    for part in parts:
        yield read_scenario(part, path.stem)


def read_scenario(text: str, feature: str) -> Scenario:
    """What stands behind `Scenario:` in a feature.

    Raises:
        ValueError: it has a sentence that is not known.
    """
    name, _, rest = text.partition("\n")
    steps = _steps(rest)
    scenario = Scenario(name.strip(), feature, {})
    for sentence, block in steps:
        _take(scenario, re.sub("^(Given|When|Then|And|But) ", "", sentence), block)
    return scenario


def _take(scenario: Scenario, sentence: str, block: Any) -> None:
    """Take a sentence in, whole: of one that is not known nobody could say whether it holds."""
    match sentence.removeprefix("given "):
        case "a workflow with definition:":
            scenario.definition = block
        case "the workflow input is:":
            scenario.input = block
        case "the workflow is executed" | "the workflow should complete":
            pass
        case "the workflow should complete with output:":
            scenario.output = block
        case "the workflow should fault":
            scenario.faults = True
        case "the workflow should fault with error:":
            scenario.faults, scenario.problem = True, block
        case other:
            _take_detail(scenario, other, block)


def _take_detail(scenario: Scenario, sentence: str, block: Any) -> None:
    output = "the workflow output should have "
    if re.fullmatch(rf"{output}properties '[^']+'(, '[^']+')*", sentence):
        scenario.properties += re.findall(r"'([^']+)'", sentence)
    elif count := re.fullmatch(rf"{output}a '([^']+)' property containing (\d+) items", sentence):
        scenario.item_counts[count[1]] = int(count[2])
    elif value := re.fullmatch(rf"{output}a '([^']+)' property with value:", sentence):
        scenario.values.append((value[1], block))
    elif order := re.fullmatch(r"(\w+) should run (?:(first|last)|(after) (\w+))", sentence):
        scenario.order.append((order[1], order[2] or order[3], order[4]))
    else:
        raise ValueError(f"{scenario.name}: no step is known for: {sentence}")


def _steps(text: str) -> list[tuple[str, Any]]:
    steps: list[tuple[str, Any]] = []
    end = 0
    for block in _BLOCK.finditer(text):
        sentences = _sentences(text[end : block.start()])
        steps += [(sentence, None) for sentence in sentences[:-1]]
        steps.append((sentences[-1], YAML(typ="safe").load(_dedent(block[1]))))
        end = block.end()
    steps += [(sentence, None) for sentence in _sentences(text[end:])]
    return steps


def _sentences(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _dedent(block: str) -> str:
    lines = block.splitlines()
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:] for line in lines)
