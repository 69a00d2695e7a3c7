import os
from pathlib import Path

import jsonschema_rs
import pytest

from httptask.definitiontests import find_tests, load_tests
from httptask.definitiontests.format import schema_of_tests

DEFINITION = """\
document: { dsl: 1.0.3, namespace: test, name: flow, version: 1.0.0 }
do:
  - fetch:
      call: httpRequest
      with: { method: get, endpoint: https://api.example.com/orders }
"""


def told(folder: Path, text: str) -> list[str]:
    """The reports about a file of tests beside a definition, as a person reads them."""
    (folder / "flow.yaml").write_text(DEFINITION)
    file = folder / "flow.test.yaml"
    file.write_text(text)
    loaded = load_tests(file)
    assert not loaded.tests
    return [str(report).replace(f"{folder}/", "") for report in loaded.reports]


@pytest.mark.parametrize(
    ("text", "report"),
    [
        pytest.param(
            "definition: flow.yaml\ntests:\n  - name: a\n    expects: { output: 1 }\n",
            "flow.test.yaml:4:5: error[unknown-key]: unknown key `expects`\n  hint: did you mean expect?",
            id="misspelt",
        ),
        pytest.param(
            "definition: flow.yaml\ntests:\n  - name: 429\n",
            "flow.test.yaml:3:11: error[wrong-type]: `name` must be text in quotes",
            id="number for a name",
        ),
        pytest.param(
            "definition: flow.yaml\n",
            "flow.test.yaml:1:1: error[missing-key]: `tests` is required",
            id="no tests",
        ),
        pytest.param(
            "definition: flow.yaml\ntests: []\n",
            "flow.test.yaml:2:8: error[empty]: `tests` must not be empty",
            id="empty",
        ),
        pytest.param(
            "- a\n", "flow.test.yaml:1:1: error[wrong-type]: the file must be an object", id="a list"
        ),
        pytest.param(
            "definition: flow.yaml\ntests: [{ name: '' }]\n",
            "flow.test.yaml:2:17: error[empty]: `name` must not be empty",
            id="no name",
        ),
        pytest.param(
            "definition: flow.yaml\ntests: [{ name: a, expect: { exact: 'no' } }]\n",
            "flow.test.yaml:2:37: error[wrong-type]: `exact` must be true or false",
            id="text for true or false",
        ),
        pytest.param(
            "# later\n",
            "flow.test.yaml:1:1: error[empty]: the file is empty\n  hint: begin with `definition:` and `tests:`",
            id="nothing but a comment",
        ),
        pytest.param(
            "definition: other.yaml\ntests:\n  - name: a\n",
            "flow.test.yaml:1:13: error[no-definition]: there is no file other.yaml\n"
            "  hint: name it as it is found from here",
            id="no such definition",
        ),
        pytest.param(
            "definition: flow.yaml\ntests:\n  - name: a\n    expect:\n      output: ${ .id == }\n",
            "flow.test.yaml:5:24: error[jq-syntax]: the expression ends too early",
            id="condition",
        ),
        pytest.param(
            "definition: flow.yaml\ntests:\n  - name: a\n    expect: { output: '${ . == $input }' }\n",
            "flow.test.yaml:4:23: error[unknown-variable]: there is no $input in a test\n"
            "  hint: compare with what `.` is: the value at this place",
            id="variable",
        ),
        pytest.param(
            "definition: flow.yaml\ntests:\n  - name: a\n    fixtures: none\n",
            "flow.test.yaml:4:15: error[fixtures]: none: no fixtures here (*.yaml, *.json)\n"
            "  hint: `httptask run … --record DIR` writes some",
            id="no such fixtures",
        ),
        pytest.param(
            "definition: flow.yaml\ntests:\n  - name: a\n    answers:\n"
            "      - request: { method: GET, url: https://api.example.com/orders }\n"
            "        responses: [{ status: 42 }]\n",
            "flow.test.yaml:6:31: error[invalid]: `status` must be greater than or equal to 200",
            id="answer",
        ),
        pytest.param(
            "definition: flow.yaml\ntests:\n  - name: a\n    inputFile: in.json\n",
            "flow.test.yaml:4:16: error[input-file]: in.json can't be read: No such file or directory\n"
            "  hint: name it as it is found from here",
            id="no such input",
        ),
        pytest.param(
            "definition: flow.yaml\ntests:\n  - name: a\n  - name: a\n",
            "flow.test.yaml:4:11: error[duplicate-name]: another test is called `a`\n"
            "  hint: give each a name of its own",
            id="same name",
        ),
        pytest.param(
            "definition: flow.yaml\ntests:\n  - name: a\n    expect: { notRun: [fetsh] }\n",
            "flow.test.yaml:4:24: error[unknown-task]: the definition has no task `fetsh`\n"
            "  hint: did you mean `fetch`?",
            id="no such task that must not run",
        ),
        pytest.param(
            "definition: flow.yaml\ntests:\n  - name: a\n    expect:\n      tasks: [fetch, send]\n",
            "flow.test.yaml:5:22: error[unknown-task]: the definition has no task `send`\n"
            "  hint: tasks of the definition: `fetch`",
            id="no such task that runs",
        ),
    ],
)
def test_names_what_is_wrong_with_its_place_and_cure(tmp_path: Path, text: str, report: str) -> None:
    assert report in told(tmp_path, text)


@pytest.mark.parametrize(
    ("error", "column"),
    [("RateLimted", 22), ("{ status: 429, error: RateLimted }", 44)],
    ids=["name", "object"],
)
def test_warns_of_an_error_that_nobody_knows(tmp_path: Path, error: str, column: int) -> None:
    (tmp_path / "flow.yaml").write_text(DEFINITION)
    file = tmp_path / "flow.test.yaml"
    file.write_text(f"definition: flow.yaml\ntests:\n  - name: a\n    expect: {{ error: {error} }}\n")
    loaded = load_tests(file)
    assert len(loaded.tests) == 1
    [report] = loaded.reports
    assert (report.severity, report.line, report.column) == ("warning", 4, column)
    assert (report.message, report.hint) == (
        "no error is known as `RateLimted`",
        "did you mean `RateLimited`?",
    )


@pytest.mark.parametrize("error", ["RateLimited", "CallsLimited", "Rate limitd", "${ . != null }"])
def test_takes_errors_of_calls_of_the_definition_and_of_others(tmp_path: Path, error: str) -> None:
    (tmp_path / "flow.yaml").write_text(
        DEFINITION
        + "  - stop: { raise: { error: { type: https://example.com/limit, status: 429, title: Rate limitd } } }\n"
    )
    file = tmp_path / "flow.test.yaml"
    file.write_text(f"definition: flow.yaml\ntests:\n  - name: a\n    expect: {{ error: '{error}' }}\n")
    assert load_tests(file).reports == []


def test_tells_what_is_wrong_with_the_definition_too(tmp_path: Path) -> None:
    (tmp_path / "flow.test.yaml").write_text("definition: flow.yaml\ntests: [{ name: a }]\n")
    (tmp_path / "flow.yaml").write_text(DEFINITION.replace("httpRequest", "httpReqest"))
    [report] = load_tests(tmp_path / "flow.test.yaml").reports
    assert (report.file, report.line) == (str(tmp_path / "flow.yaml"), 4)


def test_waits_for_nobody_who_writes_a_definition_into_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "flow.yaml")
    (tmp_path / "flow.test.yaml").write_text("definition: flow.yaml\ntests: [{ name: a }]\n")
    [report] = load_tests(tmp_path / "flow.test.yaml").reports
    assert report.message == f"there is no file {tmp_path / 'flow.yaml'}"


def test_finds_tests_below_a_folder_but_no_hidden_ones(tmp_path: Path) -> None:
    for name in ("a.test.yaml", "b/c.test.yml", "b/d.yaml", ".venv/e.test.yaml", "node_modules/f.test.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found = [file.relative_to(tmp_path) for file in find_tests([tmp_path, tmp_path / "a.test.yaml"])]
    assert found == [Path("a.test.yaml"), Path("b/c.test.yml")]


def test_editors_are_told_what_the_loader_takes(tmp_path: Path) -> None:
    schema = jsonschema_rs.validator_for(schema_of_tests())
    written = {
        "definition": "flow.yaml",
        "tests": [{"name": "a", "expect": {"error": "NotFound"}}, {"name": "b", "expect": {"notRun": ["c"]}}],
    }
    assert schema.is_valid(written)
    assert not schema.is_valid({**written, "tests": [{"name": "a", "expects": {}}]})
    assert not schema.is_valid({**written, "tests": []})
    described = schema_of_tests()["$defs"]["Expectations"]["properties"]["notRun"]
    assert described["description"] == "Names of tasks that did not run."
