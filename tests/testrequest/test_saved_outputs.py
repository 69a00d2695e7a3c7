"""What one test request leaves behind for the next."""

from pathlib import Path

import pytest

from httptask.testrequest import OutputsInvalid, SavedOutputs


def test_outputs_gather_in_one_file(tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    SavedOutputs.read(file).add("ask", {"id": 7})
    SavedOutputs.read(file).add("tell", "ä")
    SavedOutputs.read(file).add("ask", None)

    assert SavedOutputs.read(file).outputs == {"ask": None, "tell": "ä"}


def test_what_another_request_saved_meanwhile_stays(tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    one, other = SavedOutputs.read(file), SavedOutputs.read(file)
    one.add("ask", 1)
    other.add("tell", 2)

    assert SavedOutputs.read(file).outputs == {"ask": 1, "tell": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["outputs.json"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("notes.txt", "not JSON", "holds something else than outputs of tasks"),
        ("list.json", "[1]", "holds something else than outputs of tasks"),
        ("no/outputs.json", None, "there is no folder"),
        (".", None, "Is a directory"),
    ],
    ids=["a text", "a list", "in no folder", "a folder"],
)
def test_another_file_is_left_as_it_is(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    file = tmp_path / name
    if text is not None:
        file.write_text(text)

    with pytest.raises(OutputsInvalid, match=message):
        SavedOutputs.read(file)

    assert text is None or file.read_text() == text
