"""A shell script as a tree: what `sh -c "…"` in a manifest says, before anything of it is done.

    script    lists joined by ; && || and newlines, of pipes (a | b), of commands
    command   words with redirections, if … fi, while/until … done, for … done, { … }, ( … )

Words keep their quotes; what is in them is expanded when the command runs.

Source    POSIX.1-2017, Shell Command Language, 2.10 Shell Grammar
Left out  background jobs, functions, case, here-documents: such a script is not understood
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

__all__ = [
    "For",
    "If",
    "Listing",
    "Loop",
    "Node",
    "Simple",
    "parse",
    "words_of",
]


class Simple(NamedTuple):
    """Words, and redirections as (operator, target)."""

    words: tuple[str, ...]
    redirects: tuple[tuple[str, str], ...] = ()


class If(NamedTuple):
    """Conditions with what each leads to, and what is done when none holds."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


class Loop(NamedTuple):
    """Done as long as the condition ends with 0, or (until) with anything else."""

    condition: Node
    body: Node
    until: bool


class For(NamedTuple):
    """Done once for each word."""

    name: str
    words: tuple[str, ...]
    body: Node


class Listing(NamedTuple):
    """Pipes, each with the operator before it (`;`, `&&`, `||`) and whether its end is negated; redirections of all."""

    items: tuple[tuple[str, bool, tuple[Node, ...]], ...]
    redirects: tuple[tuple[str, str], ...] = ()


Node = Simple | If | Loop | For | Listing

# a word is made of quoted parts, escapes, $(…), `…`, ${…} and plain characters
PART = r"""'[^']*'|"(?:\\.|\$\((?:[^()]|\([^()]*\))*\)|[^"\\])*"|\\.|\$\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"""
PART += r"""|`[^`]*`|\$\{[^}]*\}|[^\s;&|<>()'"\\`#]|(?<=\S)#"""
TOKEN = re.compile(
    rf"[ \t]*(?:\\\n|#[^\n]*)?(?:(\n|;;|;|&&|\|\||\||2>&1|>&2|1>&2|2>>|2>|>>|>|<|&|\(|\))|((?:{PART})+))", re.S
)
REDIRECTS = (">", ">>", "<", "2>", "2>>", "2>&1", ">&2", "1>&2")
ENDS = ("then", "do", "done", "fi", "elif", "else", "}", ")", "")


@lru_cache(maxsize=512)
def parse(script: str) -> Node:
    """The tree of a script. Raises ValueError for what this shell cannot do."""
    parser = _Parser([*_tokens(script), ""])
    try:
        tree = parser.listing()
    except RecursionError:
        raise ValueError("too deeply nested") from None
    if parser.ahead:
        raise ValueError(f'unexpected "{parser.ahead}"')
    return tree


def words_of(node: Node) -> Iterator[str]:
    """The first word of every command in a tree."""
    if isinstance(node, Simple):
        named = [word for word in node.words if not re.match(r"\w+=", word)]
        yield from named[:1]
    elif isinstance(node, Listing):
        for _, _, pipe in node.items:
            for part in pipe:
                yield from words_of(part)
    elif isinstance(node, For):
        yield from words_of(node.body)
    else:
        pairs = node.branches if isinstance(node, If) else ((node.condition, node.body),)
        for inner in [inner for pair in pairs for inner in pair]:
            yield from words_of(inner)
        if isinstance(node, If) and node.otherwise is not None:
            yield from words_of(node.otherwise)


def _tokens(script: str) -> Iterator[str]:
    at, text = 0, script.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            if not text[at:].strip() or text[at:].lstrip().startswith("#"):
                return
            quote = text[at:].lstrip()[0]
            raise ValueError("unterminated quoted string" if quote in "'\"`" else f'unexpected "{quote}"')
        yield ";" if match[1] == "\n" else match[1] or match[2]
        at = match.end()


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def ahead(self) -> str:
        return self._tokens[self._at]

    def take(self, wanted: str = "") -> str:
        found = self.ahead
        if wanted and found != wanted:
            shown = f'"{found}"' if found else "end of file"
            raise ValueError(f'unexpected {shown} (expecting "{wanted}")')
        self._at += bool(found)
        return found

    def listing(self) -> Node:
        items: list[tuple[str, bool, tuple[Node, ...]]] = []
        joined = ";"
        while True:
            while self.ahead == ";":
                self.take()
            if self.ahead in ENDS:
                break
            is_negated = self.ahead == "!" and bool(self.take())
            items.append((joined, is_negated, self._pipe()))
            if self.ahead not in (";", "&&", "||"):
                break
            joined = self.take()
            while joined != ";" and self.ahead == ";":
                self.take()
        return Listing(tuple(items))

    def _pipe(self) -> tuple[Node, ...]:
        parts = [self._command()]
        while self.ahead == "|":
            self.take()
            parts.append(self._command())
        return tuple(parts)

    def _command(self) -> Node:
        whole = self._compound()
        if whole is None:
            return self._simple()
        redirects = []
        while self.ahead in REDIRECTS:
            redirects.append(self._redirect(self.take()))
        return Listing(((";", False, (whole,)),), tuple(redirects)) if redirects else whole

    def _compound(self) -> Node | None:
        word = self.ahead
        if word == "if":
            return self._if()
        if word in ("while", "until"):
            self.take()
            condition = self.listing()
            return Loop(condition, self._body(), word == "until")
        if word == "for":
            return self._for()
        if word in ("{", "("):
            self.take()
            inner = self.listing()
            self.take("}" if word == "{" else ")")
            return inner
        return None

    def _redirect(self, operator: str) -> tuple[str, str]:
        return operator, "" if "&" in operator else self.take()

    def _body(self) -> Node:
        self.take("do")
        body = self.listing()
        self.take("done")
        return body

    def _if(self) -> If:
        branches = []
        otherwise = None
        while self.take() in ("if", "elif"):
            condition = self.listing()
            self.take("then")
            branches.append((condition, self.listing()))
            if self.ahead == "else":
                self.take()
                otherwise = self.listing()
                break
            if self.ahead == "fi":
                break
        self.take("fi")
        return If(tuple(branches), otherwise)

    def _for(self) -> For:
        self.take()
        name, words = self.take(), []
        if self.ahead == "in":
            self.take()
            while self.ahead not in (";", ""):
                words.append(self.take())
        while self.ahead == ";":
            self.take()
        return For(name, tuple(words), self._body())

    def _simple(self) -> Simple:
        words: list[str] = []
        redirects: list[tuple[str, str]] = []
        while self.ahead not in (";", "&&", "||", "|", ")", ""):
            token = self.take()
            if token in ("&", "(", ";;"):
                raise ValueError(f'unexpected "{token}"')
            if token in REDIRECTS:
                redirects.append(self._redirect(token))
            else:
                words.append(token)
        if not words and not redirects:
            raise ValueError(f'unexpected "{self.ahead or "end of file"}"')
        return Simple(tuple(words), tuple(redirects))
