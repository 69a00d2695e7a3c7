"""The header `Link`, as servers write it."""

import pytest

from httptask.calls.next_url import LinkUnreadable, link_target


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("", None),
        ('<https://a.example/?p=2>; rel="next"', "https://a.example/?p=2"),
        ("<?p=2>; rel=next", "?p=2"),
        ("<?p=2>;rel=next;x", "?p=2"),
        ("<?p=2>; rel='next'", "?p=2"),
        ('<?p=1>; rel="prev", <?p=3>; rel="next", <?p=9>; rel="last"', "?p=3"),
        ('<?p=1>; rel="prev",<?p=3>; rel="next"', "?p=3"),
        ('<?p=3>; rel="last next"', "?p=3"),
        ('<?p=3>; REL="Next"', "?p=3"),
        ('<?p=3>; rel="nextpage"', None),
        ('<?p=3>; title="a, b; rel=next"; rel="prev"', None),
        (r'<?p=3>; title="say \"<x>; rel=next\""; rel="next"', "?p=3"),
        ("<?p=3>; title*=UTF-8''n%c3%a4chste; rel=\"next\"", "?p=3"),
        ('</a;b=1,2?q=x,y>; rel="next"', "/a;b=1,2?q=x,y"),
        ('<?p=3>; rel="prev"; rel="next"', None),
        ('<?p=3>; rel="next"; anchor="#other", <?p=4>; rel="next"', "?p=4"),
        ('<?p=3>; results="true"; rel="next"; cursor="a=b"', "?p=3"),
        ('<>; rel="next"', ""),
        ("<?p=3>, , <?p=4> ; rel = next", "?p=4"),
        ('<?p=3>; rel="next"; , garbage', "?p=3"),
        ('<?p=2>; rel="prev";', None),
        ("<?p=2>; ;rel=prev;,", None),
    ],
)
def test_target_of_next(header: str, target: str | None) -> None:
    assert link_target(header, "next") == target


@pytest.mark.parametrize(
    "header",
    [
        "?p=3; rel=next",
        '<?p=3; rel="next"',
        '<?p=2>; rel="prev" garbage <?p=3>; rel="next"',
        '<?p=3>; rel="next',
        "<?p=3>; rel='last next'",
        "https://a.example/?p=2",
        "[object Object]",
    ],
)
def test_what_cannot_be_read_is_not_taken_for_an_end(header: str) -> None:
    with pytest.raises(LinkUnreadable):
        link_target(header, "next")


def test_other_relation() -> None:
    header = '<?p=3>; rel="next", <?q=1>; rel="https://rels.example/older"'
    assert link_target(header, "https://rels.example/older") == "?q=1"


def test_long_header_is_read_at_once() -> None:
    assert link_target("<x>" + "; a" * 100_000 + ", <y>; rel=next", "next") == "y"
    for unreadable in ("<" * 200_000, '<x>; a="' + "\\" * 200_001):
        with pytest.raises(LinkUnreadable):
            link_target(unreadable, "next")
