"""The table of chat requests: a row per field and rule, sound or wrong, with the place of each fault."""

import re

from httptask.chat.check import check_body
from httptask.chat.fields.request import ChatBody
from httptask.chat.fields.shapes import shape_of
from httptask.chat.rules import RULES
from httptask.diagnostics.fault import Fault
from support.chat_rows import ROWS
from support.chat_rows.places import places


def test_rows() -> None:
    found = {row.name: check_body(row.body) for row in ROWS}
    told = {name: [(one.pointer, one.code, one.severity) for one in faults] for name, faults in found.items()}
    assert told == {row.name: [*row.faults] for row in ROWS}
    assert [fault for faults in found.values() for fault in faults if not well_told(fault)] == []


def well_told(fault: Fault) -> bool:
    return all(text and "\n" not in text and len(text) < 400 for text in (fault.message, fault.hint))


def test_names_of_rows_are_their_own() -> None:
    names = [row.name for row in ROWS]
    assert sorted(names) == sorted(set(names))
    assert len(names) >= 150


def test_every_field_has_a_row_that_is_wrong() -> None:
    wrong = {re.sub(r"/\d+(?=/|$)", "/*", pointer) for row in ROWS for pointer, _, _ in row.faults}
    assert sorted(set(places(shape_of(ChatBody))) - wrong) == []


def test_every_field_has_a_row_that_is_sound() -> None:
    used = {name for row in ROWS if not row.faults for name in row.body}
    assert used == set(shape_of(ChatBody).fields)


def test_every_rule_has_a_row_that_breaks_it() -> None:
    broken = {(rule, severity) for row in ROWS for _, rule, severity in row.faults}
    assert [rule.name for rule in RULES if (rule.name, rule.severity) not in broken] == []
