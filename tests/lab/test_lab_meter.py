"""A client that counts what it asks and what it is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from k8slab.lab import Lab


@pytest.fixture
def lab() -> Lab:
    return Lab(1)


def weight(sent: Any) -> int:
    """The bytes of its JSON, written without spaces."""
    return len(json.dumps(sent, separators=(",", ":")).encode())


def config(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": {"a": "é"},
    }


def test_a_meter_starts_at_nothing(lab: Lab) -> None:
    assert repr(lab.meter()) == "0 requests, 0 bytes received"


def test_every_list_is_a_request_and_weighs_what_it_holds(lab: Lab) -> None:
    meter = lab.meter()

    nodes = meter.list("Node")
    meter.list("Node")

    assert (len(nodes), meter.requests, meter.received_bytes) == (2, 2, 2 * weight(list(nodes)))


def test_a_watch_is_one_request_however_often_it_is_read(lab: Lab) -> None:
    meter = lab.meter()
    tape = meter.watch("ConfigMap", "default", since=meter.list("ConfigMap", "default").resource_version)
    weighed = meter.received_bytes
    for name in ("a", "b"):
        lab.client.create(config(name))

    events = [*tape.pull(), *tape.pull()]

    assert [(event.type, event.object["metadata"]["name"]) for event in events] == [("ADDED", "a"), ("ADDED", "b")]
    assert meter.requests == 2
    assert meter.received_bytes - weighed == sum(weight({"type": e.type, "object": e.object}) for e in events)


def test_what_happens_elsewhere_weighs_nothing(lab: Lab) -> None:
    meter = lab.meter()
    lab.client.list("Pod")
    lab.run("1m")

    assert (meter.requests, meter.received_bytes) == (0, 0)
