"""The JSON Schema of the body and the checks of its fields agree on every row of the table."""

import jsonschema_rs
import pytest

from httptask.chat.check import check_body
from httptask.chat.fields.json_schema import body_schema
from support.chat_rows import ROWS, Row

BODY, DEFINITIONS = body_schema()
VALIDATOR = jsonschema_rs.validator_for({**BODY, "$defs": DEFINITIONS})
OF_FIELDS = {"missing", "type", "null", "range", "length", "form", "choice"}
BEYOND = {"model is blank", "temperature NaN"}
"""JSON Schema has no word for it, or JSON has no such number."""


@pytest.mark.parametrize("row", [row for row in ROWS if row.name not in BEYOND], ids=str)
def test_agree(row: Row) -> None:
    found = check_body(row.body, provider="any")  # an editor does not know which server it will be
    is_wrong = any(fault.code in OF_FIELDS and fault.severity == "error" for fault in found)
    assert VALIDATOR.is_valid(row.body) == (not is_wrong)


def test_bounds_of_64_bits_are_exact() -> None:
    seed = BODY["properties"]["seed"]["anyOf"][0]
    assert (seed["minimum"], seed["maximum"]) == (-(2**63), 2**63 - 1)


def test_describes_defaults_revisions_and_replacements() -> None:
    fields = BODY["properties"]
    assert fields["temperature"]["default"] == 1
    assert fields["verbosity"]["description"].endswith("Since 2026-08-21.")
    assert fields["max_tokens"]["deprecated"] is True
    assert fields["max_tokens"]["description"].endswith("Deprecated: use max_completion_tokens.")
