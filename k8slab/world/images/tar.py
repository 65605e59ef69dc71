"""tar, as far as files are copied with it.

Source    busybox 1.37, archival/tar.c; what `kubectl cp` calls (`tar cf - PATH`, `tar -xmf - -C FOLDER`)
Left out  compression, links and special files, owners, modes and times; what is in an archive that is appended to
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

from k8slab.world.files import as_bytes, as_text
from k8slab.world.images.calls import Call

__all__ = [
    "tar",
]

LETTERS = frozenset("cxtfvmpohC")
IGNORED = ("--no-same-owner", "--no-same-permissions", "--same-permissions", "--no-overwrite-dir")


def tar(call: Call) -> int:
    """Make (`c`), unpack (`x`) or list (`t`) an archive in a file or, with `-`, on the standard streams."""
    args = [arg for arg in call.args if arg not in IGNORED]
    letters = args.pop(0).removeprefix("-") if args else ""
    verbs = set(letters) & set("cxt")
    if len(verbs) != 1 or set(letters) - LETTERS:
        return call.fail("usage: tar c|x|t [-f FILE] [-C FOLDER] [NAME]...; the rest is left out here")
    archive = args.pop(0) if "f" in letters and args else "-"
    if "C" in letters and args:
        args[:0] = ["-C"]
    if "-C" in args:
        at = args.index("-C")
        folder = call.path("".join(args[at + 1 : at + 2]))
        if not call.files.is_directory(folder):
            return call.fail(f"can't change directory to '{folder}': No such file or directory")
        call, args = call._replace(cwd=folder), args[:at] + args[at + 2 :]
    return _create(call, archive, args) if verbs == {"c"} else _unpack(call, archive, args, letters)


def _create(call: Call, archive: str, names: list[str]) -> int:
    if not names:
        return call.fail("empty archive")
    code, data = 0, io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.GNU_FORMAT) as made:
        for name in names:
            paths = list(_below(call, name))
            if not paths:
                code = call.fail(f"{name}: No such file or directory")
            elif name.startswith("/"):
                call.err("tar: removing leading '/' from member names\n")
            for path, member in paths:
                _add(call, made, path, member)
    text = as_text(data.getvalue())
    if archive == "-":
        call.out(text)
    else:
        call.files[call.path(archive)] = text
    return call.fail("error exit delayed from previous errors") if code else 0


def _below(call: Call, name: str) -> Iterator[tuple[str, str]]:
    """The files and folders at and below a name: their paths, and how an archive calls them."""
    path, member = call.path(name), name.strip("/") or "."
    if path in call.files:
        yield path, member
    elif call.files.is_directory(path):
        yield path.rstrip("/") + "/", member
        base = path.rstrip("/") + "/"
        for inner in sorted(call.files):
            if inner.startswith(base) and inner != base:
                yield inner, f"{member}/{inner[len(base) :]}"


def _add(call: Call, made: tarfile.TarFile, path: str, member: str) -> None:
    info = tarfile.TarInfo(member.rstrip("/"))
    info.mtime = int(call.place.now())
    info.uname = info.gname = "root"
    if path.endswith("/"):
        info.type, info.mode = tarfile.DIRTYPE, 0o755
        made.addfile(info)
    else:
        data = as_bytes(call.files[path])
        info.size = len(data)
        made.addfile(info, io.BytesIO(data))


def _unpack(call: Call, archive: str, names: list[str], letters: str) -> int:
    text = call.stdin if archive == "-" else call.files.get(call.path(archive))
    if text is None:
        return call.fail(f"can't open '{archive}': No such file or directory")
    code = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(as_bytes(text)), mode="r:") as read:
            for info in read:
                if names and not any(info.name == name or info.name.startswith(name + "/") for name in names):
                    continue
                if "t" in letters or "v" in letters:
                    call.out(info.name + ("/\n" if info.isdir() else "\n"))
                if "x" in letters:
                    code |= _place(call, read, info)
    except tarfile.TarError:
        return call.fail("short read" if text else "invalid tar magic")
    return code


def _place(call: Call, read: tarfile.TarFile, info: tarfile.TarInfo) -> int:
    path = call.path(info.name.lstrip("/"))
    data = read.extractfile(info) if info.isreg() else None
    if data is not None:
        call.files[path] = as_text(data.read())
    elif info.isdir():
        if not call.files.is_directory(path):
            call.files[path.rstrip("/") + "/"] = ""
    else:
        return call.fail(f"{info.name}: links and special files are left out here")
    return 0
