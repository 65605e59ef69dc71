"""Conditions, and the questions that come down to them."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.objects import get_condition, has_condition, is_active, is_leaving, is_ready, with_condition

OLD, NOW = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"
READY: dict[str, Any] = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastTransitionTime": OLD}
PRESSURE: dict[str, Any] = {"type": "MemoryPressure", "status": "False", "lastTransitionTime": OLD}
NODE: dict[str, Any] = {"metadata": {"name": "node-1"}, "status": {"conditions": [PRESSURE, READY]}}


def pod(phase: str = "Running", **metadata: str) -> dict[str, Any]:
    """A Pod."""
    return {"metadata": {"name": "web-1", **metadata}, "status": {"phase": phase} if phase else None}


def test_a_condition_is_found_by_its_type() -> None:
    assert get_condition(NODE, "Ready") == READY
    assert get_condition(NODE, "DiskPressure") is None


@pytest.mark.parametrize(
    ("type", "status", "has_it"),
    [
        ("Ready", "True", True),
        ("Ready", "Unknown", False),
        ("MemoryPressure", "False", True),
        ("MemoryPressure", "True", False),
        ("DiskPressure", "False", False),
    ],
)
def test_a_condition_holds_when_its_status_is_the_one_asked_for(type: str, status: str, has_it: bool) -> None:
    assert has_condition(NODE, type, status) is has_it


@pytest.mark.parametrize("obj", [{}, {"status": None}, {"status": {}}, {"status": {"conditions": None}}])
def test_an_object_without_conditions_is_not_ready(obj: dict[str, Any]) -> None:
    assert not is_ready(obj)


def test_a_new_condition_is_put_at_the_end_and_begins_now() -> None:
    """Source: pkg/api/meta/conditions.go, SetStatusCondition."""
    conditions = with_condition([READY], {"type": "DiskPressure", "status": "False"}, NOW)

    assert conditions == [READY, {"type": "DiskPressure", "status": "False", "lastTransitionTime": NOW}]


@pytest.mark.parametrize(("status", "since"), [("True", OLD), ("False", NOW), ("Unknown", NOW)])
def test_the_transition_time_moves_only_with_the_status(status: str, since: str) -> None:
    """Source: pkg/api/meta/conditions.go, SetStatusCondition."""
    conditions = with_condition([READY, PRESSURE], {"type": "Ready", "status": status, "reason": "Other"}, NOW)

    changed = {"type": "Ready", "status": status, "reason": "Other", "lastTransitionTime": since}
    assert conditions == [changed, PRESSURE]


def test_the_conditions_that_were_given_stay_as_they_are() -> None:
    given = [dict(READY)]

    with_condition(given, {"type": "Ready", "status": "False"}, NOW)

    assert given == [READY]


@pytest.mark.parametrize(
    ("obj", "is_at_work"),
    [
        (pod("Running"), True),
        (pod("Pending"), True),
        (pod(""), True),
        (pod("Succeeded"), False),
        (pod("Failed"), False),
        (pod("Running", deletionTimestamp=NOW), False),
    ],
)
def test_a_pod_is_active_until_it_ends_or_is_deleted(obj: dict[str, Any], is_at_work: bool) -> None:
    """Source: pkg/controller/controller_utils.go, IsPodActive."""
    assert is_active(obj) is is_at_work


def test_an_object_leaves_from_the_moment_it_is_deleted() -> None:
    assert is_leaving(pod(deletionTimestamp=NOW))
    assert not is_leaving(pod())
