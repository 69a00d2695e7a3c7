"""The page about the architecture, held against the code: it names files that are there, and the rooms in their order."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text()
ROOMS = [ROOT / root / "httptask" for root in ("plugin", "workflows", "activities")]
LINE = re.compile(r"^ +\w+(?:\[.*?\])?(?: --> \w+(?:\[.*?\])?)+$", re.MULTILINE)
NODE = re.compile(r"(\w+?)(?:room)?(?:\[.*?\])?(?: --> |$)")


def layers() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (contract, *_) = settings["tool"]["importlinter"]["contracts"]
    return [name for layer in contract["layers"] for name in layer.split(" : ")]


def test_names_what_is_there() -> None:
    names = set(re.findall(r"`([a-z_]+/[a-z_/]*(?:\.py)?)`", PAGE))
    places = (ROOT, *ROOMS)
    assert len(names) > 100
    assert [name for name in sorted(names) if not any((place / name).exists() for place in places)] == []


def test_draws_the_rooms_in_their_order() -> None:
    arrows = [
        arrow
        for line in LINE.findall(PAGE)
        for arrow in pairwise(node for node in NODE.findall(line.strip()) if node)
    ]
    order = layers()
    assert {name for arrow in arrows for name in arrow} == set(order) - {"testing"}
    assert [arrow for arrow in arrows if order.index(arrow[0]) >= order.index(arrow[1])] == []
