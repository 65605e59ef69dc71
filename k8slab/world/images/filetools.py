"""The small programs about files and their lines.

Source    busybox 1.37, coreutils, findutils and editors
Left out  most options; modes, owners and times of files
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from k8slab.world.files import as_bytes
from k8slab.world.images.calls import FOREVER_S, Call, Pause, Program, Steps

__all__ = [
    "FILE_PROGRAMS",
    "number",
]

TAIL_S = 1.0  # how often `tail -f` looks again


def number(text: str) -> float:
    """The number that a text begins with, 0 when it begins with none."""
    match = re.match(r"\s*-?\d+(\.\d+)?", text)
    return float(match[0]) if match else 0.0


def _cat(call: Call) -> int:
    code = 0
    for name in call.names or ["-"]:
        text = call.stdin if name == "-" else _text_of(call, name)
        if text is None:
            code = 1
        else:
            call.out(text)
    return code


def _ls(call: Call) -> int:
    code, names = 0, call.names or ["."]
    plain = [name for name in names if call.path(name) in call.files]
    folders = [name for name in names if name not in plain and call.files.is_directory(call.path(name))]
    for name in names:
        if name not in plain and name not in folders:
            code = call.fail(f"{name}: No such file or directory")
    if "d" in call.flags:
        plain, folders = [*plain, *folders], []
    call.out("".join(_entry(call, call.path(name), name) for name in plain))
    for name in folders:
        path = call.path(name).rstrip("/")
        if len(names) > 1:
            call.out(f"{'' if name is folders[0] and not plain else chr(10)}{name}:\n")
        for child in call.files.children(path):
            if not child.startswith(".") or "a" in call.flags.lower():
                call.out(_entry(call, f"{path}/{child}", child.rstrip("/")))
    return code


def _head(call: Call) -> int:
    count, names = _count(call)
    for text in _inputs(call, names):
        call.out("".join(text.splitlines(keepends=True)[:count]))
    return 0


def _tail(call: Call) -> int | Steps:
    count, names = _count(call)
    is_following = "f" in call.flags.lower()
    if is_following and names in ([], ["/dev/null"]):
        return _forever()
    start = any(arg.startswith("+") for arg in call.args) or "+1" in call.flags
    names = [name for name in names if not name.startswith("+")]
    for text in _inputs(call, names):
        lines = text.splitlines(keepends=True)
        call.out("".join(lines if start else lines[max(len(lines) - count, 0) :]))
    return _follow(call, call.path(names[0])) if is_following else 0


def _follow(call: Call, path: str) -> Steps:
    seen = len(call.files.get(path, ""))
    while True:
        yield Pause(TAIL_S, background=True)
        text = call.files.get(path, "")
        call.out(text[seen:] if len(text) >= seen else text)
        seen = len(text)


def _grep(call: Call) -> int:
    names = call.names
    if not names:
        return call.fail("usage: grep PATTERN [FILE]...", 2)
    pattern = re.compile(re.escape(names[0]) if "F" in call.flags else names[0], re.I if "i" in call.flags else 0)
    lines = [line for text in _inputs(call, names[1:]) for line in text.splitlines()]
    found = [line for line in lines if bool(pattern.search(line)) != ("v" in call.flags)]
    if "c" in call.flags:
        call.out(f"{len(found)}\n")
    elif "q" not in call.flags:
        call.out("".join(f"{line}\n" for line in found))
    return 0 if found else 1


def _wc(call: Call) -> int:
    for name, text in zip(call.names or [""], _inputs(call, call.names), strict=False):
        counts = {"l": text.count("\n"), "w": len(text.split()), "c": len(as_bytes(text))}
        shown = [counts[letter] for letter in "lwc" if letter in (call.flags or "lwc")]
        numbers = str(shown[0]) if len(shown) == 1 else " ".join(f"{number:9}" for number in shown)
        call.out(f"{numbers} {name}".rstrip() + "\n")
    return 0


def _sort(call: Call) -> int:
    lines = [line for text in _inputs(call, call.names) for line in text.splitlines()]
    lines.sort(key=number if "n" in call.flags else None, reverse="r" in call.flags)
    call.out("".join(f"{line}\n" for line in (dict.fromkeys(lines) if "u" in call.flags else lines)))
    return 0


def _tee(call: Call) -> int:
    for name in call.names:
        path = call.path(name)
        call.files[path] = (call.files.get(path, "") if "a" in call.flags else "") + call.stdin
    call.out(call.stdin)
    return 0


def _touch(call: Call) -> int:
    for name in call.names:
        path = call.path(name)
        if not call.files.is_directory(path.rpartition("/")[0]):
            return call.fail(f"{name}: No such file or directory")
        call.files[path] = call.files.get(path, "")
    return 0


def _mkdir(call: Call) -> int:
    for name in call.names:
        path = call.path(name)
        if "p" not in call.flags and (path in call.files or call.files.is_directory(path)):
            return call.fail(f"can't create directory '{name}': File exists")
        call.files[path + "/"] = ""
    return 0


def _rm(call: Call) -> int:
    code = 0
    for name in call.names:
        path = call.path(name)
        if path in call.files:
            del call.files[path]
        elif call.files.is_directory(path) and "r" in call.flags.lower():
            for inner in [inner for inner in call.files if inner.startswith(path + "/")]:
                call.files.pop(inner, None)
        elif call.files.is_directory(path):
            code = call.fail(f"'{name}' is a directory")
        elif "f" not in call.flags:
            code = call.fail(f"can't remove '{name}': No such file or directory")
    return code


def _cp(call: Call) -> int:
    if len(call.names) < 2:
        return call.fail("missing file operand")
    *sources, target = call.names
    for name in sources:
        text = _text_of(call, name, "can't stat '{}'")
        if text is None:
            return 1
        path = call.path(target)
        if call.files.is_directory(path):
            path += "/" + name.rpartition("/")[2]
        call.files[path] = text
        if call.name == "mv":
            del call.files[call.path(name)]
    return 0


def _entry(call: Call, path: str, name: str) -> str:
    if "l" not in call.flags:
        return name + "\n"
    is_folder = path not in call.files
    size = 4096 if is_folder else len(as_bytes(call.files[path]))
    when = datetime.fromtimestamp(call.place.now(), UTC).strftime("%b %e %H:%M")
    return f"{'drwxr-xr-x' if is_folder else '-rw-r--r--'}    1 root     root     {size:9} {when} {name}\n"


def _text_of(call: Call, name: str, problem: str = "can't open '{}'") -> str | None:
    """The text of a file; None, and said so, when there is none."""
    path = call.path(name)
    if path in call.files:
        return call.files[path]
    if call.files.is_directory(path):
        call.fail("read error: Is a directory")
    else:
        call.fail(problem.format(name) + ": No such file or directory")
    return None


def _inputs(call: Call, names: list[str]) -> Iterator[str]:
    for name in names or ["-"]:
        text = call.stdin if name == "-" else _text_of(call, name)
        if text is not None:
            yield text


def _count(call: Call) -> tuple[int, list[str]]:
    """The number after -n (or -NUMBER), and the names."""
    count, names, args = 10, [], list(call.args)
    while args:
        arg = args.pop(0)
        match = re.fullmatch(r"-(?:n|c)?(\d+)", arg)
        if match:
            count = int(match[1])
        elif arg == "-n" and args:
            number = args.pop(0)
            count = int(number) if number.isdecimal() else count
        elif not arg.startswith("-"):
            names.append(arg)
    return count, names


def _forever() -> Steps:
    yield Pause(FOREVER_S)
    return 0


FILE_PROGRAMS: dict[str, Program] = {
    "cat": _cat, "cp": _cp, "grep": _grep, "head": _head, "ls": _ls, "mkdir": _mkdir, "mv": _cp, "rm": _rm,
    "sort": _sort, "tail": _tail, "tee": _tee, "touch": _touch, "wc": _wc,
}  # fmt: skip
