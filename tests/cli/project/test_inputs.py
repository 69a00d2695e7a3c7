"""`--input`: where it comes from, and how its faults read."""

import io
import os
from pathlib import Path

import pytest

from httptask.cli.project.inputs import check_input, read_assigned, read_input
from httptask.cli.terminal.errors import CliError
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


def test_stdin_is_read_for_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("[1]"))
    assert read_input("-") == [1]
    assert refusal("-", "--outputs").message == "--input and --outputs can't both come from stdin"


def test_stdin_that_is_no_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff"), encoding="utf-8"))
    assert refusal("-").message == "--input: stdin is not UTF-8 text"


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
        ("@", "--input: no file is named behind @"),
        ("", "--input: there is nothing in it"),
        ("@blank.yaml", "blank.yaml: there is nothing in it"),
        ("@latin.json", "--input: latin.json is not UTF-8 text"),
        ("[NaN]", "--input: not usable JSON: NaN is not JSON"),
        ("[" * 100_000, "--input: not usable JSON: "),
    ],
)
def test_other_faults(folder: Path, argument: str, message: str) -> None:
    (folder / "blank.yaml").write_text("\n")
    (folder / "latin.json").write_bytes(b'"\xe9"')
    assert refusal(argument).message.startswith(message)


def test_schema_is_checked_before_anything_starts() -> None:
    loaded = load_text(TAKES_NUMBER, "takes.yaml")
    check_input(loaded, {"n": 1}, given=True)
    with pytest.raises(CliError) as raised:
        check_input(loaded, {"n": "x"}, given=True)
    assert raised.value.message == '--input does not fit its schema: /n: "x" is not of type "integer"'
    assert raised.value.hint == "see input.schema in takes.yaml"


def test_no_input_where_one_is_asked_for(folder: Path) -> None:
    loaded = load_text(TAKES_NUMBER, "takes.yaml")
    for hint in ("""'{"name": "value"}' or @FILE""", "@input.json"):
        with pytest.raises(CliError) as raised:
            check_input(loaded, None, given=False)
        assert raised.value.message == "no --input was given, and the definition asks for one"
        assert raised.value.hint == f"write --input {hint}; see input.schema in takes.yaml"
        (folder / "input.json").touch()


def test_yaml_from_a_file_and_in_blocks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "input.yaml").write_text("{ n: 1, day: 2026-11-28 }")
    monkeypatch.setattr("sys.stdin", io.StringIO("- 1\n- two\n"))
    assert read_input("@input.yaml") == {"n": 1, "day": "2026-11-28"}
    assert read_input("-") == [1, "two"]
    assert read_input("caller: Ann\nurgent: yes") == {"caller": "Ann", "urgent": "yes"}


def test_a_fault_in_yaml_has_its_place(folder: Path) -> None:
    (folder / "input.yaml").write_text("n: 1\nn: 2\n")
    assert refusal("@input.yaml").message.startswith("input.yaml:2:1: ")


@pytest.mark.parametrize("argument", ["{caller: Ann}", "{caller:Ann}", "hello", "[1, two]"])
def test_what_a_shell_took_quotes_from_is_not_guessed_at(argument: str) -> None:
    assert "not valid JSON" in refusal(argument).message


def test_files_become_members(folder: Path) -> None:
    (folder / "notes.txt").write_text("Ann called.\n")
    (folder / "photo.png").write_bytes(b"\x89PNG")
    files = ["notes=@notes.txt", "photo=base64@photo.png"]
    assert read_input('{"n": 1}', files=files) == {"n": 1, "notes": "Ann called.\n", "photo": "iVBORw=="}
    assert read_input(None, files=files[:1]) == {"notes": "Ann called.\n"}


@pytest.mark.parametrize(
    ("argument", "message", "hint"),
    [
        ("notes.txt", "--input-file: notes.txt is not NAME=@FILE", "write NAME=@FILE for the text of a file"),
        ("a=notes.txt", "--input-file: a=notes.txt is not NAME=@FILE", "write NAME=@FILE"),
        ("a=@absent", "--input-file: can't read absent: No such file or directory", ""),
        (
            "a=@photo.png",
            "--input-file: photo.png is not UTF-8 text",
            "for its bytes in base64, write a=base64@photo.png",
        ),
        ("n=@notes.txt", "--input-file: the input has n already", "give it once"),
    ],
    ids=["no name", "no file sign", "absent", "not text", "twice"],
)
def test_faults_of_files(folder: Path, argument: str, message: str, hint: str) -> None:
    (folder / "notes.txt").touch()
    (folder / "photo.png").write_bytes(b"\x89PNG")
    with pytest.raises(CliError) as raised:
        read_input('{"n": 1}', files=[argument])
    assert raised.value.message == message
    assert (raised.value.hint or "").startswith(hint)


@pytest.mark.usefixtures("one_server")
async def test_a_run_reads_files_into_its_input(shell: Shell) -> None:
    shell.write(
        "keeps.yaml",
        TAKES_NUMBER.replace("n: { type: integer }", "n: { type: string }").replace("[n]", "[n, m]"),
    )
    shell.write("n.txt", "one")
    code, command = await shell.run("run", "keeps.yaml", "--input", "m: 2", "--input-file", "n=@n.txt")
    assert (code, command.stdout) == (0, '{\n  "n": "one"\n}\n'), command.stderr


@pytest.mark.parametrize("name", ["pipe", "/dev/zero"])
def test_what_has_no_end_is_no_input(folder: Path, name: str) -> None:
    os.mkfifo(folder / "pipe")
    assert refusal(f"@{name}").message == f"--input: can't read {name}: is no regular file"
    with pytest.raises(CliError, match="is no regular file"):
        read_input(None, files=[f"text=@{name}"])


def test_a_large_file_is_not_read_whole(folder: Path) -> None:
    with (folder / "large.json").open("wb") as file:
        file.truncate(1 << 40)
    assert refusal("@large.json").message == "large.json: it has more than 32 MiB"


def test_a_name_that_is_given_twice_is_refused() -> None:
    assert read_assigned(["a=1", "b=a=2"], "--field") == {"a": "1", "b": "a=2"}
    with pytest.raises(CliError, match="--field a: it is given twice") as refused:
        read_assigned(["a=1", "a=2"], "--field")
    assert refused.value.hint == "keep one; a list is --field 'a=[…]'"
