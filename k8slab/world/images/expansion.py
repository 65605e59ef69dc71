"""What the words of a script stand for when a command runs: quotes, `$NAME`, `${NAME:-…}`, `$(…)`, `$((…))`.

Source    POSIX.1-2017, Shell Command Language, 2.6 Word Expansions
Left out  `${NAME%…}` and its like, IFS
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

__all__ = [
    "expanded",
    "joined",
]

Variable = Callable[[str], str]
Piece = tuple[str, bool]  # a text, and whether it was quoted

DOLLAR = re.compile(
    r"\$\(\((?P<sum>(?:[^()]|\([^()]*\))*)\)\)"
    r"|\$\((?P<command>(?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)|`(?P<old>[^`]*)`"
    r"|\$\{(?P<name>\w+|[?@*#$])(?::?(?P<how>[-=+])(?P<word>[^}]*))?\}|\$(?P<plain>[A-Za-z_]\w*|[0-9?@*$])"
)
NAMELESS = re.sub(r"\?P<\w+>", "?:", DOLLAR.pattern)
PART = re.compile(
    rf"'(?P<single>[^']*)'|\"(?P<double>(?:\\.|{NAMELESS}|[^\"\\])*)\"|\\(?P<escape>.)"
    rf"|(?P<dollar>{NAMELESS})|(?P<rest>[^'\"\\$`]+|[$`])",
    re.S,
)
IN_DOUBLE = re.compile(rf"\\(?P<escape>[$`\"\\\n])|(?P<dollar>{NAMELESS})", re.S)
PLAIN = re.compile(r"[\w./:=,%+@^!<>\[\]-]+")
OPERATIONS: dict[type, Callable[[int, int], int]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Lt: operator.lt, ast.Gt: operator.gt,
    ast.LtE: operator.le, ast.GtE: operator.ge, ast.Eq: operator.eq, ast.NotEq: operator.ne,
    ast.FloorDiv: lambda a, b: int(a / b), ast.Mod: lambda a, b: a - b * int(a / b),
}  # fmt: skip


def joined(word: str, variable: Variable, output_of: Variable) -> str:
    """A word as one text."""
    return "".join(text for text, _ in _pieces(word, variable, output_of))


def expanded(word: str, variable: Variable, output_of: Variable) -> list[tuple[str, bool]]:
    """A word as fields: what was not quoted is split at blanks. With each, whether it is a pattern (`*`, `?`)."""
    if PLAIN.fullmatch(word):
        return [(word, False)]
    fields: list[list[Piece]] = [[]]
    for text, is_quoted in _pieces(word, variable, output_of):
        if is_quoted or not re.search(r"\s", text):
            fields[-1].append((text, is_quoted))
            continue
        for place, part in enumerate(re.split(r"\s+", text)):
            if place:
                fields.append([])
            if part:
                fields[-1].append((part, False))
    return [
        ("".join(text for text, _ in field), any(not quoted and re.search(r"[*?]", text) for text, quoted in field))
        for field in fields
        if any(text or quoted for text, quoted in field)
    ]


def _pieces(word: str, variable: Variable, output_of: Variable) -> Iterator[Piece]:
    for match in PART.finditer(word):
        if match["single"] is not None:
            yield match["single"], True
        elif match["double"] is not None:
            yield _in_double_quotes(match["double"], variable, output_of), True
        elif match["escape"] is not None:
            yield match["escape"], True
        elif match["dollar"] is not None:
            yield _value(match["dollar"], variable, output_of), False
        else:
            yield match["rest"], False


def _in_double_quotes(text: str, variable: Variable, output_of: Variable) -> str:
    return IN_DOUBLE.sub(lambda m: m["escape"] or _value(m["dollar"], variable, output_of), text)


def _value(text: str, variable: Variable, output_of: Variable) -> str:
    match = DOLLAR.fullmatch(text)
    assert match is not None
    if match["sum"] is not None:
        return str(_calculated(joined(match["sum"], variable, output_of), variable))
    if match["command"] is not None or match["old"] is not None:
        return output_of(match["command"] if match["command"] is not None else match["old"])
    value = variable(match["plain"] or match["name"])
    if match["how"] is None:
        return value
    instead = joined(match["word"], variable, output_of)
    return (instead if value else "") if match["how"] == "+" else value or instead


def _wrapped(number: int) -> int:
    """A number as 64 bits hold it."""
    return (number + 2**63) % 2**64 - 2**63


@lru_cache(maxsize=512)
def _tree(text: str) -> ast.expr:
    return ast.parse(text.strip().replace("/", "//"), mode="eval").body


def _calculated(text: str, variable: Variable) -> int:
    """The value of an arithmetic expression; what cannot be calculated is 0."""

    def value(node: ast.expr) -> int:
        match node:
            case ast.Constant(value=int() as number):
                return number
            case ast.Name(id=name):
                found = variable(name)
                return int(found) if found.lstrip("-").isdecimal() else 0
            case ast.BinOp(left=left, op=op, right=right):
                return _wrapped(OPERATIONS[type(op)](value(left), value(right)))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return int(OPERATIONS[type(op)](value(left), value(right)))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -value(operand)
        raise KeyError(ast.dump(node))

    try:
        return value(_tree(text))
    except (SyntaxError, KeyError, ZeroDivisionError, ValueError, RecursionError):
        return 0
