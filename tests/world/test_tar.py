"""tar, which `kubectl cp` runs in a container."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import pytest

from k8slab.world import Container

BINARY = bytes(range(256)).decode("utf-8", "surrogateescape")


def busybox(machines: Any) -> Container:
    """A container with a few files."""
    container: Container = machines.run("busybox:1.37", command=("sleep", "infinity"))
    for path, text in (("/d/one", "one\n"), ("/d/sub/bin", BINARY), ("/d/none/", ""), ("/d/é", "é")):
        container.files[path] = text
    return container


def run(container: Container, *words: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
    """Exit code, standard output, standard error."""
    result = container.exec(words, stdin.decode("utf-8", "surrogateescape"))
    return result.exit_code, result.output.encode("utf-8", "surrogateescape"), result.errors


def archive(**files: bytes | None) -> bytes:
    """What `tar c` makes of files, and (None) of links."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as made:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content or b"")
            info.type = tarfile.REGTYPE if content is not None else tarfile.SYMTYPE
            made.addfile(info, io.BytesIO(content or b""))
    return data.getvalue()


def test_what_is_packed_can_be_read_by_others(machines: Any) -> None:
    code, data, errors = run(busybox(machines), "tar", "cf", "-", "/d")

    with tarfile.open(fileobj=io.BytesIO(data)) as read:
        names = {info.name: info.type for info in read}
        content = read.extractfile("d/sub/bin")
        assert content is not None and content.read() == bytes(range(256))
    kinds = {"d": b"5", "d/none": b"5", "d/one": b"0", "d/sub/bin": b"0", "d/é": b"0"}
    assert (code, names, errors) == (0, kinds, "tar: removing leading '/' from member names\n")


def test_what_was_packed_comes_back(machines: Any) -> None:
    container = busybox(machines)
    _, data, _ = run(container, "tar", "cf", "-", "/d")

    code, out, errors = run(container, "tar", "-xmf", "-", "-C", "/tmp", stdin=data)

    assert (code, out, errors) == (0, b"", "")
    assert [container.files[f"/tmp/d/{name}"] for name in ("one", "sub/bin", "é")] == ["one\n", BINARY, "é"]
    assert container.files.is_directory("/tmp/d/none")


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (("tar", "tf", "-"), b"a\nb\n"),
        (("tar", "xvf", "-", "b"), b"b\n"),
        (("tar", "--no-same-permissions", "--no-same-owner", "-xmf", "-", "-C", "/tmp"), b""),
        (("sh", "-c", "cat > /tmp/x.tar; tar tf /tmp/x.tar"), b"a\nb\n"),
        (("sh", "-c", "tar xf - -C /tmp; cat /tmp/a /tmp/b"), b"AB"),
        (("sh", "-c", "cd /d; tar c one | tar t"), b"one\n"),
    ],
)
def test_the_ways_tar_is_called(machines: Any, words: tuple[str, ...], out: bytes) -> None:
    assert run(busybox(machines), *words, stdin=archive(a=b"A", b=b"B")) == (0, out, "")


@pytest.mark.parametrize(
    ("words", "stdin", "error"),
    [
        (("tar",), b"", "usage: tar c|x|t [-f FILE] [-C FOLDER] [NAME]...; the rest is left out here"),
        (("tar", "xzf", "-"), b"", "usage: tar c|x|t [-f FILE] [-C FOLDER] [NAME]...; the rest is left out here"),
        (("tar", "cf", "-"), b"", "empty archive"),
        (("tar", "xf", "/no"), b"", "can't open '/no': No such file or directory"),
        (("tar", "xf", "-", "-C", "/no"), b"", "can't change directory to '/no': No such file or directory"),
        (("tar", "xf", "-"), b"x" * 1024, "short read"),
        (("tar", "xf", "-"), b"", "invalid tar magic"),
        (("tar", "xf", "-"), archive(link=None, a=b"A"), "link: links and special files are left out here"),
    ],
)
def test_what_tar_cannot_do(machines: Any, words: tuple[str, ...], stdin: bytes, error: str) -> None:
    assert run(busybox(machines), *words, stdin=stdin) == (1, b"", f"tar: {error}\n")


def test_what_is_not_there_spoils_nothing_else(machines: Any) -> None:
    code, data, errors = run(busybox(machines), "tar", "cf", "-", "no", "d/one")

    with tarfile.open(fileobj=io.BytesIO(data)) as read:
        assert read.getnames() == ["d/one"]
    assert (code, errors.count("\n")) == (1, 2) and errors.startswith("tar: no: No such file or directory\n")


@pytest.mark.parametrize(("name", "path"), [("../../../etc/x", "/etc/x"), ("/etc/x", "/tmp/etc/x")])
def test_names_are_taken_as_relative(machines: Any, name: str, path: str) -> None:
    container = busybox(machines)

    run(container, "tar", "xf", "-", "-C", "/tmp", stdin=archive(**{name: b"x"}))

    assert container.files[path] == "x"
