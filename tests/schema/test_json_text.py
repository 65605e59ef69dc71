"""JSON as Go reads it: what it says of what is none, and of what it does not mind."""

from __future__ import annotations

import re

import pytest

from k8slab.schema import parse_json


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "unexpected end of JSON input"),
        ('{"a"', "unexpected end of JSON input"),
        ('{"a": "b', "unexpected end of JSON input"),
        ('"\\u12', "unexpected end of JSON input"),
        ("x", "invalid character 'x' looking for beginning of value"),
        ("[NaN]", "invalid character 'N' looking for beginning of value"),
        ("[-Infinity]", "invalid character 'I' in numeric literal"),
        ("\ufeff{}", "invalid character 'ï' looking for beginning of value"),
        ("{a: 1}", "invalid character 'a' looking for beginning of object key string"),
        ('{"a": 1,}', "invalid character '}' looking for beginning of object key string"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a": "[" "b": 2}', "invalid character '\"' after object key:value pair"),
        ('{"a": [1}', "invalid character '}' after array element"),
        ("[{}'", r"invalid character '\'' after array element"),
        ("[01]", "invalid character '1' after array element"),
        ("{} {}", "invalid character '{' after top-level value"),
        ('"a\nb"', r"invalid character '\n' in string literal"),
        ('"a\0b"', r"invalid character '\x00' in string literal"),
        (r'"\q"', "invalid character 'q' in string escape code"),
        (r'"\u12x4"', r"invalid character 'x' in \u hexadecimal character escape"),
        ("[1e400]", "json: cannot unmarshal number 1e400 into Go value of type float64"),
        ("[" * 101 + "]" * 101, "exceeded max depth"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "exceeded max depth"),
    ],
)
def test_what_is_no_json_is_told_in_the_words_of_go(text: str, problem: str) -> None:
    """Source: Go, encoding/json/scanner.go (stateXxx, quoteChar); sigs.k8s.io/json has the same scanner."""
    with pytest.raises(ValueError, match=re.escape(problem)) as caught:
        parse_json(text)

    assert str(caught.value) == problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (rb'{"a": "\ud800"}', {"a": "\ufffd"}),
        (rb'{"a": "\ud83d\ude00"}', {"a": "\U0001f600"}),
        (b"[" * 100 + b"]" * 100, None),
    ],
)
def test_what_go_does_not_mind_is_read(text: bytes, value: object) -> None:
    """Source: Go, encoding/json, Unmarshal: invalid UTF-8 is replaced by U+FFFD."""
    read, _ = parse_json(text)

    assert value is None or read == value
