import pytest

from httptask.diagnostics.cutting import first_bytes, first_characters, in_one_line, shortened

HALVES = "ab\ud83d\ude00cd"
"""An emoji as the two halves that JSON's escapes make of it."""


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("aé😀d", 3, "aé…"),
        (HALVES, 4, "ab…"),
        (HALVES, 5, "ab\ud83d\ude00…"),
        ("", 0, ""),
    ],
    ids=["fits", "cut", "wide", "within-pair", "behind-pair", "empty"],
)
def test_a_text_is_shortened_to_so_many_characters_with_the_mark(text: str, most: int, cut: str) -> None:
    assert shortened(text, most) == cut
    assert len(cut) <= most


def test_a_line_holds_no_line_breaks() -> None:
    assert in_one_line("a\n  b\tc ") == "a b c"
    assert len(in_one_line("word \n" * 100)) == 160


@pytest.mark.parametrize("most", range(-1, 9))
def test_halves_of_a_pair_are_never_parted(most: int) -> None:
    cut = first_characters(HALVES, most)

    assert len(cut) <= max(most, 0)
    assert ("\ud83d" in cut) == ("\ude00" in cut)
    assert HALVES.startswith(cut)


@pytest.mark.parametrize("most", range(-1, 20))
@pytest.mark.parametrize("text", ["aé😀€z", HALVES, "lone \ud83d half"], ids=["wide", "pair", "lone"])
def test_bytes_never_end_within_a_character(text: str, most: int) -> None:
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\ufffd", "?")

    cut = first_bytes(text, most)

    assert len(cut.encode()) <= max(most, 0)
    assert whole.startswith(cut)
    assert len(whole.encode()) > most - 4 or cut == whole
