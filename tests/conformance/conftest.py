from pathlib import Path

import pytest

from support.ctk import FOLDER, NOT_YET, scenarios


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance")
    group.addoption(
        "--ctk",
        type=Path,
        default=FOLDER,
        metavar="FOLDER",
        help="the feature files of a conformance kit to run, in place of those in tests/ctk",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make each scenario of the kit a test."""
    if metafunc.function.__name__ == "test_scenario":
        cases = [
            pytest.param(
                scenario,
                id=scenario.name,
                marks=[pytest.mark.xfail(reason=f"not supported: {NOT_YET[scenario.name]}", strict=True)]
                if scenario.name in NOT_YET
                else [],
            )
            for scenario in scenarios(metafunc.config.getoption("--ctk", default=FOLDER).resolve())
        ]
        metafunc.parametrize("scenario", cases)
