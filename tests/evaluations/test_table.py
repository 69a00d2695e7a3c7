"""Tables of batches: each row's result in three forms, and what they come to together."""

import csv
import io
import json

from httptask.evaluations import DataRow, Table, as_csv, as_jsonl, as_markdown
from httptask.interpreter.batch_state import RowResult
from httptask.scheduling.spending_state import Spent

ERROR = {"type": "t", "status": 429, "title": "RateLimited", "error": "RateLimited", "detail": "slow | down"}
ROWS = [DataRow(1, {"q": "one"}), DataRow(3, {"q": "two\nlines"}), DataRow(4, {"q": "three"})]
SPENT = Spent(calls=1, questions=1, tokens=10, cost_usd=0.02)


def result(row: int, variant: int, output: object, seconds: float) -> RowResult:
    return RowResult(row=row, variant=variant, output=output, spent=SPENT, seconds=seconds)


COMPARED = Table(
    ROWS,
    ["model=a", "model=b"],
    [
        result(0, 0, "yes", 1),
        result(0, 1, "yes", 2),
        result(1, 0, "=1+1", 3),
        RowResult(row=1, variant=1, error={**ERROR, "instance": "/do/0/ask"}, seconds=9),
        result(2, 0, {"a": None}, 4),
    ],
)


def test_lines_have_all_that_is_known() -> None:
    lines = [json.loads(line) for line in as_jsonl(COMPARED).splitlines()]
    assert lines[2] == {
        "row": 2,
        "line": 3,
        "variant": "model=a",
        "input": {"q": "two\nlines"},
        "state": "completed",
        "output": "=1+1",
        "cost_usd": 0.02,
        "tokens": 10,
        "calls": 1,
        "seconds": 3,
    }
    assert (lines[3]["state"], lines[3]["task"], lines[3]["error"]["error"]) == (
        "faulted",
        "/do/0/ask",
        "RateLimited",
    )
    assert lines[5] == {
        "row": 3,
        "line": 4,
        "variant": "model=b",
        "input": {"q": "three"},
        "state": "not run",
    }


def test_cells_of_csv_compute_nothing() -> None:
    head, *lines = csv.reader(io.StringIO(as_csv(COMPARED)))
    assert [len(line) for line in lines] == [len(head)] * 6
    outputs = [line[head.index("output")] for line in lines]
    assert outputs == ["yes", "yes", "'=1+1", "", '{"a": null}', ""]


def test_variants_stand_side_by_side_for_people() -> None:
    text = as_markdown(COMPARED)
    assert '| 1 | {"q": "one"} | yes | yes |  | $0.040 | 20 | 2.00 s |' in text
    assert r"| =1+1 | RateLimited at ask: slow \| down | yes | $0.020 | 10 | 9.00 s |" in text
    assert '| {"a": null} | not run |' in text
    assert (
        "model=a: 3 of 3 rows completed, 30 tokens, $0.060; latency p50 3.00 s, p90 4.00 s, p99 4.00 s"
        in text
    )
    assert "model=b: 1 of 3 rows completed, 1 failed (1 RateLimited), 1 not run, 10 tokens" in text
    assert "outputs differ in 1 of 3 rows: 2" in text


def test_one_definition_has_one_summary() -> None:
    table = Table(ROWS, [""], [result(0, 0, "yes", 1)])
    assert "variants" not in table.summary()
    assert table.summary()["not_run"] == 2
    assert as_markdown(table, [1]).splitlines()[2] == '| 1 | {"q": "one"} | yes | $0.020 | 10 | 1.00 s |'


def test_failed_and_differing_rows_are_looked_at_first() -> None:
    assert COMPARED.telling(1) == [2]
    assert COMPARED.telling(9) == [1, 2, 3]


def test_errors_count_together_by_status_and_a_price_that_is_not_known_is_no_nought() -> None:
    unknown = Spent(calls=1, questions=1, tokens=10, unpriced="m")
    errors = [{"title": "t", "error": "HttpStatusError", "status": status} for status in (400, 404, 400)]
    table = Table(
        ROWS, [""], [RowResult(row=row, error=each, spent=unknown) for row, each in enumerate(errors)]
    )
    assert table.summary()["errors"] == {"HttpStatusError 400": 2, "HttpStatusError 404": 1}
    assert as_markdown(table, [1]).splitlines()[2].endswith("| ? | 10 | 0.00 s |")
