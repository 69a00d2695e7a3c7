import gzip
import tracemalloc
import zlib

import pytest

from httptask.http.content_coding import BoundedDecoder
from httptask.http.errors import ResponseInterrupted, ResponseInvalid, ResponseTooLarge

TEXT = b"The quick brown fox. " * 200


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # without the time the parameters are the same in each process


def bare_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def decode(data: bytes, coding: str, *, limit: int = 1_000_000, step: int = 65536) -> bytes:
    decoder = BoundedDecoder(coding, limit)
    for start in range(0, len(data), step):
        decoder.feed(data[start : start + step])
    return decoder.finish()


@pytest.mark.parametrize("step", [1, 2, 7, 65536])
@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzipped(TEXT)),
        ("GZIP", gzipped(TEXT)),
        ("x-gzip", gzipped(TEXT)),
        ("gzip", gzipped(TEXT[:1000]) + gzipped(TEXT[1000:])),
        ("gzip", gzipped(TEXT) + b"\0\0\0"),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare_deflate(TEXT)),
        ("gzip, gzip", gzipped(gzipped(TEXT))),
        ("gzip, gzip", gzipped(TEXT)),  # two servers in a row named what one of them did
        ("deflate, gzip", gzipped(zlib.compress(TEXT))),
        ("identity, gzip", gzipped(TEXT)),
        ("utf-8", TEXT),
        ("aws-chunked", TEXT),
        ("aws-chunked,gzip", gzipped(TEXT)),
        ("none", TEXT),
        ("gzip", TEXT),  # named, and not done, or undone on the way
    ],
)
def test_codings(coding: str, data: bytes, step: int) -> None:
    assert decode(data, coding, step=step) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", ""])
def test_no_body_is_an_empty_body(coding: str) -> None:
    assert decode(b"", coding) == b""


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, br", "gzip, gzip, gzip"])
def test_other_codings_are_refused_or_left_as_they_are(coding: str) -> None:
    with pytest.raises(
        ResponseInvalid, match="only gzip and deflate can be read: ask for another with the header"
    ):
        BoundedDecoder(coding, 10)
    decoder = BoundedDecoder(coding, 10, as_it_is=True)
    decoder.feed(b"\x1b\x00")
    assert decoder.finish() == b"\x1b\x00"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_a_cut_body_is_never_a_result(coding: str) -> None:
    whole = zlib.compress(TEXT) if coding == "deflate" else gzipped(TEXT)
    if coding == "gzip, gzip":
        whole = gzipped(whole)
    for end in range(1, len(whole)):
        with pytest.raises(ResponseInterrupted):
            decode(whole[:end], coding)


@pytest.mark.parametrize(
    ("coding", "data"), [("gzip", b"\x1f" + TEXT), ("deflate", b"\x78\x9c" + TEXT), ("deflate", b"\xff" * 9)]
)
def test_damaged_data(coding: str, data: bytes) -> None:
    with pytest.raises(ResponseInvalid, match="damaged; the header Accept-Encoding: identity"):
        decode(data, coding)


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("", TEXT),
        ("gzip", gzipped(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("gzip, gzip", gzipped(gzipped(TEXT))),
    ],
)
def test_the_limit_counts_decompressed_bytes(coding: str, data: bytes) -> None:
    assert decode(data, coding, limit=len(TEXT)) == TEXT
    with pytest.raises(ResponseTooLarge) as caught:
        decode(data, coding, limit=len(TEXT) - 1)
    assert caught.value.details == {"limit": len(TEXT) - 1}
    assert "raise `responseBytes` of the task, or `limits.response_bytes` of its connection" in str(
        caught.value
    )
    assert not caught.value.retryable


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_a_bomb_stops_at_the_limit_with_little_memory(coding: str) -> None:
    zeros = bytes(20_000_000)
    bomb = zlib.compress(zeros) if coding == "deflate" else gzipped(zeros)
    if coding == "gzip, gzip":
        bomb = gzipped(bomb)
    del zeros
    tracemalloc.start()
    try:
        with pytest.raises(ResponseTooLarge):
            decode(bomb, coding, limit=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_compressed_data_that_yield_nothing_end_too() -> None:
    empty_block = b"\0\0\0\xff\xff"
    with pytest.raises(ResponseTooLarge):
        decode(empty_block * 2000, "deflate", limit=1000)
