"""The names of definitions that are served, for who starts them and for definitions that run them."""

import pytest

from httptask.plugin import DefinitionRegistry, ServedDefinition
from support.definitions import compiled, document


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


def test_a_definition_is_found_with_its_namespace() -> None:
    registry = DefinitionRegistry([served("1.0.0"), served("1.10.0"), served("1.9.0")])
    assert registry.qualified("test/test:1.9.0") == "test/test:1.9.0"
    assert registry.qualified("test/test:latest") == "test/test:1.10.0"
    assert [registry.qualified(f"{name}:latest") for name in ("other/test", "test/other")] == [None, None]
    assert registry.qualified("test/test:2.0.0") is None


def test_who_runs_one_that_is_not_there_is_told_where() -> None:
    run = "run: { workflow: { namespace: test, name: %s, version: latest } }"
    program = compiled(f"do: [{{ a: {{ {run % 'test'} }} }}, {{ b: {{ {run % 'tset'} }} }}]").program
    assert program is not None
    [fault] = DefinitionRegistry([served("1.0.0")]).unknown(program)
    assert (fault.pointer, fault.message) == (
        "/do/1/b/run/workflow",
        "there is no definition `test/tset:latest`",
    )
    assert fault.hint == "definitions: `test/test:1.0.0`"
