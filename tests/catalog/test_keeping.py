"""How an API is kept: a process that is killed in the middle leaves what the next one can mend."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from httptask.catalog.catalog import Catalog
from httptask.catalog.errors import CatalogError
from httptask.http.files import replace_files

KILLED = """
import os, signal, sys
from pathlib import Path
from httptask.catalog.keeping import keep_files

def killed_at(number, folder):
    done = 0
    def counted(move):
        def moved(path, target):
            nonlocal done
            result = move(path, target)
            done += 1
            if done == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return result
        return moved
    Path.rename, Path.replace = counted(Path.rename), counted(Path.replace)
    keep_files(folder, {"document": "new.json"}, {"new.json": b"{}"})

for number in range(1, 4):
    if (child := os.fork()) == 0:
        killed_at(number, Path(sys.argv[1], str(number), "catalog", "shop"))
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
"""


def test_an_update_that_was_killed_is_undone_by_the_next_command(tmp_path: Path) -> None:
    for number in "123":
        folder = tmp_path / number / "catalog" / "shop"
        (folder / "document").mkdir(parents=True)
        (folder / "document/old.json").write_text("{}")
        (folder / "entry.json").write_text('{"document": "old.json"}')
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=True, timeout=60)
    assert not (tmp_path / "1/catalog/shop/document").exists()
    for number, document in (("1", "old.json"), ("2", "old.json"), ("3", "new.json")):
        [entry] = Catalog(tmp_path / number, tmp_path / "state").entries()
        folder = tmp_path / number / "catalog"
        assert (entry.document, (folder / "shop/document" / document).is_file()) == (document, True)
        assert [path.name for path in folder.iterdir()] == ["shop"]


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ({"safe": "text"}, "`safe` has to be a list of names of operations"),
        ({"safe": ["a", 1]}, "`safe` has to be a list of names of operations"),
        ({"authentication": ["bearer"]}, "`authentication` has to be a text"),
        ({"source": 1}, "`source` has to be a text"),
    ],
    ids=["safe text", "safe number", "authentication", "source"],
)
def test_a_member_of_another_kind_is_named(member: dict[str, object], message: str, tmp_path: Path) -> None:
    entry = tmp_path / "catalog/shop/entry.json"
    entry.parent.mkdir(parents=True)
    entry.write_text(json.dumps({"document": "api.json", **member}))
    with pytest.raises(CatalogError) as refused:
        Catalog(tmp_path, tmp_path / "state").overview("shop")
    assert (refused.value.message, "write" in str(refused.value.hint)) == (f"{entry}: {message}", True)


def test_files_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "first", tmp_path / "b" / "second"
    for file in (first, second):
        file.parent.mkdir()
    first.write_text("old")
    second.mkdir()  # which no file can replace
    with pytest.raises(IsADirectoryError):
        replace_files({first: lambda: "new", second: lambda: "new"})
    assert (first.read_text(), [path.name for path in first.parent.iterdir()]) == ("old", ["first"])
    first.unlink()
    with pytest.raises(IsADirectoryError):
        replace_files({first: lambda: "new", second: lambda: "new"})
    assert list(first.parent.iterdir()) == []
    second.rmdir()
    replace_files({first: lambda: "new", second: lambda: "new"})
    assert (first.read_text(), second.read_text()) == ("new", "new")
