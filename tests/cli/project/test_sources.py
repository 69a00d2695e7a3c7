"""Every command says which files it uses, and where those send the keys that the user has in the environment."""

from pathlib import Path

import pytest

from httptask.cli.project.project import load_project, tell_origins

SHOP = """
[connections.shop]
base_url = "https://shop.example.com/v1"
authentication.bearer.token = "$secrets.SHOP"
[secrets.SHOP]
environment = "SHOP_KEY"
[secrets.HOOK]
environment = "HOOK"
origins = ["https://hook.example.com"]
[secrets.FREE]
environment = "FREE"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("OPENAI_BASE_URL", "TEMPORAL_ADDRESS", "SHOP_KEY", "HOOK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "a key of the environment")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(config: Path | None = None, *, dotenv: bool = True) -> list[str]:
    lines: list[str] = []
    load_project(config, dotenv=dotenv, say=lines.append)
    return lines


def test_without_a_file_there_is_nothing_to_say(project: Path) -> None:
    assert told() == []


def test_the_file_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "httptask.toml").write_text(SHOP)
    assert told() == ["configuration: httptask.toml"]
    monkeypatch.chdir(project / "below")
    assert told() == [f"configuration: {project}/httptask.toml"]
    assert told(Path("../httptask.toml")) == ["configuration: ../httptask.toml"]


def test_where_it_sends_keys_of_the_environment_is_said(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "httptask.toml").write_text(SHOP)
    for name in ("SHOP_KEY", "HOOK", "FREE"):
        monkeypatch.setenv(name, "x")
    shop, hook = "SHOP_KEY goes to https://shop.example.com", "HOOK goes to https://hook.example.com"
    assert told() == [f"configuration: httptask.toml; {shop}; {hook}"]


def test_an_openai_of_the_file_is_said_and_the_default_one_is_not(project: Path) -> None:
    (project / "httptask.toml").write_text(
        '[connections.openai]\nbase_url = "https://proxy.example.com/v1"\n'
        'authentication.bearer.token = "$secrets.OPENAI_API_KEY"\n[secrets.OPENAI_API_KEY]\nenvironment = "OPENAI_API_KEY"'
    )
    assert told() == ["configuration: httptask.toml; OPENAI_API_KEY goes to https://proxy.example.com"]


def test_a_dotenv_that_chooses_servers_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / ".env").write_text(
        "OPENAI_BASE_URL=https://a.example.com/v1\nTEMPORAL_ADDRESS=b.example.com:7233\n"
    )
    line = (
        "environment: .env; OPENAI_BASE_URL leads to https://a.example.com; "
        "OPENAI_API_KEY goes to https://a.example.com; TEMPORAL_ADDRESS is b.example.com:7233"
    )
    assert told() == [line]
    assert told(dotenv=False) == []
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.com/v1")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "localhost:7233")
    assert told() == []


def test_a_dotenv_with_a_key_of_its_own_chooses_for_nobody(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    (project / ".env").write_text("OPENAI_BASE_URL=https://a.example.com/v1\nOPENAI_API_KEY=its own\n")
    assert told() == ["environment: .env; OPENAI_BASE_URL leads to https://a.example.com"]


def test_where_a_connection_has_its_values_from_is_told_without_them(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "httptask.toml").write_text(
        SHOP + '[connections.model]\nbase_url = "https://m.example.com/v1"\n'
        'authentication.bearer.token = "$secrets.MODEL_KEY"\n[secrets.MODEL_KEY]\nenvironment = "KEY_OF_MODEL"\n'
    )
    monkeypatch.setenv("OPENAI_API_KEY", "canary-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://b.example.com/v1")
    (project / ".env").write_text(
        "OPENAI_BASE_URL=https://a.example.com/v1\nKEY_OF_MODEL=canary-2\nOPENAI_API_KEY=canary-3\n"
    )
    tell_origins(load_project(None))
    told_lines = capsys.readouterr().err.splitlines()
    assert "connection model: base URL from httptask.toml; MODEL_KEY from KEY_OF_MODEL of .env" in told_lines
    assert (
        "connection openai: base URL from OPENAI_BASE_URL of the environment (the line of .env is passed over); "
        "OPENAI_API_KEY from the environment (the line of .env is passed over)" in told_lines
    )
    assert not any(line.startswith("connection shop") for line in told_lines)
    monkeypatch.setenv("OPENAI_BASE_URL", "https://a.example.com/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    tell_origins(load_project(None))
    told_lines += capsys.readouterr().err.splitlines()
    assert (
        "connection openai: base URL from OPENAI_BASE_URL of the environment; "
        "OPENAI_API_KEY has no value (the line of .env is passed over)" in told_lines
    )
    assert "canary" not in "".join(told_lines)
