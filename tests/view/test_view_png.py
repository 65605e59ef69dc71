"""The picture as PNG, for readers without a kernel."""

from __future__ import annotations

import re
import struct
from base64 import b64decode
from html import unescape

import pytest
from objects_of_a_cluster import cluster, deploy, pod
from some_cluster import Drawn

from k8slab.view.geometry import WIDTH

HEADER = b"\x89PNG\r\n\x1a\n"


def size_of(data: bytes) -> tuple[int, int]:
    """Source: W3C, Portable Network Graphics, the image header chunk: width and height after 16 bytes."""
    assert data[:8] == HEADER and data[12:16] == b"IHDR"
    width, height = struct.unpack(">II", data[16:24])
    return width, height


@pytest.fixture
def drawn() -> Drawn:
    reader = cluster()
    deploy(reader, "web", ["node-1", "node-2"])
    return Drawn(reader)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_png_has_the_form_of_the_picture(lang: str) -> None:
    picture = Drawn(cluster(), lang).picture()

    width, height = size_of(picture.png())

    assert width == 1170
    assert abs(height - width * picture.scene.height / WIDTH) <= 1


def test_every_mark_can_be_painted(drawn: Drawn) -> None:
    reader = drawn.reader
    drawn.scene()
    reader.delete("Pod", "default/web-7c5b8d9f4-b0x2q")
    reader.change("Node", "node-1", status={"conditions": [{"type": "Ready", "status": "Unknown"}]})
    reader.change("Node", "node-2", spec={"unschedulable": True})
    for number, phase in enumerate(("Pending", "Failed", "Succeeded", "Unknown")):
        reader.put(pod(f"p{number}", "node-3", phase))

    assert size_of(drawn.picture().png())


def test_a_name_is_no_formula(drawn: Drawn) -> None:
    drawn.reader.put(pod(r"cost-$x^2$-\frac", "node-1", image="$\\bad$"))

    assert size_of(drawn.picture().png())


def test_the_static_form_is_an_image_with_its_description(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SLAB_STATIC", "1")
    picture = drawn.picture()

    (alt,) = re.findall('<img alt="([^"]*)"', picture.html)
    (data,) = re.findall('src="data:image/png;base64,([^"]*)"', picture.html)

    assert unescape(alt) == picture.scene.text
    assert size_of(b64decode(data))[0] == 1170


def test_the_static_form_has_the_diff_below_it(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn.scene()
    drawn.reader.put(pod("late", phase="Pending"))
    monkeypatch.setenv("K8SLAB_STATIC", "1")

    assert "You created Pod late." in drawn.picture().html.partition("</figure>")[2]
