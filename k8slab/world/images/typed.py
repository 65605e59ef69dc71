"""Standard input that comes bit by bit, from a pipe or from a terminal, and what a shell does with it.

Source    POSIX.1-2017, "General Terminal Interface" (canonical mode); the prompts of busybox' ash
Left out  history and moving within a line; the size of the terminal; programs but the shell and `cat` that
          read before their input has ended
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Generator

from k8slab.world.images.calls import FOREVER_S, Pause, Steps

__all__ = [
    "INTERRUPTED_CODE",
    "Interrupted",
    "Typed",
    "conversation",
    "copied",
    "copies",
    "reads_input",
    "rest_of",
]

Sink = Callable[[str], object]

KEYS = re.compile(r"\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Z]|\x1b|[^\x1b]", re.S)
INTERRUPTED_CODE = 130
READERS = ("cat", "grep", "gunzip", "gzip", "head", "sort", "tail", "wc", "zcat")
INTERRUPT, END, KILL, ERASE = "\x03", "\x04", "\x15", ("\x7f", "\b")


class Interrupted(Exception):
    """Somebody pressed Ctrl-C."""


class Typed:
    """What was typed or piped in, as far as nobody has read it; `echo` is the screen of a terminal."""

    def __init__(self, echo: Sink | None = None) -> None:
        self._echo = echo
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._parts: list[str] = []
        self._line = ""
        self._ends = 0
        self._is_over = False

    def feed(self, data: bytes) -> bool:
        """Take input; True when a Ctrl-C was in it, which throws away what was typed before."""
        text = self._decoder.decode(data)
        if self._echo is None:
            self._parts.append(text)
            return False
        return INTERRUPT in [key for key in KEYS.findall(text) if self._key(key)]

    def end(self) -> None:
        """There is no more."""
        self._is_over = True

    def prompt(self, text: str) -> None:
        """Ask for a line, where there is a screen."""
        if self._echo is not None:
            self._echo(text)

    def line(self) -> str | None:
        """The next line, "" at the end; None when it is not there yet."""
        head, newline, tail = "".join(self._parts).partition("\n")
        if not newline and not self._takes_end():
            return None
        self._parts = [tail] if tail else []
        return head + newline

    def part(self) -> str | None:
        """What is there, "" at the end; None when nothing is there yet."""
        text = "".join(self._parts)
        self._parts = []
        return text if text or self._takes_end() else None

    def rest(self) -> str | None:
        """All there is, None while more may come."""
        if not self._takes_end():
            return None
        text = "".join(self._parts)
        self._parts = []
        return text

    def _takes_end(self) -> bool:
        """There is an end; a terminal's is one for one reader."""
        is_there = self._is_over or self._ends > 0
        self._ends -= self._ends > 0
        return is_there

    def _key(self, key: str) -> bool:
        """Take one key of a terminal; whether it was Ctrl-C."""
        assert self._echo is not None
        if key == INTERRUPT:
            self._line, self._parts = "", []
            self._echo("^C\n")
        elif key in ("\r", "\n"):
            self._parts.append(self._line + "\n")
            self._line = ""
            self._echo("\n")
        elif key == END:
            self._ends += not self._line
            self._parts.append(self._line)
            self._line = ""
        elif key in ERASE or key == KILL:
            count = len(self._line) if key == KILL else min(1, len(self._line))
            self._line = self._line[: len(self._line) - count]
            self._echo("\b \b" * count)
        elif key.isprintable() or key == "\t":
            self._line += key
            self._echo(key)
        return key == INTERRUPT


def reads_input(name: str, args: tuple[str, ...]) -> bool:
    """A program called like this reads its standard input."""
    names = [arg for arg in args if (not arg.startswith("-") and not arg.isdecimal()) or arg == "-"]
    if name == "tar":
        letters = next((arg for arg in args if not arg.startswith("--")), "")
        return bool({"x", "t"} & set(letters)) and ("-" in args or "f" not in letters)
    return name == "tee" or (name in READERS and ("-" in names or len(names) <= (name == "grep")))


def conversation(typed: Typed, prompt: Callable[[], str], do: Callable[[str], Steps], err: Sink) -> Steps:
    """Each line as it is typed (several, while a loop or a quotation is open), until the input ends."""
    script, status = "", 0
    while True:
        typed.prompt("> " if script else prompt())
        try:
            while (line := typed.line()) is None:
                yield Pause(FOREVER_S, reads=True)
            script += line
            status = (yield from do(script)) if script.strip() else status
        except Interrupted:
            script, line, status = "", "\n", INTERRUPTED_CODE
        except ValueError as error:
            if line and ("end of file" in str(error) or "unterminated" in str(error)):
                continue
            err(f"sh: syntax error: {error}\n")
            status = 2
        if not line:
            return status
        script = ""


def copies(name: str, args: tuple[str, ...]) -> bool:
    """A program called like this prints its input as it comes."""
    return name == "cat" and set(args) <= {"-", "-u"}


def copied(typed: Typed, out: Sink) -> Steps:
    """Print the input as it comes, until it ends."""
    while (text := typed.part()) != "":
        if text is None:
            yield Pause(FOREVER_S, reads=True)
        else:
            out(text)
    return 0


def rest_of(typed: Typed) -> Generator[Pause, None, str]:
    """Wait for the end of the input."""
    while (text := typed.rest()) is None:
        yield Pause(FOREVER_S, reads=True)
    return text
