"""Frames of SPDY/3.1, as far as streams are tunnelled in them.

Source    SPDY Protocol, Draft 3.1 (frames, and the dictionary of header blocks); github.com/moby/spdystream
Left out  flow control, settings, priorities, pushed streams: neither side of a tunnel uses them
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

__all__ = [
    "GOAWAY",
    "PING",
    "RST_STREAM",
    "SYN_STREAM",
    "Frame",
    "Spdy",
]

DATA, SYN_STREAM, SYN_REPLY, RST_STREAM, PING, GOAWAY, HEADERS = 0, 1, 2, 3, 6, 7, 8
FIN = 1
VERSION = 3
FRAME_LIMIT_BYTES, HEADERS_LIMIT_BYTES, CHUNK_BYTES = 1024 * 1024, 64 * 1024, 32 * 1024

WORDS = """
options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow
authorization cache-control connection content-base content-encoding content-language content-length content-location
content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match
if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range
referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get
status 200|OK version HTTP/1.1 url public set-cookie keep-alive origin
"""
TAIL = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden"
    "404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,"
    "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)


def _number(value: int, size: int = 4) -> bytes:
    return value.to_bytes(size, "big")


DICTIONARY = b"".join(_number(len(word)) + word.replace("|", " ").encode() for word in WORDS.split()) + TAIL.encode()


class Frame(NamedTuple):
    """A frame that has arrived; `stream` is a ping's number in a PING."""

    type: int
    stream: int
    headers: dict[str, str]
    data: bytes
    is_last: bool


class Spdy:
    """One side of a connection: bytes in, frames out, and the bytes of frames to send."""

    def __init__(self) -> None:
        self._buffer = b""
        self._inflater = zlib.decompressobj(zdict=DICTIONARY)
        self._deflater = zlib.compressobj(zdict=DICTIONARY)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are whole by now. Raises ValueError for what is no SPDY/3."""
        self._buffer += data
        frames = []
        while len(self._buffer) >= 8:
            size = int.from_bytes(self._buffer[5:8], "big")
            if size > FRAME_LIMIT_BYTES:
                raise ValueError(f"a frame of {size} bytes is too large")
            if len(self._buffer) < 8 + size:
                break
            head, body, self._buffer = self._buffer[:8], self._buffer[8 : 8 + size], self._buffer[8 + size :]
            frames.append(self._frame(head, body))
        return frames

    def syn_stream(self, stream: int, headers: dict[str, str]) -> bytes:
        """Open a stream."""
        return _control(SYN_STREAM, _number(stream) + _number(0) + bytes(2) + self._packed(headers))

    def syn_reply(self, stream: int) -> bytes:
        """Accept a stream."""
        return _control(SYN_REPLY, _number(stream) + self._packed({}))

    def data(self, stream: int, data: bytes, *, is_last: bool = False) -> bytes:
        """Send something on a stream."""
        parts = [data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)] or [b""]
        flags = [0] * (len(parts) - 1) + [FIN * is_last]
        heads = [_number(stream) + _number(flag, 1) for flag in flags]
        return b"".join(head + _number(len(part), 3) + part for head, part in zip(heads, parts, strict=True))

    def reset(self, stream: int, reason: int) -> bytes:
        """Refuse a stream, or end it."""
        return _control(RST_STREAM, _number(stream) + _number(reason))

    def ping(self, number: int) -> bytes:
        """Ask for an answer, or give it."""
        return _control(PING, _number(number))

    def _frame(self, head: bytes, body: bytes) -> Frame:
        first, is_last = int.from_bytes(head[:4], "big"), bool(head[4] & FIN)
        if not first >> 31:
            return Frame(DATA, first, {}, body, is_last)
        type_ = first & 0xFFFF
        if first >> 16 & 0x7FFF != VERSION:
            raise ValueError("only SPDY/3 is spoken here")
        if type_ in (SYN_STREAM, SYN_REPLY, HEADERS, RST_STREAM, PING, GOAWAY) and len(body) < 4:
            raise ValueError("a frame is too short")
        stream = int.from_bytes(body[:4], "big") & 0x7FFFFFFF
        packed = {SYN_STREAM: body[10:], SYN_REPLY: body[4:], HEADERS: body[4:]}.get(type_)
        headers = self._unpacked(packed) if packed is not None else {}
        return Frame(type_, stream, headers, b"", is_last)

    def _packed(self, headers: dict[str, str]) -> bytes:
        texts = [text.encode() for pair in headers.items() for text in pair]
        block = _number(len(headers)) + b"".join(_number(len(text)) + text for text in texts)
        return self._deflater.compress(block) + self._deflater.flush(zlib.Z_SYNC_FLUSH)

    def _unpacked(self, packed: bytes) -> dict[str, str]:
        try:
            block = self._inflater.decompress(packed, HEADERS_LIMIT_BYTES)
        except zlib.error as error:
            raise ValueError(f"a header block cannot be read: {error}") from None
        if self._inflater.unconsumed_tail:
            raise ValueError("a header block is too large")
        texts, at = [], 4
        while at + 4 <= len(block):
            size = int.from_bytes(block[at : at + 4], "big")
            texts.append(block[at + 4 : at + 4 + size].decode("latin-1"))
            at += 4 + size
        return dict(zip(texts[::2], texts[1::2], strict=False))


def _control(type_: int, body: bytes) -> bytes:
    return _number(0x8000 | VERSION, 2) + _number(type_, 2) + b"\0" + _number(len(body), 3) + body
