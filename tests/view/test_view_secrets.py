"""What is in a Secret is seen nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from objects_of_a_cluster import cluster
from some_cluster import Drawn

Obj = dict[str, Any]
CALM = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
MARKERS = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=40)
PARTS = st.sampled_from(["data", "stringData"])
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def secret(part: str, **values: str) -> Obj:
    """A Secret as kubectl apply leaves it: its text once more in an annotation."""
    obj: Obj = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "keys", "namespace": "default"},
        part: values,
    }
    return {**obj, "metadata": {**obj["metadata"], "annotations": {LAST_APPLIED: json.dumps(obj)}}}


def everything_shown(drawn: Drawn) -> str:
    """Each form of the next picture."""
    picture = drawn.picture()
    return "\n".join([picture.html, picture.text, repr(picture), *picture._repr_mimebundle_().values()])


@CALM
@given(MARKERS, MARKERS, PARTS)
def test_no_picture_shows_the_value_of_a_secret(marker: str, next_marker: str, part: str) -> None:
    drawn = Drawn(cluster())
    drawn.scene()
    shown = []
    for values in ({"door": marker}, {"door": next_marker}, {"gate": marker}, {}):
        drawn.reader.put(secret(part, **values))
        shown.append(everything_shown(drawn))
    drawn.reader.delete("Secret", "default/keys")
    shown.append(everything_shown(drawn))

    assert "keys" in shown[0] and "keys" in shown[-1]
    assert not any(value in text for text in shown for value in (marker, next_marker))


def test_nor_does_the_description_of_its_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SLAB_STATIC", "1")
    drawn = Drawn(cluster())
    drawn.scene()
    drawn.reader.put(secret("stringData", door="MARKER-9F3A"))

    html = everything_shown(drawn)

    assert "<img alt=" in html and "MARKER-9F3A" not in html
