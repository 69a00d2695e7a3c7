"""`--input`: where it comes from, and how its faults read."""

import io
from pathlib import Path

import pytest

from httptask.cli.errors import CliError
from httptask.cli.inputs import check_input, read_input
from httptask.dsl.loader import load_text
from support.commands import Shell

TAKES_NUMBER = """
document: { dsl: 1.0.3, namespace: tests, name: takes, version: 1.0.0 }
input: { schema: { document: { type: object, required: [n], properties: { n: { type: integer } } } } }
do:
  - keep: { set: { n: "${ .n }" } }
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(argument: str, option: str = "--input") -> CliError:
    with pytest.raises(CliError) as raised:
        read_input(argument, option)
    return raised.value


def test_text_file_and_stdin(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "input.json").write_bytes(b'\xef\xbb\xbf{"n": 1}')
    monkeypatch.setattr("sys.stdin", io.StringIO("[1]"))
    assert read_input('{"n": 1}') == {"n": 1}
    assert read_input("@input.json") == {"n": 1}
    assert read_input("-") == [1]
    assert read_input(None) is None


def test_fault_in_a_file_has_its_place(folder: Path) -> None:
    (folder / "input.json").write_text('{\n  "n": }')
    assert refusal("@input.json").message == "input.json:2:8: not valid JSON: Expecting value"


def test_fault_on_the_command_line_hints_at_quoting() -> None:
    error = refusal("{n: 1}")
    assert error.message.startswith("--input:1:2: not valid JSON")
    assert "quote it for the shell" in (error.hint or "")


def test_file_without_its_at_sign(folder: Path) -> None:
    (folder / "input.json").write_text("{}")
    assert refusal("input.json").hint == "for a file, write --input @input.json"


async def test_hints_name_the_option_that_was_used(shell: Shell) -> None:
    shell.write("takes.yaml", TAKES_NUMBER)
    for option in ("--task-input", "--outputs", "--variables", "--context"):
        code, command = await shell.run("test-request", "takes.yaml", "keep", option, "{bad")
        assert code == 2
        assert command.stderr == (
            f"error: {option}:1:2: not valid JSON: Expecting property name enclosed in double quotes\n"
            f"""  hint: quote it for the shell: {option} '{{"name": "value"}}'; for a file, write {option} @FILE\n"""
        )


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("@absent.json", "--input: can't read absent.json: No such file or directory"),
        ("@latin.json", "--input: latin.json is not UTF-8 text"),
        ("[NaN]", "--input: not usable JSON: NaN is not JSON"),
        ("[" * 100_000, "--input: not usable JSON: "),
    ],
)
def test_other_faults(folder: Path, argument: str, message: str) -> None:
    (folder / "latin.json").write_bytes(b'"\xe9"')
    assert refusal(argument).message.startswith(message)


def test_schema_is_checked_before_anything_starts() -> None:
    loaded = load_text(TAKES_NUMBER, "takes.yaml")
    check_input(loaded, {"n": 1})
    with pytest.raises(CliError) as raised:
        check_input(loaded, {"n": "x"})
    assert raised.value.message == '--input does not fit its schema: /n: "x" is not of type "integer"'
    assert raised.value.hint == "see input.schema in takes.yaml"
