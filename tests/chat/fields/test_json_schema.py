"""The JSON Schema of the body and the checks of its fields agree on every row of the table."""

import jsonschema_rs

from httptask.chat.check import check_body
from httptask.chat.fields.json_schema import body_schema
from support.chat_rows import ROWS, Row

BODY, DEFINITIONS = body_schema()
VALIDATOR = jsonschema_rs.validator_for({**BODY, "$defs": DEFINITIONS})
OF_FIELDS = {"missing", "type", "null", "range", "length", "form", "choice"}
BEYOND = {"model is blank", "temperature NaN"}
"""JSON Schema has no word for it, or JSON has no such number."""


def is_wrong(row: Row) -> bool:
    found = check_body(row.body, provider="any")  # an editor does not know which server it will be
    return any(fault.code in OF_FIELDS and fault.severity == "error" for fault in found)


def test_agree() -> None:
    rows = [row for row in ROWS if row.name not in BEYOND]
    assert [row.name for row in rows if VALIDATOR.is_valid(row.body) == is_wrong(row)] == []
    assert {is_wrong(row) for row in rows} == {True, False}


def test_bounds_of_64_bits_are_exact() -> None:
    seed = BODY["properties"]["seed"]["anyOf"][0]
    assert (seed["minimum"], seed["maximum"]) == (-(2**63), 2**63 - 1)


def test_describes_defaults_revisions_and_replacements() -> None:
    fields = BODY["properties"]
    assert fields["temperature"]["default"] == 1
    assert fields["verbosity"]["description"].endswith("Since 2026-08-21.")
    assert fields["max_tokens"]["deprecated"] is True
    assert fields["max_tokens"]["description"].endswith("Deprecated: use max_completion_tokens.")
