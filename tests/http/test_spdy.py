"""Frames of SPDY/3.1."""

from __future__ import annotations

import zlib

import pytest

from k8slab.http.spdy import DICTIONARY, Frame, Spdy

HEADERS = {"streamtype": "data", "port": "80", "requestid": "0"}


def test_the_dictionary_is_that_of_the_protocol() -> None:
    """Source: SPDY Protocol, Draft 3.1, "Compression"; its checksum stands in every first header block."""
    assert zlib.adler32(DICTIONARY) == 0xE3C6A7C2


def test_frames_are_read_as_they_were_written() -> None:
    one, other = Spdy(), Spdy()
    sent = one.syn_stream(1, HEADERS) + one.syn_stream(3, {}) + one.data(1, b"x" * 40_000, is_last=True)
    sent += one.reset(3, 5) + one.ping(7) + one.syn_reply(1)

    frames = [frame for byte in sent for frame in other.feed(bytes([byte]))]

    assert frames == [
        Frame(1, 1, HEADERS, b"", False),
        Frame(1, 3, {}, b"", False),
        Frame(0, 1, {}, b"x" * 32_768, False),
        Frame(0, 1, {}, b"x" * 7_232, True),
        Frame(3, 3, {}, b"", False),
        Frame(6, 7, {}, b"", False),
        Frame(2, 1, {}, b"", False),
    ]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "too large"),
        (b"\x80\x02\x00\x01\x00\x00\x00\x00", "only SPDY/3 is spoken here"),
        (b"\x80\x03\x00\x01\x00\x00\x00\x00", "a frame is too short"),
        (b"\x80\x03\x00\x01\x00\x00\x00\x0c" + b"x" * 12, "a header block cannot be read"),
        (Spdy().syn_stream(1, {"a": "x" * 100_000}), "a header block is too large"),
    ],
)
def test_what_is_no_frame_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Spdy().feed(data)


def test_header_blocks_may_be_cut_short() -> None:
    block = zlib.compressobj(zdict=DICTIONARY)
    packed = block.compress(b"\0\0\0\2\0\0\0\1a\0\0\0\1b\0\0\0\x63cut") + block.flush(zlib.Z_SYNC_FLUSH)
    body = b"\0\0\0\1\0\0\0\0\0\0" + packed

    (frame,) = Spdy().feed(b"\x80\x03\0\x01\0" + len(body).to_bytes(3, "big") + body)

    assert frame.headers == {"a": "b"}
