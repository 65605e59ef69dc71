"""What a pod asks for, as the scheduler counts it."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.scheduler.framework import pod_requests

Obj = dict[str, Any]


@pytest.mark.parametrize(
    ("init", "containers", "overhead", "cpu_m"),
    [
        ([], [{"cpu": "1"}, {"cpu": "500m"}, {}], {}, 1500),
        ([{"cpu": "1"}], [{"cpu": "2"}], {}, 2000),
        ([{"cpu": "3"}, {"cpu": "1"}], [{"cpu": "2"}], {}, 3000),
        ([{"cpu": "3"}], [{"cpu": "2"}], {"cpu": "250m"}, 3250),
        ([{"cpu": "500m", "sidecar": True}], [{"cpu": "2"}], {}, 2500),
        ([{"cpu": "500m", "sidecar": True}, {"cpu": "2"}], [{"cpu": "1"}], {}, 2500),
        ([{"cpu": "2"}, {"cpu": "500m", "sidecar": True}], [{"cpu": "1"}], {}, 2000),
        ([{"cpu": "1", "sidecar": True}, {"cpu": "1", "sidecar": True}, {"cpu": "1"}], [{}], {}, 3000),
    ],
)
def test_what_a_pod_asks_for(init: list[Obj], containers: list[Obj], overhead: Obj, cpu_m: int) -> None:
    """Source: staging/src/k8s.io/component-helpers/resource/helpers.go, AggregateContainerRequests."""
    spec: Obj = {"containers": [{"resources": {"requests": wants}} for wants in containers], "overhead": overhead}
    spec["initContainers"] = [
        {"resources": {"requests": {"cpu": one["cpu"]}}, **({"restartPolicy": "Always"} if "sidecar" in one else {})}
        for one in init
    ]

    assert pod_requests(spec) == {"cpu": cpu_m}
