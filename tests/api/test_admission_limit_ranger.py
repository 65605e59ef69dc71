"""LimitRanges at admission: what they fill in, and what they refuse.

Source: plugin/pkg/admission/limitranger/admission.go; kubernetes.io, "Limit Ranges".
"""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, Obj, refused, sample

ANNOTATION = "kubernetes.io/limit-ranger"
RATIO = "cpu max limit to request ratio per Container is 2"


def given_limits(api: ApiBench, *items: Obj, name: str = "web") -> None:
    api.given(sample("LimitRange", name, spec={"limits": [{"type": "Container", **item} for item in items]}))


def pod(name: str = "web", init: list[Obj] | None = None, **containers: Obj) -> Obj:
    """A pod whose containers ask for these resources."""
    made = [{"name": key, "image": "nginx", "resources": resources} for key, resources in containers.items()]
    spec: Obj = {"containers": made, **({"initContainers": init} if init else {})}
    return sample("Pod", name, spec=spec)


def ask(requests: Obj | None = None, limits: Obj | None = None) -> Obj:
    """Resources."""
    given = {"requests": requests, "limits": limits}
    return {name: value for name, value in given.items() if value is not None}


@pytest.mark.parametrize(
    ("item", "given", "filled", "told"),
    [
        ({"default": {"cpu": "1"}}, {}, ask({"cpu": "1"}, {"cpu": "1"}),
         "cpu request for container main; cpu limit for container main"),
        ({"defaultRequest": {"cpu": "100m"}}, {}, ask({"cpu": "100m"}), "cpu request for container main"),
        ({"default": {"cpu": "1", "memory": "1Gi"}, "defaultRequest": {"cpu": "100m"}}, {},
         ask({"cpu": "100m", "memory": "1Gi"}, {"cpu": "1", "memory": "1Gi"}),
         "cpu, memory request for container main; cpu, memory limit for container main"),
        ({"default": {"cpu": "1"}, "defaultRequest": {"cpu": "100m"}}, ask({"cpu": "200m"}),
         ask({"cpu": "200m"}, {"cpu": "1"}), "cpu limit for container main"),
        # What is limited and not requested is requested in full, before a LimitRange has its say.
        ({"default": {"cpu": "1"}, "defaultRequest": {"cpu": "100m"}}, ask(None, {"cpu": "2"}),
         ask({"cpu": "2"}, {"cpu": "2"}), None),
        ({"default": {"cpu": "1"}, "defaultRequest": {"cpu": "100m"}}, ask({"cpu": "200m"}, {"cpu": "300m"}),
         ask({"cpu": "200m"}, {"cpu": "300m"}), None),
        ({"max": {"cpu": "2"}}, {}, ask({"cpu": "2"}, {"cpu": "2"}),
         "cpu request for container main; cpu limit for container main"),
    ],
)  # fmt: skip
def test_what_nobody_asked_for_is_filled_in(
    api: ApiBench, item: Obj, given: Obj, filled: Obj, told: str | None
) -> None:
    """Source: mergeContainerResources, mergePodResourceRequirements."""
    given_limits(api, item)

    created = api.given(pod(main=given))

    assert created["spec"]["containers"][0]["resources"] == filled
    note = created["metadata"].get("annotations", {}).get(ANNOTATION)
    assert note == (f"LimitRanger plugin set: {told}" if told else None)


def test_every_container_is_filled_in_and_told_of(api: ApiBench) -> None:
    given_limits(api, {"defaultRequest": {"cpu": "100m"}})
    init = [{"name": "first", "image": "busybox"}]

    created = api.given(pod(init=init, a={}, b=ask({"cpu": "1"})))

    note = "LimitRanger plugin set: cpu request for container a; cpu request for init container first"
    assert created["metadata"]["annotations"][ANNOTATION] == note
    assert created["spec"]["initContainers"][0]["resources"] == ask({"cpu": "100m"})


def test_a_pod_made_before_is_as_it_was(api: ApiBench) -> None:
    """Source: kubernetes.io, "Limit Ranges": running Pods are not changed."""
    api.given(pod(main={}))
    given_limits(api, {"default": {"cpu": "1"}, "min": {"cpu": "1"}})

    changed = api.patch("Pod", "web", {"metadata": {"labels": {"a": "b"}}})

    assert not changed["spec"]["containers"][0].get("resources")


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_new_limit_range_counts_for_the_next_pod(api: ApiBench, is_changed: bool) -> None:
    """The specs that the server keeps for pods of one template are made anew."""
    first, second = pod("first", main={}), pod("second")
    second["spec"] = first["spec"]
    if is_changed:
        given_limits(api, {"defaultRequest": {"cpu": "100m"}})
    api.send("create", "Pod", body=first)
    if is_changed:
        api.client.delete("LimitRange", "web", "default")
    given_limits(api, {"defaultRequest": {"cpu": "300m"}})

    created = api.send("create", "Pod", body=second).body

    assert created["spec"]["containers"][0]["resources"] == ask({"cpu": "300m"})


@pytest.mark.parametrize(
    ("item", "given", "problem"),
    [
        ({"min": {"cpu": "1"}}, ask({"cpu": "500m"}), "minimum cpu usage per Container is 1, but request is 500m"),
        ({"max": {"cpu": "1"}}, ask(None, {"cpu": "2"}), "maximum cpu usage per Container is 1, but limit is 2"),
        ({"max": {"memory": "1Gi"}}, ask({"memory": "2Gi"}, {"memory": "2Gi"}),
         "maximum memory usage per Container is 1Gi, but limit is 2Gi"),
        ({"maxLimitRequestRatio": {"cpu": "2"}}, {}, f"{RATIO}, but no request is specified or request is 0"),
        ({"maxLimitRequestRatio": {"cpu": "2"}}, ask({"cpu": "1"}),
         f"{RATIO}, but no limit is specified or limit is 0"),
        ({"maxLimitRequestRatio": {"cpu": "2"}}, ask({"cpu": "1"}, {"cpu": "2500m"}),
         f"{RATIO}, but provided ratio is 2.500000"),
        ({"type": "Pod", "min": {"cpu": "1"}}, {}, "minimum cpu usage per Pod is 1.  No request is specified"),
        ({"type": "Pod", "max": {"cpu": "1"}}, {}, "maximum cpu usage per Pod is 1.  No limit is specified"),
        ({"type": "Pod", "max": {"cpu": "1"}}, ask({"cpu": "100m"}, {"cpu": "1500m"}),
         "maximum cpu usage per Pod is 1, but limit is 1500m"),
        ({"type": "Pod", "min": {"cpu": "1"}, "max": {"cpu": "1"}}, ask({"cpu": "500m"}, {"cpu": "2"}),
         "[minimum cpu usage per Pod is 1, but request is 500m, maximum cpu usage per Pod is 1, but limit is 2]"),
    ],
)  # fmt: skip
def test_a_pod_out_of_bounds_is_refused(api: ApiBench, item: Obj, given: Obj, problem: str) -> None:
    """Source: minConstraint, maxConstraint, limitRequestRatioConstraint."""
    given_limits(api, item)

    error = refused(api.client.create, pod(main=given))

    assert error == (403, "Forbidden", f'pods "web" is forbidden: {problem}')


@pytest.mark.parametrize(
    ("item", "containers"),
    [
        ({"type": "Pod", "max": {"cpu": "1"}}, {"a": ask(None, {"cpu": "500m"}), "b": ask(None, {"cpu": "500m"})}),
        ({"min": {"cpu": "1"}, "max": {"cpu": "1"}}, {"a": ask(None, {"cpu": "1"}), "b": {}}),
        ({"maxLimitRequestRatio": {"cpu": "2"}}, {"a": ask({"cpu": "1"}, {"cpu": "2"})}),
        ({"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}, {"a": {}}),
    ],
)
def test_a_pod_within_bounds_is_let_in(api: ApiBench, item: Obj, containers: Obj) -> None:
    given_limits(api, item)

    assert api.given(pod(**containers))["metadata"]["uid"]


def test_the_containers_of_a_pod_are_added_up(api: ApiBench) -> None:
    """Source: podRequests, podLimits: an init container counts alone."""
    given_limits(api, {"type": "Pod", "max": {"cpu": "1"}})
    half, init = ask(None, {"cpu": "600m"}), [{"name": "i", "image": "x", "resources": ask(None, {"cpu": "900m"})}]

    error = refused(api.client.create, pod(a=half, b=half))

    assert error[2].endswith("maximum cpu usage per Pod is 1, but limit is 1200m")
    assert api.given(pod("small", init, a=half))["metadata"]["uid"]


@pytest.mark.parametrize(
    ("size", "problem"),
    [
        ("1Gi", "minimum storage usage per PersistentVolumeClaim is 2Gi, but request is 1Gi"),
        ("2Gi", ""),
        ("4Gi", ""),
        ("5Gi", "maximum storage usage per PersistentVolumeClaim is 4Gi, but request is 5Gi"),
    ],
)
def test_a_claim_has_bounds(api: ApiBench, size: str, problem: str) -> None:
    """Source: PersistentVolumeClaimValidateLimitFunc."""
    given_limits(api, {"type": "PersistentVolumeClaim", "min": {"storage": "2Gi"}, "max": {"storage": "4Gi"}})
    spec: Any = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}

    answer = api.send("create", "PersistentVolumeClaim", body=sample("PersistentVolumeClaim", spec=spec))

    text = f'persistentvolumeclaims "web" is forbidden: {problem}'
    assert (answer.code, answer.body.get("message")) == ((403, text) if problem else (201, None))


def test_every_limit_range_of_the_namespace_counts(api: ApiBench) -> None:
    given_limits(api, {"max": {"cpu": "2"}}, name="a")
    given_limits(api, {"type": "Pod", "max": {"memory": "1Gi"}}, name="b")

    error = refused(api.client.create, pod(main=ask(None, {"cpu": "1"})))

    assert error[2].endswith("maximum memory usage per Pod is 1Gi.  No limit is specified")
