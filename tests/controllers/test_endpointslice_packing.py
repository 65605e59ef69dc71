"""Which endpoint goes into which slice, and how few writes that takes.

Source: staging/src/k8s.io/endpointslice/reconciler.go (reconcileByPortMapping, finalize) and reconciler_test.go.
"""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.controllers.endpointslices import Plan, PortGroup, plan, with_hints

Obj = dict[str, Any]

SERVICE: Obj = {"apiVersion": "v1", "kind": "Service", "spec": {"selector": {"app": "web"}},
                "metadata": {"name": "web", "namespace": "default", "uid": "u1"}}  # fmt: skip
HTTP = [{"name": "", "port": 80, "protocol": "TCP"}]
OTHER = [{"name": "", "port": 81, "protocol": "TCP"}]


def endpoint(number: int, **conditions: bool) -> Obj:
    """The endpoint of pod number so and so."""
    about = {"kind": "Pod", "namespace": "default", "name": f"web-{number}", "uid": f"uid-{number}"}
    ready = {"ready": True, "serving": True, "terminating": False, **conditions}
    return {"addresses": [f"10.0.{number // 256}.{number % 256}"], "conditions": ready, "targetRef": about}


def a_slice(name: str, numbers: range, ports: list[Obj] = HTTP) -> Obj:
    """A slice of this Service that is there already."""
    (made,) = plan(SERVICE, [PortGroup(ports, [endpoint(0)])], []).create
    about = {**made["metadata"], "name": name, "creationTimestamp": name}
    return {**made, "metadata": about, "endpoints": [endpoint(n) for n in numbers]}


def told(result: Plan) -> list[str]:
    """What is written: the names of slices, and how many endpoints are in them then."""
    made = [f"create {len(one['endpoints'])}" for one in result.create]
    made += sorted(f"update {one['metadata']['name']} {len(one['endpoints'])}" for one in result.update)
    return [*made, *(f"delete {one['metadata']['name']}" for one in result.delete)]


FULL, SOME, FEW = a_slice("a", range(100)), a_slice("b", range(100, 160)), a_slice("c", range(160, 170))


@pytest.mark.parametrize(
    ("have", "wanted", "writes"),
    [
        ([], range(1), ["create 1"]),
        ([], range(100), ["create 100"]),
        ([], range(101), ["create 100", "create 1"]),
        ([], range(250), ["create 100", "create 100", "create 50"]),
        ([FULL], range(100), []),
        ([FULL, SOME, FEW], range(170), []),
        ([FULL, SOME, FEW], range(175), ["update b 65"]),  # the fullest that has room
        ([FULL, SOME, FEW], range(211), ["update c 51"]),  # 41 more do not fit into b
        ([FULL, SOME, FEW], range(270), ["create 100"]),  # as many as a slice holds get one of their own
        ([FULL, SOME, FEW], range(275), ["create 100", "update b 65"]),
        ([FULL, SOME], range(100), ["delete b"]),
        ([FULL, SOME], range(99), ["update a 99", "delete b"]),
        ([FULL, SOME], range(1, 160), ["update a 99"]),  # nothing is moved from slice to slice
        ([FULL, SOME], range(1, 161), ["update a 100"]),  # who changes anyhow is filled first
        ([FULL, SOME], range(50, 215), ["update a 100", "update b 65"]),
        ([FULL], range(200, 250), ["update a 50"]),  # instead of a deletion and a creation
        ([FULL, SOME], range(200, 250), ["update a 50", "delete b"]),
    ],
)
def test_as_few_slices_as_can_be_are_written(have: list[Obj], wanted: range, writes: list[str]) -> None:
    result = plan(SERVICE, [PortGroup(HTTP, [endpoint(n) for n in wanted])], have)

    assert told(result) == writes


def test_an_endpoint_that_has_changed_stays_where_it_is() -> None:
    wanted = [endpoint(n, ready=n != 130) for n in range(160)]

    result = plan(SERVICE, [PortGroup(HTTP, wanted)], [FULL, SOME])

    assert told(result) == ["update b 60"]
    assert [n for n, one in enumerate(result.update[0]["endpoints"]) if not one["conditions"]["ready"]] == [30]


def test_a_pod_made_anew_under_the_same_name_is_another_endpoint() -> None:
    again = {**endpoint(0), "targetRef": {**endpoint(0)["targetRef"], "uid": "new"}}

    result = plan(SERVICE, [PortGroup(HTTP, [again, *(endpoint(n) for n in range(1, 100))])], [FULL])

    assert told(result) == ["update a 100"] and result.update[0]["endpoints"][-1] == again


@pytest.mark.parametrize(
    ("have", "writes"),
    [([], ["create 0"]), ([FULL], ["update a 0"]), ([FULL, SOME], ["update a 0", "delete b"])],
)
def test_a_service_with_nobody_keeps_one_empty_slice(have: list[Obj], writes: list[str]) -> None:
    assert told(plan(SERVICE, [], have)) == writes


def test_the_empty_slice_is_left_as_it_is() -> None:
    (empty,) = plan(SERVICE, [], []).create
    stored = {**empty, "metadata": {**empty["metadata"], "name": "e", "creationTimestamp": "e"}}

    assert told(plan(SERVICE, [], [stored])) == []


def test_other_ports_are_other_slices() -> None:
    groups = [
        PortGroup(HTTP, [endpoint(n) for n in range(100)]),
        PortGroup(OTHER, [endpoint(n) for n in range(100, 110)]),
    ]

    assert told(plan(SERVICE, groups, [FULL, SOME])) == ["update b 10"]
    assert told(plan(SERVICE, groups[1:], [FULL, a_slice("d", range(100, 110), OTHER)])) == ["delete a"]


def test_the_slices_of_a_service_of_that_name_before_are_not_taken_over() -> None:
    """Source: reconciler.go, finalize (ownedBy): they are about to be collected."""
    reborn = {**SERVICE, "metadata": {**SERVICE["metadata"], "uid": "u2"}}

    assert told(plan(reborn, [PortGroup(HTTP, [endpoint(500)])], [FULL])) == ["create 1", "delete a"]


def test_new_labels_of_the_service_are_written_to_every_slice() -> None:
    labelled = {**SERVICE, "metadata": {**SERVICE["metadata"], "labels": {"team": "shop"}}}

    result = plan(labelled, [PortGroup(HTTP, [endpoint(n) for n in range(160)])], [FULL, SOME])

    assert told(result) == ["update a 100", "update b 60"]
    assert all(one["metadata"]["labels"]["team"] == "shop" for one in result.update)


ZONE = {"forZones": [{"name": "a"}]}
BOTH = {**ZONE, "forNodes": [{"name": "n1"}]}


@pytest.mark.parametrize(
    ("distribution", "about", "hints"),
    [
        (None, {"zone": "a", "nodeName": "n1"}, None),
        ("PreferClose", {"zone": "a", "nodeName": "n1"}, ZONE),
        ("PreferSameZone", {"zone": "a", "nodeName": "n1"}, ZONE),
        ("PreferSameNode", {"zone": "a", "nodeName": "n1"}, BOTH),
        ("PreferSameNode", {"nodeName": "n1"}, {"forNodes": [{"name": "n1"}]}),
        ("PreferSameZone", {"nodeName": "n1"}, None),
        ("PreferClose", {"zone": "a", "conditions": {"ready": False}}, None),
    ],
)
def test_hints_say_for_whom_an_endpoint_is(distribution: str | None, about: Obj, hints: Obj | None) -> None:
    """Source: endpointslice/trafficdist/trafficdist.go; KEP-3015, KEP-4444."""
    assert with_hints({**endpoint(1), **about}, distribution).get("hints") == hints
