"""Reads the conformance kit's feature files."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).parents[1] / "ctk"
_BLOCK = re.compile(r'"""(?:yaml)?\n(.*?)"""', re.DOTALL)


@dataclass
class Scenario:
    name: str
    definition: dict[str, Any]
    input: Any = None
    output: Any = None
    problem: dict[str, Any] | None = None
    properties: list[str] = field(default_factory=list[str])
    item_counts: dict[str, int] = field(default_factory=dict[str, int])
    order: list[tuple[str, str, str | None]] = field(default_factory=list[tuple[str, str, str | None]])


def scenarios() -> list[Scenario]:
    """Every scenario of every feature."""
    return [
        _scenario(part)
        for path in sorted(FOLDER.glob("*.feature"))
        for part in re.split(r"^\s*Scenario: ", path.read_text(), flags=re.MULTILINE)[1:]
    ]


def _scenario(text: str) -> Scenario:
    name, _, rest = text.partition("\n")
    steps = _steps(rest)
    scenario = Scenario(name.strip(), {})
    for sentence, block in steps:
        if "workflow with definition" in sentence:
            scenario.definition = block
        elif "workflow input is" in sentence:
            scenario.input = block
        elif "complete with output" in sentence:
            scenario.output = block
        elif "fault with error" in sentence:
            scenario.problem = block
        elif "should have properties" in sentence:
            scenario.properties += re.findall(r"'([^']+)'", sentence)
        elif count := re.search(r"have a '(\w+)' property containing (\d+) items", sentence):
            scenario.item_counts[count[1]] = int(count[2])
        elif order := re.search(r"(\w+) should run (first|last|after)(?: (\w+))?", sentence):
            scenario.order.append((order[1], order[2], order[3]))
    return scenario


def _steps(text: str) -> list[tuple[str, Any]]:
    steps: list[tuple[str, Any]] = []
    end = 0
    for block in _BLOCK.finditer(text):
        sentences = [line.strip() for line in text[end : block.start()].splitlines() if line.strip()]
        steps += [(sentence, None) for sentence in sentences[:-1]]
        steps.append((sentences[-1], YAML(typ="safe").load(_dedent(block[1]))))
        end = block.end()
    steps += [(line.strip(), None) for line in text[end:].splitlines() if line.strip()]
    return steps


def _dedent(block: str) -> str:
    lines = block.splitlines()
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:] for line in lines)
