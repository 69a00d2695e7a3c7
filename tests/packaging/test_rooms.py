"""Tests lie where what they test lies: those of `httptask.secrets` in `tests/secrets`."""

from pathlib import Path

TESTS = Path(__file__).parents[1]
ROOTS = [TESTS.parent / root / "httptask" for root in ("plugin", "workflows", "activities")]
OF_NO_ROOM = {"conformance", "e2e", "examples", "histories", "packaging", "typing"}
"""They test the whole, or what is around it."""


def test_tests_lie_in_the_rooms_of_what_they_test() -> None:
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")} - {
        Path(folder) for folder in OF_NO_ROOM
    }
    astray = {str(folder) for folder in folders if not any((root / folder).is_dir() for root in ROOTS)}
    assert astray == set()
