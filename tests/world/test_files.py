"""What a container sees: files of its image, volumes over them, and what it wrote itself."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.world.files import Files, Mount, ReadOnlyError

IMAGE = {"/etc/os-release": "ID=test\n", "/www/index.html": "of the image"}


def test_a_volume_hides_what_the_image_has_at_its_place() -> None:
    """Source: mount(8): what was in the directory is invisible as long as something is mounted on it."""
    files = Files(IMAGE, (Mount("/www", {"a.html": "of the volume"}),))

    assert files["/www/a.html"] == "of the volume"
    assert "/www/index.html" not in files and sorted(files) == ["/etc/os-release", "/www/", "/www/a.html"]


def test_the_innermost_volume_counts() -> None:
    files = Files({}, (Mount("/a", {"b/x": "outer", "y": "outer"}), Mount("/a/b", {"x": "inner"})))

    assert (files["/a/b/x"], files["/a/y"]) == ("inner", "outer")


def test_one_file_can_be_mounted_into_a_directory_of_the_image() -> None:
    """Source: kubernetes.io, "Volumes", "Using subPath"."""
    files = Files(IMAGE, (Mount("/www/extra.html", {"k.html": "mounted"}, single="k.html"),))

    assert files.children("/www") == ["extra.html", "index.html"] and files["/www/extra.html"] == "mounted"


def test_what_is_written_in_a_volume_is_seen_by_all_that_mount_it_and_the_rest_by_nobody_else() -> None:
    shared: dict[str, Any] = {}
    one, other = (Files(IMAGE, (Mount("/data", shared),)) for _ in range(2))

    one["/data/x"], one["/tmp/x"] = "shared", "own"

    assert other["/data/x"] == "shared" and "/tmp/x" not in other


def test_a_volume_that_changes_is_read_anew() -> None:
    now = ["old"]
    files = Files({}, (Mount("/etc/config", {"key": lambda: now[0]}),))

    now[0] = "new"

    assert files["/etc/config/key"] == "new"


@pytest.mark.parametrize("write", [lambda f: f.update({"/c/a": "x"}), lambda f: f.pop("/c/a")])
def test_a_read_only_volume_is_not_written(write: Any) -> None:
    files = Files({}, (Mount("/c", {"a": "1"}, read_only=True),))

    with pytest.raises(ReadOnlyError):
        write(files)


def test_a_file_of_the_image_can_be_removed_and_written_again() -> None:
    files = Files(IMAGE)

    del files["/etc/os-release"]
    assert "/etc/os-release" not in files and not files.is_directory("/etc")
    files["/etc/os-release"] = "mine"

    assert files["/etc/os-release"] == "mine" and IMAGE["/etc/os-release"] == "ID=test\n"
