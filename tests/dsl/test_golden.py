"""Golden error messages: what the loader says about each file under `golden`, word for word.

After a deliberate change run `uv run python tests/dsl/test_golden.py`, then read the difference.
"""

from pathlib import Path

import pytest

from httptask.dsl.loader import load_file

GOLDEN = Path(__file__).parent / "golden"


def rendered(path: Path) -> str:
    return "".join(f"{report}\n" for report in load_file(path).reports).replace(str(path), path.name)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.yaml")), ids=lambda path: path.stem)
def test_messages(path: Path) -> None:
    assert rendered(path) == path.with_suffix(".txt").read_text()


def test_every_expectation_has_its_definition() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {path.stem for path in GOLDEN.glob("*.yaml")}


def test_ten_faults_are_ten_reports() -> None:
    assert len(load_file(GOLDEN / "ten-faults.yaml").reports) == 10


if __name__ == "__main__":
    for definition in GOLDEN.glob("*.yaml"):
        definition.with_suffix(".txt").write_text(rendered(definition))
