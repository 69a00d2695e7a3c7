from pathlib import Path

import pytest

from httptask.http.files import FileChanged, files_in, replace_file, replace_text


@pytest.mark.parametrize("of", ["file", "link"])
def test_a_read_only_file_is_not_replaced(tmp_path: Path, of: str) -> None:
    file = tmp_path / "kept.yaml"
    file.write_text("mine")
    file.chmod(0o444)
    named = file
    if of == "link":
        named = tmp_path / "link.yaml"
        named.symlink_to(file)
    with pytest.raises(PermissionError) as refused:
        replace_file(named, lambda: "yours")
    assert (refused.value.filename, refused.value.strerror) == (str(named), "the file is read-only")
    assert file.read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {file.name, named.name}


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    file = tmp_path / "kept.yaml"
    file.write_text("mine")
    file.chmod(0o640)
    replace_file(file, lambda: "yours")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("yours", 0o640)


def test_a_text_takes_the_place_only_of_what_was_read(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    replace_text(file, "", "one\r\n")
    replace_text(file, "one\r\n", "two")
    with pytest.raises(FileChanged):
        replace_text(file, "one\r\n", "three")
    file.unlink()
    with pytest.raises(FileChanged):
        replace_text(file, "two", "three")
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_a_hidden_file_is_none_of_a_folder_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("KEY=x")
    (tmp_path / "key.txt").write_text("x")
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "mounted.yaml").write_text("do: []")
    for name, target in (
        ("a.yaml", ".env"),
        ("b.yaml", "key.txt"),
        ("mounted.yaml", "..data/mounted.yaml"),
        ("nowhere.yaml", "gone.yaml"),
    ):
        (tmp_path / name).symlink_to(target)
    assert [file.name for file in files_in(tmp_path, (".yaml",))] == ["mounted.yaml", "nowhere.yaml"]
