"""Names of definitions that no client could start are refused where they are served."""

import pytest

from httptask.plugin import DefinitionRegistry, ServedDefinition
from support.definitions import document


def served(version: str) -> ServedDefinition:
    definition = document(do=[{"one": {"set": {"a": 1}}}])
    definition["document"]["version"] = version
    return ServedDefinition(source="long.yaml", definition=definition)


def test_a_version_of_5000_digits_is_refused_with_its_file() -> None:
    with pytest.raises(ValueError, match=r"long\.yaml: namespace, name and version are 5,014 bytes together"):
        DefinitionRegistry([served("1.0.0"), served(f"{'1' * 5000}.0.0")])


def test_the_longest_name_is_served() -> None:
    version = f"{'1' * (1000 - len('test/test:.0.0'))}.0.0"
    assert f"test/test:{version}" in DefinitionRegistry([served(version)]).names
