"""Tables added to `httptask.toml`: every byte that is there stays."""

import tomllib
from pathlib import Path

import pytest

from httptask.config import ConfigInvalid
from httptask.config.editing import add_tables

TABLES = {
    "connections": {"shop": {"base_url": "https://shop.example.com"}},
    "secrets": {"A": {"environment": "A"}},
}


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(
            b"# mine\n\n[connections.other]   # odd\nbase_url = 'https://example.com'\n", id="comments"
        ),
        pytest.param(b"[worker]\r\nallow_inline = true\r\n", id="lines of Windows"),
        pytest.param(b"[policy]\nallowed_hosts = [\n]", id="no line end"),
    ],
)
def test_they_stand_at_the_end(tmp_path: Path, before: bytes) -> None:
    file = tmp_path / "httptask.toml"
    if before:
        file.write_bytes(before)
    after = add_tables(file, TABLES).encode()
    assert after.startswith(before)
    assert (b"\r\n" in before) == (b"\r\n" in after)
    assert after.count(b"\r\n") in (0, after.count(b"\n"))
    data = tomllib.loads(after.decode())
    assert data["connections"]["shop"] == TABLES["connections"]["shop"]
    assert data["secrets"] == TABLES["secrets"]


@pytest.mark.parametrize(
    ("before", "message"),
    [
        ("connections = {}\n", "has a form that can't be changed from here"),
        (
            "[connections.shop]\nbase_url = 'https://example.com'\n",
            "has a form that can't be changed from here",
        ),
        ("[connections\n", "is not valid TOML"),
        ("[other]\n", "would not be valid"),
    ],
    ids=["a table in one line", "the connection is there", "no TOML", "an unknown table"],
)
def test_another_form_is_refused(tmp_path: Path, before: str, message: str) -> None:
    file = tmp_path / "httptask.toml"
    file.write_text(before)
    with pytest.raises(ConfigInvalid, match=message):
        add_tables(file, TABLES)
