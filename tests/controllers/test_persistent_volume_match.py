"""Which volume suits a claim."""

from __future__ import annotations

from typing import Any

import pytest
from volume_samples import claim, volume

from k8slab.controllers.persistent_volume_match import best_match, mismatch

Obj = dict[str, Any]

RWX = ["ReadWriteMany"]
BOTH = ["ReadWriteOnce", "ReadOnlyMany"]
MINE = {"namespace": "default", "name": "data"}
OTHER = {"namespace": "default", "name": "other"}
FAST = {"storageClassName": "fast"}
RED = {"selector": {"matchLabels": {"color": "red"}}}
LEAVING = {"deletionTimestamp": "2026-01-01T00:00:00Z"}


def with_uid(obj: Obj, **metadata: Any) -> Obj:
    """The object as the server would have it."""
    return {**obj, "metadata": {**obj["metadata"], "uid": "u1", **metadata}}


@pytest.mark.parametrize(
    ("volumes", "asked", "expected"),
    [
        ([volume("a", "10Gi"), volume("b", "2Gi"), volume("c", "3Gi")], claim(size="2Gi"), "b"),
        ([volume("a", "1Gi")], claim(size="2Gi"), None),
        ([volume("a", "1Gi", RWX)], claim(), None),
        ([volume("a", "1Gi", BOTH), volume("b", "5Gi")], claim(), "b"),
        ([volume("a", "1Gi", ["ReadOnlyMany", "ReadWriteOnce"]), volume("b", "5Gi")], claim(), "b"),
        ([volume("a", "1Gi", BOTH)], claim(modes=["ReadOnlyMany"]), "a"),
        ([volume("a", **FAST), volume("b", "2Gi")], claim(), "b"),
        ([volume("a"), volume("b", "2Gi", **FAST)], claim(**FAST), "b"),
        ([volume("a"), volume("b", "2Gi", labels={"color": "red"})], claim(**RED), "b"),
        ([volume("a")], claim(**RED), None),
        ([volume("a", volumeMode="Block")], claim(), None),
        ([volume("a", volumeMode="Block")], claim(volumeMode="Block"), "a"),
        ([volume("a", phase="Released")], claim(), None),
        ([volume("a", claimRef=OTHER)], claim(), None),
        ([volume("a"), volume("b", "9Gi", claimRef=MINE)], claim(), "b"),
        ([volume("a", claimRef={**MINE, "uid": "u2"})], claim(), None),
        ([with_uid(volume("a"), **LEAVING)], claim(), None),
    ],
)
def test_the_smallest_that_suits_is_taken(volumes: list[Obj], asked: Obj, expected: str | None) -> None:
    """Source: pkg/controller/volume/persistentvolume/index_test.go; kubernetes.io, "Persistent Volumes", "Binding"."""
    found = best_match(volumes, with_uid(asked), is_delayed=False)

    assert (found and found["metadata"]["name"]) == expected


@pytest.mark.parametrize(("ref", "expected"), [({}, None), ({"claimRef": MINE}, "a")])
def test_who_waits_for_a_consumer_gets_only_what_is_reserved(ref: Obj, expected: str | None) -> None:
    """Source: pv_helpers.go, FindMatchingVolume, delayBinding."""
    found = best_match([volume("a", **ref)], with_uid(claim()), is_delayed=True)

    assert (found and found["metadata"]["name"]) == expected


@pytest.mark.parametrize(
    ("there", "problem"),
    [
        (volume("a"), ""),
        (volume("a", "1Mi"), "requested PV is too small"),
        (volume("a", **FAST), "storageClassName does not match"),
        (volume("a", volumeMode="Block"), "incompatible volumeMode"),
        (volume("a", "1Gi", RWX), "incompatible accessMode"),
        (with_uid(volume("a"), **LEAVING), 'the volume is marked for deletion "a"'),
    ],
)
def test_what_is_asked_for_by_name_must_suit_too(there: Obj, problem: str) -> None:
    """Source: pv_controller.go, checkVolumeSatisfyClaim."""
    assert mismatch(there, claim()) == problem
