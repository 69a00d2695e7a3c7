"""A configuration that another user may have put there is refused, with the place and the cure."""

import os
from pathlib import Path

import pytest

from httptask.config import ConfigInvalid, load_config
from httptask.config.find import find_config, read_dotenv

FOREIGN = 65533
"""A user id that is neither root's nor the one of whoever runs the tests."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, and a folder below it to work in."""
    project = tmp_path / "project"
    (project / "deep" / "er").mkdir(parents=True)
    (project / "httptask.toml").write_text("")
    (project / ".env").write_text("A=1")
    monkeypatch.chdir(project / "deep" / "er")
    return project


def be_another_user(monkeypatch: pytest.MonkeyPatch, *, links: bool = True, files: bool = True) -> None:
    """Let links and files of whoever runs the tests be somebody else's, also where that is root."""
    stat = Path.stat

    def owned(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = stat(path, follow_symlinks=follow_symlinks)
        foreign = files if follow_symlinks else links
        return os.stat_result((*found[:4], FOREIGN, *found[5:])) if foreign else found

    def owned_link(path: Path) -> os.stat_result:
        return owned(path, follow_symlinks=False)

    monkeypatch.setattr(Path, "stat", owned)
    monkeypatch.setattr(Path, "lstat", owned_link)


def test_ones_own_is_found_upward(project: Path) -> None:
    assert find_config() == project / "httptask.toml"


@pytest.mark.parametrize("below", ["deep/er", "."])
def test_one_of_another_user_is_refused_wherever_it_is_found(
    project: Path, below: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / below)
    be_another_user(monkeypatch)
    with pytest.raises(ConfigInvalid) as raised:
        find_config()
    assert str(raised.value) == (
        f"{project}/httptask.toml: belongs to another user (uid {FOREIGN}), who could have your keys sent to servers "
        f"of theirs; to use it all the same, name the configuration: --config {project}/httptask.toml"
    )
    assert find_config(project / "httptask.toml") == project / "httptask.toml"


def test_a_dotenv_of_another_user_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    be_another_user(monkeypatch)
    with pytest.raises(ConfigInvalid, match=r"\.env: belongs to another user.*--config"):
        read_dotenv(project)
    assert read_dotenv(project, named=True) == {"A": "1"}
    (project / "httptask.toml").unlink()
    with pytest.raises(ConfigInvalid, match="put its variables into your environment"):
        read_dotenv(project)


def test_a_dotenv_that_anybody_may_change_is_refused_above_the_working_directory(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".env").chmod(0o666)
    with pytest.raises(ConfigInvalid, match="every user may write to"):
        read_dotenv(project)
    monkeypatch.chdir(project)
    assert read_dotenv(project) == {"A": "1"}


@pytest.mark.parametrize("of_another", ["links", "files"])
def test_neither_a_link_nor_what_it_leads_to_may_be_another_user_s(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_another: str
) -> None:
    (project / "httptask.toml").rename(tmp_path / "elsewhere.toml")
    (project / "httptask.toml").symlink_to(tmp_path / "elsewhere.toml")
    be_another_user(monkeypatch, links=of_another == "links", files=of_another == "files")
    with pytest.raises(ConfigInvalid, match="belongs to another user"):
        find_config()


@pytest.mark.parametrize("open_", [".", "deep", "httptask.toml"])
def test_one_that_anybody_may_change_is_refused_above_the_working_directory(
    project: Path, open_: str
) -> None:
    place = project / open_
    place.chmod(0o777)
    with pytest.raises(ConfigInvalid) as raised:
        find_config()
    assert str(raised.value) == (
        f"{project}/httptask.toml: was found by way of {place}, which every user may write to; to use it all the "
        f"same, name the configuration: --config {project}/httptask.toml; or take that right away: chmod o-w {place}"
    )


def test_a_folder_where_files_stay_their_owners_is_passed(project: Path) -> None:
    project.chmod(0o1777)
    assert find_config() == project / "httptask.toml"


def test_the_working_directory_is_the_users_choice(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.chmod(0o777)
    monkeypatch.chdir(project)
    assert find_config() == project / "httptask.toml"


def test_a_folder_that_is_named_is_the_project_where_nothing_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, flows = tmp_path / "here", tmp_path / "flows"
    here.mkdir()
    flows.mkdir()
    monkeypatch.chdir(here)
    config = load_config(None, {}, folder=flows)
    assert (config.root, config.file) == (flows, None)
    around = here / "httptask.toml"
    around.write_text("")
    assert load_config(None, {}, folder=flows).file == around
    beside = flows / "httptask.toml"
    beside.write_text("")
    assert load_config(None, {}, folder=flows).file == beside
    assert load_config(around, {}, folder=flows).file == around
