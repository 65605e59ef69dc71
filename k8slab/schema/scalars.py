"""The types that read themselves from JSON: quantities, times, bytes.

Each function takes what stood in the body and gives it as the server writes it back: `0.5` becomes
`500m`, a time its UTC form. What cannot be read raises ValueError with the server's own text.

Source    apimachinery/pkg/api/resource/quantity.go and suffix.go, apimachinery/pkg/apis/meta/v1/time.go and
          micro_time.go; the texts of bytes and times are those of Go's encoding/base64 and time packages
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

__all__ = ["canonical_bytes", "canonical_microtime", "canonical_quantity", "canonical_time"]

_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_QUANTITY = r"([+-]?)0*([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)"
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIX = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX = ["", *_BINARY]
_NANO = -9
_MOST = 2**63 - 1
_LONGEST = 300  # letters of a quantity, and decimal places: no amount is stated with more


@lru_cache(maxsize=4096)
def canonical_quantity(text: str) -> str:
    """Write a quantity as the server does: `1024Mi` becomes `1Gi`, `1.5` becomes `1500m`."""
    found = re.fullmatch(_QUANTITY, text)
    if not text or not found:
        raise ValueError(_FORMAT)
    sign, whole, fraction, suffix = found[1], found[2] or "0", found[3] or "", found[4]
    if len(text) > _LONGEST:
        raise ValueError(_FORMAT)
    digits = int(whole + fraction)
    if suffix in _BINARY:
        if not fraction and digits % 8:
            return text  # the server, too, keeps what cannot be shortened as it was written
        value = _binary(digits, len(fraction), _BINARY[suffix])
    else:
        exponent = _exponent(suffix)
        scale = exponent - len(fraction)
        if scale % 3 == 0 and scale >= _NANO and not (whole + fraction).endswith("000") and whole[0] != "0":
            return text
        value = _decimal(digits, scale, _is_exponent(suffix))
    return ("-" if sign == "-" and value != "0" else "") + value


def _is_exponent(suffix: str) -> bool:
    return len(suffix) > 1 and suffix[0] in "eE"


def _exponent(suffix: str) -> int:
    if suffix in _DECIMAL:
        return _DECIMAL[suffix]
    try:
        if _is_exponent(suffix):
            return max(-_LONGEST, min(_LONGEST, int(suffix[1:])))  # what lies beyond is none or more than there is
    except ValueError:
        pass
    raise ValueError("unable to parse quantity's suffix")


def _binary(digits: int, places: int, exponent: int) -> str:
    value, rest = divmod(digits << exponent, 10**places)
    if value < 1024 or rest:
        return _decimal(digits << exponent, -places, False)
    value = min(value, _MOST)
    times = 0
    while value % 1024 == 0 and times < len(_BINARY_SUFFIX) - 1:
        value, times = value // 1024, times + 1
    return f"{value}{_BINARY_SUFFIX[times]}"


def _decimal(digits: int, scale: int, with_exponent: bool) -> str:
    if digits == 0:
        return "0"
    if scale < _NANO:
        digits, scale = -(-digits // 10 ** (_NANO - scale)), _NANO  # too small an amount is rounded up
    while digits % 10 == 0:
        digits, scale = digits // 10, scale + 1
    digits, scale = digits * 10 ** (scale % 3), scale - scale % 3
    if with_exponent or scale not in _DECIMAL_SUFFIX:
        return f"{digits}e{scale}" if scale else str(digits)
    return f"{digits}{_DECIMAL_SUFFIX[scale]}"


_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"


def canonical_bytes(text: str) -> str:
    """Check base64 and take out line breaks."""
    packed = text.replace("\r", "").replace("\n", "") if "\n" in text or "\r" in text else text
    if not re.fullmatch(_BASE64, packed):
        raise ValueError(f"illegal base64 data at input byte {_first_wrong_byte(text)}")
    return packed


def _first_wrong_byte(text: str) -> int:
    filled = 0  # of the four characters that make three bytes
    for at, letter in enumerate(text):
        if letter in "\r\n":
            continue
        if letter not in _ALPHABET:
            return _wrong_padding(text, at, filled) if letter == "=" else at
        filled = (filled + 1) % 4
    return len(text) - filled


def _wrong_padding(text: str, at: int, filled: int) -> int:
    if filled < 2:
        return at
    if filled == 2:
        if at + 1 == len(text):
            return len(text)
        if text[at + 1] != "=":
            return at
        at += 1
    return at + 1


_RFC3339 = "2006-01-02T15:04:05Z07:00"
_RFC3339_MICRO = "2006-01-02T15:04:05.000000Z07:00"
_STEPS = (
    *(("2006", "[0-9]{4}"), ("-", "-"), ("01", "[0-9]{2}"), ("-", "-"), ("02", "[0-9]{2}"), ("T", "T")),
    *(("15", "[0-9]{1,2}"), (":", ":"), ("04", "[0-9]{2}"), (":", ":"), ("05", "[0-9]{2}")),
)
_FRACTION = "[.,][0-9]+"
_MICROS = "[.,][0-9]{6}"
_ZONE = "Z|[+-][0-9]{2}:[0-9]{2}"


@lru_cache(maxsize=4096)
def canonical_time(text: str) -> str:
    """Write a time in UTC with whole seconds."""
    return _parse(text, _RFC3339).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


@lru_cache(maxsize=4096)
def canonical_microtime(text: str) -> str:
    """Write a time in UTC with six digits after the second; fewer are refused."""
    return _parse(text, _RFC3339_MICRO).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def _parse(text: str, layout: str) -> datetime:
    at, numbers = 0, []
    for wanted, pattern in _STEPS:
        at, number = _step(text, at, layout, wanted, pattern)
        if wanted.isdigit():
            numbers.append(int(number))
    at, micros = _fraction(text, at, layout)
    end, zone = _step(text, at, layout, "Z07:00", _ZONE)
    if end != len(text):
        raise ValueError(f'parsing time "{text}": extra text: "{text[end:]}"')
    for name, value, least, most in zip(_NAMES, numbers, _LEAST, _MOST_OF, strict=True):
        if not least <= value <= most:
            raise ValueError(f'parsing time "{text}": {name} out of range')
    return _moment(text, numbers, micros, zone)


_NAMES = ("year", "month", "day", "hour", "minute", "second")
_LEAST = (1, 1, 1, 0, 0, 0)
_MOST_OF = (9999, 12, 31, 23, 59, 59)


def _step(text: str, at: int, layout: str, wanted: str, pattern: str) -> tuple[int, str]:
    found = re.compile(pattern).match(text, at)
    if found is None:
        raise ValueError(f'parsing time "{text}" as "{layout}": cannot parse "{text[at:]}" as "{wanted}"')
    return found.end(), found[0]


def _fraction(text: str, at: int, layout: str) -> tuple[int, int]:
    if layout == _RFC3339_MICRO:
        end, digits = _step(text, at, layout, ".000000", _MICROS)
        return end, int(digits[1:])
    found = re.compile(_FRACTION).match(text, at)  # the layout does not show it; it may be there all the same
    return (found.end(), 0) if found else (at, 0)


def _moment(text: str, numbers: list[int], micros: int, zone: str) -> datetime:
    year, month, day, hour, minute, second = numbers
    offset = timedelta() if zone == "Z" else timedelta(hours=int(zone[1:3]), minutes=int(zone[4:]))
    try:
        local = datetime(year, month, day, hour, minute, second, micros, UTC)
        return local + offset if zone[0] == "-" else local - offset
    except (ValueError, OverflowError):
        raise ValueError(f'parsing time "{text}": day out of range') from None
