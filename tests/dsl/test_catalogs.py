"""Functions of catalogues: found in a folder beside the definition, taken into it, and told of in their own files."""

import hashlib
import json
from pathlib import Path

import pytest

from httptask.dsl.bounds import MAX_BYTES
from httptask.dsl.canonical import sha256
from httptask.dsl.compile import compile_definition
from httptask.dsl.loader import Loaded, load_file, load_text
from support.definitions import HEAD, standard
from support.fences import of_language

GREET = """\
input: { schema: { document: { type: object, properties: { name: { type: string } }, required: [name] } } }
do:
  - loud: { call: shout:1.0.0@ours, with: { text: "hello ${ .name }" } }
  - done: { set: { greeting: "${ $tasks.loud.text }" } }
"""
SHOUT = 'set: { text: "${ .text | ascii_upcase }" }\n'
USE = "use: { catalogs: { ours: { endpoint: 'file://./shared' } } }\n"
CALLS = "do: [{ one: { call: greet:1.0.0@ours, with: { name: Ada } } }, { two: { call: greet:1.0.0@ours, with: { name: Bo } } }]"


def written(tmp_path: Path, text: str = CALLS, use: str = USE, **functions: str) -> Path:
    """A definition and a catalogue beside it, of functions whose versions are 1.0.0."""
    for name, function in {"greet": GREET, "shout": SHOUT, **functions}.items():
        file = tmp_path / "shared/functions" / name / "1.0.0/function.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(function)
    (tmp_path / "flow.yaml").write_text(HEAD + use + text)
    return tmp_path / "flow.yaml"


def told(loaded: Loaded, tmp_path: Path) -> list[str]:
    return [
        f"{Path(report.file).relative_to(tmp_path)}:{report.line}:{report.column} {report.pointer} {report.message}"
        for report in loaded.reports
    ]


def test_what_runs_is_in_the_definition(tmp_path: Path) -> None:
    """Functions that others call too, each once; it needs no file then, and its hash is that of all of them."""
    loaded = load_file(written(tmp_path))
    assert loaded.reports == []
    assert [*loaded.data["use"]["functions"]] == ["greet:1.0.0@ours", "shout:1.0.0@ours"]
    assert compile_definition(json.loads(json.dumps(loaded.data))).faults == []
    assert standard().is_valid(loaded.data)
    assert [file.sha256 for file in loaded.functions.values()] == [
        hashlib.sha256(text.encode()).hexdigest() for text in (GREET, SHOUT)
    ]
    written(tmp_path, shout=SHOUT.replace("ascii_upcase", "ascii_downcase"))
    assert sha256(load_file(tmp_path / "flow.yaml").data) != sha256(loaded.data)


def test_places_in_its_files(tmp_path: Path) -> None:
    loaded = load_file(written(tmp_path))
    file, place = loaded.where("/do/1/two/call/greet:1.0.0@ours/do/1/done", at_key=True)
    assert (file, place) == (str(tmp_path / "shared/functions/greet/1.0.0/function.yaml"), (4, 5))
    assert loaded.where("/do/1/two/with/name") == (str(tmp_path / "flow.yaml"), (3, 111))


FAULTY_FILES = {
    "a fault of a task": ("set: { text: '${ $tasks.x }' }", "1:18 /set/text `$tasks.x` names no task"),
    "an unknown key": ("set: { text: x }\nwhen: a", "2:1 /when unknown key `when`"),
    "no jq": ("set: { text: '${ .text | nope }' }", "1:26 /set/text unknown function `nope`"),
    "no YAML": ("set: { text: ]", None),
    "a list": ("- a", "1:1  the function is a list, not an object"),
    "a definition": (
        f"{HEAD}do: [{{ a: {{ set: {{ x: 1 }} }} }}]",
        "1:1  this is a whole definition, not a task",
    ),
    "no text": ("set: { text: \udcff }", "1:1  byte 14 of the file is not UTF-8"),
}


@pytest.mark.parametrize("name", FAULTY_FILES)
def test_faults_of_a_file_are_told_there(name: str, tmp_path: Path) -> None:
    text, expected = FAULTY_FILES[name]
    file = written(tmp_path)
    function = tmp_path / "shared/functions/shout/1.0.0/function.yaml"
    function.write_bytes(text.encode(errors="surrogateescape"))
    loaded = load_file(file)
    assert loaded.program is None
    place = f"{function.relative_to(tmp_path)}:"
    if expected is None:
        assert all(line.startswith(place) for line in told(loaded, tmp_path))
    else:
        assert told(loaded, tmp_path) == [place + expected]


def test_a_faulty_catalogue_hides_no_other(tmp_path: Path) -> None:
    use = """use:
  catalogs:
    ours: { endpoint: 'file://./shared' }
    distant: { endpoint: 'https://example.com/functions' }
    nameless: {}
"""
    file = written(tmp_path, use=use, shout="when: a\nset: { text: x }")
    shout = tmp_path / "shared/functions/shout/1.0.0/function.yaml"
    assert [(report.file, report.line, report.code) for report in load_file(file).reports] == [
        (str(file), 5, "unsupported"),
        (str(file), 6, "missing-key"),
        (str(shout), 1, "unknown-key"),
    ]


MISSING = {
    "no such version": ("greet:2.0.0@ours", "there is no file shared/functions/greet/2.0.0/function.yaml"),
    "no such name": ("great:1.0.0@ours", "there is no file shared/functions/great/1.0.0/function.yaml"),
    "no version": ("greet@ours", '"greet@ours" is no function of a catalogue'),
    "a path": ("../greet:1.0.0@ours", '"../greet:1.0.0@ours" is no function of a catalogue'),
    "half a version": ("greet:1@ours", '"greet:1@ours" is no function of a catalogue'),
}


@pytest.mark.parametrize("name", MISSING)
def test_a_function_that_is_not_there(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call, message = MISSING[name]
    written(tmp_path, f"do: [{{ one: {{ call: '{call}' }} }}]")
    monkeypatch.chdir(tmp_path)
    [report] = load_file(Path("flow.yaml")).reports
    assert (report.line, report.column, report.code) == (3, 21, "unknown-function")
    assert report.message.replace("`", '"') == message.replace("`", '"')
    if message.startswith("there is no file"):
        assert report.hint == "did you mean `greet:1.0.0@ours`?"


def test_an_empty_catalogue_says_where_functions_go(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(HEAD + USE + CALLS)
    reports = load_file(tmp_path / "flow.yaml").reports
    assert {report.hint for report in reports} == {
        f"the catalogue `ours` has no function: write {tmp_path}/shared/functions/NAME/VERSION/function.yaml"
    }


@pytest.mark.parametrize(
    "linked", ["shared", "shared/functions/shout", "shared/functions/shout/1.0.0/function.yaml"]
)
def test_no_link_leads_out_of_the_folder(linked: str, tmp_path: Path) -> None:
    file = written(tmp_path / "project")
    inside, outside = tmp_path / "project" / linked, tmp_path / "outside"
    inside.rename(outside)
    inside.symlink_to(outside)
    reports = load_file(file).reports
    assert reports != []
    assert all(report.message.endswith("leads out of the folder of the definition") for report in reports)


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    file = written(tmp_path)
    (tmp_path / "shared").rename(tmp_path / "elsewhere")
    (tmp_path / "shared").symlink_to("elsewhere")
    assert load_file(file).reports == []


def test_a_function_is_no_link_to_what_is_hidden(tmp_path: Path) -> None:
    file = written(tmp_path)
    (tmp_path / ".env").write_text("SHOP_KEY=sk-very\n")
    function = tmp_path / "shared/functions/shout/1.0.0/function.yaml"
    function.unlink()
    function.symlink_to(tmp_path / ".env")
    messages = [report.message for report in load_file(file).reports]
    assert [message.endswith("to one of another kind") for message in messages] == [True]


def test_links_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    file = written(tmp_path)
    function = tmp_path / "shared/functions/shout/1.0.0/function.yaml"
    function.unlink()
    function.symlink_to(function)
    assert load_file(file).program is None


def test_the_functions_of_a_definition_are_not_seen_in_a_catalogue(tmp_path: Path) -> None:
    """It would be another one for each definition that calls it."""
    use = "use: { catalogs: { ours: { endpoint: 'file://./shared' } }, functions: { own: { set: { x: 1 } } } }\n"
    loaded = load_file(written(tmp_path, use=use, shout="do: [{ a: { call: own } }]"))
    assert told(loaded, tmp_path) == [
        (
            "shared/functions/shout/1.0.0/function.yaml:1:19 /do/0/a/call `own` is a function of a definition, "
            "which those of catalogues don't see"
        )
    ]


def test_functions_of_a_catalogue_in_a_circle(tmp_path: Path) -> None:
    loaded = load_file(written(tmp_path, shout="call: greet:1.0.0@ours\nwith: { name: x }"))
    [report] = loaded.reports
    assert report.code == "recursion"


def test_a_function_of_a_catalogue_is_not_read_where_the_definition_has_it(tmp_path: Path) -> None:
    use = "use: { catalogs: { ours: { endpoint: 'file://./none' } }, functions: { 'greet:1.0.0@ours': { set: { x: 1 } } } }\n"
    loaded = load_file(written(tmp_path, use=use))
    assert (loaded.reports, loaded.functions) == ([], {})


def test_together_they_are_no_larger_than_a_definition(tmp_path: Path) -> None:
    large = f"set: {{ text: {'x' * (MAX_BYTES - 2000)} }}"
    loaded = load_file(written(tmp_path, f"{CALLS}\n# {'x' * 4000}", shout=large))
    assert loaded.reports == []
    loaded = load_file(
        written(tmp_path, f"{CALLS[:-1]}, {{ x: {{ set: {{ y: {'x' * 4000} }} }} }}]", shout=large)
    )
    assert [report.code for report in loaded.reports] == ["too-large"]
    loaded = load_file(written(tmp_path, shout=f"set: {{ text: {'x' * MAX_BYTES} }}"))
    assert [report.message for report in loaded.reports] == [
        f"the functions of catalogues that are called have more than {MAX_BYTES} bytes"
    ]


def test_a_text_without_a_file_has_no_folder() -> None:
    [fault, _] = load_text(HEAD + USE + CALLS, "stdin").reports
    assert "it is read where a definition is loaded from a file" in fault.message


def test_the_catalogue_of_the_page_has_no_faults(tmp_path: Path) -> None:
    """Its functions, each under the path that the page gives to it, beside the definition that calls them."""
    fences = [fence for fence in of_language("yaml") if fence.page == "docs/write-a-definition.md"]
    for fence in fences:
        if fence.tag.endswith("function.yaml"):
            (tmp_path / fence.tag).parent.mkdir(parents=True)
            (tmp_path / fence.tag).write_text(fence.text)
    [workflow] = [fence for fence in fences if fence.tag == "workflow.yaml"]
    (tmp_path / "workflow.yaml").write_text(workflow.text)
    loaded = load_file(tmp_path / "workflow.yaml")
    assert ([str(report) for report in loaded.reports], len(loaded.functions)) == ([], 1)
