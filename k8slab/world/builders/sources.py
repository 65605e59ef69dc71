"""A source tree: files with sizes, that are edited; which of them a build is sent, and which a COPY takes.

A path that ends with `/` stands for a whole directory of so many bytes.

Source    docs.docker.com, "Build context" and ".dockerignore files"; Go's filepath.Match
Left out  what is in the files; modes and owners
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from k8slab.objects import size_bytes

__all__ = [
    "File",
    "Source",
    "digest_of",
    "matches",
]


class File(NamedTuple):
    """A file (or a whole directory) as it is now: each edit is a new version."""

    size_bytes: int
    version: int = 1


class Source:
    """A tree of files that lies at a place. `ignore` are the lines of its .dockerignore."""

    def __init__(self, name: str, place: str, files: Mapping[str, str | int], ignore: Iterable[str] = ()) -> None:
        """Raises ValueError for a path or a size that is none."""
        self.name = name
        self.place = place
        self.ignore = tuple(ignore)
        self.files: dict[str, File] = {}
        for path, size in files.items():
            self.files[_path(path)] = File(_size(path, size))
        if not self.files:
            raise ValueError(f"the source {name} has no files")

    def edit(self, path: str, size: str | int | None = None) -> None:
        """Change a file, or add one (with its size). Raises ValueError for a file that has no size yet."""
        path, before = _path(path), self.files.get(_path(path))
        if before is None and size is None:
            raise ValueError(f"{self.name} has no file {path}; there are: {', '.join(self.files)}")
        was = before or File(0, 0)
        self.files[path] = File(was.size_bytes if size is None else _size(path, size), was.version + 1)

    def delete(self, path: str) -> None:
        """Remove a file. Raises ValueError when there is none."""
        if self.files.pop(_path(path), None) is None:
            raise ValueError(f"{self.name} has no file {path}; there are: {', '.join(self.files)}")

    def context(self) -> dict[str, File]:
        """The files that a build may see."""
        return {path: file for path, file in sorted(self.files.items()) if not self._is_ignored(path)}

    def _is_ignored(self, path: str) -> bool:
        ignored = False
        for line in self.ignore:
            pattern = line.strip().removeprefix("!").strip("/")
            if pattern and not line.startswith("#") and _is_under(path, pattern):
                ignored = not line.strip().startswith("!")
        return ignored


def matches(files: Mapping[str, File], pattern: str) -> dict[str, File]:
    """The files that a COPY of this path or pattern takes, by where they come to lie below the destination."""
    pattern = pattern.removeprefix("./").strip("/")
    if pattern in ("", "."):
        return dict(files)
    taken: dict[str, File] = {}
    for path, file in files.items():
        bare = path.rstrip("/")
        for depth in range(1, bare.count("/") + 2):
            if _regex(pattern).fullmatch("/".join(bare.split("/")[:depth])):
                below = "/".join(bare.split("/")[depth:])
                taken[below or (bare.rpartition("/")[2] if bare == path else "")] = file
                break
    return taken


def digest_of(*parts: object) -> str:
    """One digest for all the parts, in this order."""
    return hashlib.sha256("\n".join(map(repr, parts)).encode()).hexdigest()


def _is_under(path: str, pattern: str) -> bool:
    names = path.rstrip("/").split("/")
    return any(_regex(pattern).fullmatch("/".join(names[:depth])) for depth in range(1, len(names) + 1))


@lru_cache(maxsize=1024)
def _regex(pattern: str) -> re.Pattern[str]:
    """Go's pattern: `*` and `?` stay within a name, `**` does not."""
    parts = re.split(r"(\*\*/?|\*|\?)", pattern)
    known = {"**": ".*", "**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(known.get(part, re.escape(part)) for part in parts))


def _path(path: str) -> str:
    clean = path.removeprefix("./").lstrip("/")
    if not clean or ".." in clean.split("/"):
        raise ValueError(f"{path!r} is no path in a source tree")
    return clean


def _size(path: str, size: str | int) -> int:
    try:
        amount = size_bytes(size)
    except ValueError:
        raise ValueError(f'the size of {path} must be an amount such as "12k" or "1.5M", not {size!r}') from None
    if amount < 0:
        raise ValueError(f"{path} cannot have {size} bytes")
    return amount
