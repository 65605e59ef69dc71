"""What a process can do at once, and whom it asks: by its class, and by the variables of a manifest."""

from __future__ import annotations

import pytest

from k8slab.world import Behaviour, Capacity, capacity_of


class Shop(Behaviour):
    """A behaviour that says all of it."""

    cpu_s_per_request = 0.002
    workers = 4
    queue_length = 10
    memory_bytes_per_request = 1000
    calls = {"http://cart/": 1.5}


def test_a_class_says_what_its_processes_can_do() -> None:
    assert capacity_of(Shop, {}) == Capacity(0.002, None, 4, 10, 1000, None, (("http://cart/", 1.5),))


@pytest.mark.parametrize(
    ("variable", "value", "field", "wanted"),
    [
        ("K8SLAB_CPU_PER_REQUEST", "5ms", "cpu_s", 0.005),
        ("K8SLAB_LATENCY", "20ms", "latency_s", 0.02),
        ("K8SLAB_WORKERS", "8", "workers", 8),
        ("K8SLAB_ANSWER_BYTES", "20000", "answer_bytes", 20_000),
        ("K8SLAB_CALLS", "http://db:5432/", "calls", (("http://db:5432/", 1.0),)),
        ("K8SLAB_CALLS", "http://a/x*2, http://b/*0.5", "calls", (("http://a/x", 2.0), ("http://b/", 0.5))),
        ("K8SLAB_CALLS", "http://a/?id=7", "calls", (("http://a/?id=7", 1.0),)),
    ],
)
def test_a_manifest_says_it_for_any_image(variable: str, value: str, field: str, wanted: object) -> None:
    assert getattr(capacity_of(Shop, {variable: value}), field) == wanted


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("K8SLAB_LATENCY", "soon", '"soon" is not a duration'),
        ("K8SLAB_WORKERS", "many", "K8SLAB_WORKERS must be a whole number, not 'many'"),
        ("K8SLAB_ANSWER_BYTES", "-1", "K8SLAB_ANSWER_BYTES must be a whole number"),
        ("K8SLAB_CALLS", "cart", "K8SLAB_CALLS must be URLs"),
        ("K8SLAB_CALLS", "http://cart/*often", "K8SLAB_CALLS must be URLs"),
        ("K8SLAB_CALLS", "http://cart/*-1", "K8SLAB_CALLS must be URLs"),
    ],
)
def test_what_says_nothing_sensible_is_refused(variable: str, value: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        capacity_of(Shop, {variable: value})
