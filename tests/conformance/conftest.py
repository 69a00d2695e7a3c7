from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support.conformance_page import Row, written
from support.ctk import FOLDER, kit_name, scenarios
from support.others_definitions import definition_files

_COMMON = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
settings.register_profile("few", _COMMON, max_examples=25, derandomize=True)
settings.register_profile("large", _COMMON, max_examples=1000)

ROWS: list[Row] = []
"""What the tests of this run tell the page."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance")
    group.addoption(
        "--ctk",
        type=Path,
        action="append",
        metavar="FOLDER",
        help="the feature files of a conformance kit to run, in place of those in tests/ctk; may be repeated",
    )
    group.addoption(
        "--examples",
        action="append",
        default=[],
        metavar="NAME=FOLDER",
        help="definitions of others to run on stand-ins, and what to call them; may be repeated",
    )
    group.addoption("--page", type=Path, metavar="FILE", help="write what came of it as a page")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--hypothesis-profile") is None:
        settings.load_profile("few")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the tests of others' definitions where none are given."""
    is_of_others = collection_path.name == "test_examples.py"
    return True if is_of_others and not config.getoption("examples", default=[]) else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make each scenario of the kits a test, and each definition of others."""
    options = metafunc.config.option
    if metafunc.function.__name__ == "test_scenario":
        kits = [folder.resolve() for folder in getattr(options, "ctk", None) or [FOLDER]]
        cases = [(kit_name(folder), scenario) for folder in kits for scenario in scenarios(folder)]
        metafunc.parametrize(
            ("kit", "scenario"),
            [
                pytest.param(
                    kit,
                    scenario,
                    id=scenario.name if len(kits) == 1 else f"{kit.split()[2]}: {scenario.name}",
                )
                for kit, scenario in cases
            ],
        )
    if metafunc.function.__name__ == "test_example":
        found = definition_files(getattr(options, "examples", []))
        cases_of_others = [
            pytest.param(name, path, id=f"{name} {number}") for number, (name, path) in enumerate(found)
        ]
        metafunc.parametrize(("name", "path"), cases_of_others)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call":
        for key, value in report.user_properties:
            if key == "conformance" and isinstance(value, tuple | list):
                of, name, result, told, is_scenario = value
                ROWS.append(Row(of, name, result, told, is_scenario, report.passed))


def pytest_sessionfinish(session: pytest.Session) -> None:
    page: Path | None = session.config.getoption("--page", default=None)
    if page is not None:
        page.write_text(written(ROWS, page.read_text() if page.exists() else ""))
