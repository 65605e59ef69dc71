"""The files of one container: those of its image, volumes mounted over them, and what the container wrote itself.

A file is a path and a text, or a callable that makes the text when it is read. A path that ends with `/` is an empty
directory; others come from the files in them. The writable layer belongs to the container and is lost with it.

A byte that is no UTF-8 stands in a text as a lone surrogate, so that every file comes back as it was.

Left out  owners, modes, links, sizes of directories
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import NamedTuple

__all__ = [
    "Files",
    "Mount",
    "NoSpaceError",
    "ReadOnlyError",
    "Text",
    "as_bytes",
    "as_text",
    "text_of",
]

FILE_LIMIT = 10_000_000  # characters

Text = str | Callable[[], str]


def text_of(text: Text) -> str:
    """What stands in a file, made now if need be."""
    return text if isinstance(text, str) else text()


def as_bytes(text: str) -> bytes:
    """The bytes of a file."""
    return text.encode("utf-8", "surrogateescape")


def as_text(data: bytes) -> str:
    """The text of a file."""
    return data.decode("utf-8", "surrogateescape")


class ReadOnlyError(OSError):
    """The path lies in a volume that is mounted read-only."""


class NoSpaceError(OSError):
    """The file would be larger than a file may be here."""


class Mount(NamedTuple):
    """A volume in a container: `files` maps a path within the volume (`conf/a.txt`) to its text.

    It is read anew each time, so that what changes in the volume is seen. With `single` the mount point is the one
    file of that name (subPath) and no directory.
    """

    path: str
    files: Mapping[str, Text] | MutableMapping[str, Text]
    read_only: bool = False
    single: str = ""


class Files(MutableMapping[str, str]):
    """Paths to texts, as the container sees them."""

    __slots__ = ("_gone", "_image", "_mounts", "_own")

    def __init__(self, image: Mapping[str, Text] | None = None, mounts: tuple[Mount, ...] = ()) -> None:
        self._image: Mapping[str, Text] = image or {}
        self._mounts = sorted(mounts, key=lambda mount: -len(mount.path))
        self._own: dict[str, Text] = {}
        self._gone: set[str] = set()

    def __getitem__(self, path: str) -> str:
        mount, inner = self._mount_of(path)
        if mount is not None:
            found = mount.files[inner]
        elif path in self._own:
            found = self._own[path]
        elif path in self._gone:
            raise KeyError(path)
        else:
            found = self._image[path]
        return found if isinstance(found, str) else found()

    def __setitem__(self, path: str, text: str) -> None:
        if len(text) > FILE_LIMIT:
            raise NoSpaceError(path)
        mount, inner = self._mount_of(path)
        if mount is None:
            self._own[path] = text
        else:
            _writable(mount, path)[inner] = text

    def __delitem__(self, path: str) -> None:
        mount, inner = self._mount_of(path)
        if mount is not None:
            del _writable(mount, path)[inner]
        elif path not in self:
            raise KeyError(path)
        else:
            self._own.pop(path, None)
            self._gone.add(path)

    def __iter__(self) -> Iterator[str]:
        for path in {**self._image, **self._own}:
            if (path in self._own or path not in self._gone) and self._mount_of(path)[0] is None:
                yield path
        for mount in self._mounts:
            if mount.single:
                yield mount.path
                continue
            base = mount.path.rstrip("/") + "/"
            yield base
            yield from (base + inner for inner in mount.files if self._mount_of(base + inner)[0] is mount)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, str):
            return False
        mount, inner = self._mount_of(path)
        if mount is not None:
            return inner in mount.files
        return path in self._own or (path not in self._gone and path in self._image)

    def is_directory(self, path: str) -> bool:
        """There is such a directory, perhaps an empty one."""
        base = path.rstrip("/") + "/"
        return base == "/" or any(name.startswith(base) for name in self)

    def children(self, path: str) -> list[str]:
        """The names in a directory, sorted; directories end with `/`."""
        base = path.rstrip("/") + "/"
        inside = {name[len(base) :] for name in self if name.startswith(base)} - {""}
        return sorted({name.partition("/")[0] + ("/" if "/" in name else "") for name in inside})

    def _mount_of(self, path: str) -> tuple[Mount | None, str]:
        """The innermost volume that holds the path, and the path within it."""
        for mount in self._mounts:
            if mount.single and path == mount.path:
                return mount, mount.single
            base = mount.path.rstrip("/") + "/"
            if not mount.single and path.startswith(base) and path != base:
                return mount, path[len(base) :]
        return None, path


def _writable(mount: Mount, path: str) -> MutableMapping[str, Text]:
    if mount.read_only or not isinstance(mount.files, MutableMapping):
        raise ReadOnlyError(path)
    return mount.files
