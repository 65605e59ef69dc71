"""The smaller plugins of admission: priorities, default classes, accounts.

Source: plugin/pkg/admission/{priority,storage/storageclass/setdefault,serviceaccount}/admission.go.
"""

from __future__ import annotations

import pytest
from api_bench import CLAIM, ApiBench, Obj, refused, sample

PREEMPTS = "PreemptLowerPriority"
COMPUTED = "must not be provided in pod spec; priority admission controller computed"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def pod(name: str = "web", **spec: object) -> Obj:
    return sample("Pod", name, spec={**sample("Pod")["spec"], **spec})


@pytest.mark.parametrize(
    ("given", "name", "priority", "policy"),
    [
        ({}, None, 0, PREEMPTS),
        ({"priorityClassName": "high"}, "high", 1000, "Never"),
        ({"priorityClassName": "high", "priority": 1000}, "high", 1000, "Never"),
        ({"priorityClassName": "system-node-critical"}, "system-node-critical", 2000001000, PREEMPTS),
        ({"priorityClassName": "system-cluster-critical"}, "system-cluster-critical", 2000000000, PREEMPTS),
    ],
)
def test_a_pod_gets_the_priority_of_its_class(
    api: ApiBench, given: Obj, name: str | None, priority: int, policy: str
) -> None:
    api.given(sample("PriorityClass", "high", preemptionPolicy="Never"))

    spec = api.given(pod(**given))["spec"]

    assert (spec.get("priorityClassName"), spec["priority"], spec["preemptionPolicy"]) == (name, priority, policy)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"priorityClassName": "ghost"}, "no PriorityClass with name ghost was found"),
        (
            {"priorityClassName": "high", "priority": 7},
            f"the integer value of priority (7) {COMPUTED} 1000 from the given PriorityClass name",
        ),
        ({"priority": 7}, f"the integer value of priority (7) {COMPUTED} 0 from the given PriorityClass name"),
        (
            {"priorityClassName": "high", "preemptionPolicy": "Never"},
            f"the string value of PreemptionPolicy (Never) {COMPUTED} {PREEMPTS} from the given PriorityClass name",
        ),
    ],
)
def test_a_priority_is_not_made_up(api: ApiBench, given: Obj, problem: str) -> None:
    """Source: admitPod."""
    api.given(sample("PriorityClass", "high"))

    error = refused(api.client.create, pod(**given))

    assert error == (403, "Forbidden", f'pods "web" is forbidden: {problem}')


def test_the_default_class_is_for_pods_that_name_none(api: ApiBench) -> None:
    """Source: getDefaultPriority; what changes afterwards counts for new pods alone."""
    before = api.given(pod("before"))
    api.given(sample("PriorityClass", "usual", value=5, globalDefault=True))

    after = api.given(pod("after"))

    assert (after["spec"]["priorityClassName"], after["spec"]["priority"]) == ("usual", 5)
    assert api.client.get("Pod", "before", "default") == before
    assert api.patch("Pod", "before", {"metadata": {"labels": {"a": "b"}}})["spec"]["priority"] == 0


def test_there_is_one_default_class(api: ApiBench) -> None:
    """Source: validatePriorityClass."""
    api.given(sample("PriorityClass", "usual", globalDefault=True))

    error = refused(api.client.create, sample("PriorityClass", "other", globalDefault=True))

    text = "PriorityClass usual is already marked as default. Only one default can exist"
    assert error == (403, "Forbidden", f'priorityclasses.scheduling.k8s.io "other" is forbidden: {text}')
    assert api.patch("PriorityClass", "usual", {"description": "x"})["globalDefault"]


@pytest.mark.parametrize(
    ("marked", "given", "name"),
    [
        ([], {}, None),
        (["slow"], {}, "slow"),
        (["slow"], {"storageClassName": "fast"}, "fast"),
        (["slow"], {"storageClassName": ""}, ""),
        (["slow", "fast"], {}, "fast"),  # the youngest of several
        (["twin-b", "twin-a"], {}, "twin-a"),  # and of those the first by name
    ],
)
def test_a_claim_gets_the_default_class(api: ApiBench, marked: list[str], given: Obj, name: str | None) -> None:
    """Source: setdefault/admission.go; pkg/volume/util/storageclass.go, GetDefaultClass."""
    for each in ("slow", "fast", "twin-b", "twin-a"):
        made = sample("StorageClass", each)
        made["metadata"]["annotations"] = {DEFAULT_CLASS: str(each in marked).lower()}
        api.given(made)
        api.loop.run_until(api.loop.now + (60 if "twin" not in each else 0))

    claim = api.given(sample("PersistentVolumeClaim", spec={**CLAIM["spec"], **given}))

    assert claim["spec"].get("storageClassName") == name


@pytest.mark.parametrize(
    ("given", "name", "pulls"),
    [
        ({}, "default", None),
        ({"serviceAccountName": "robot"}, "robot", ["registry"]),
        ({"serviceAccountName": "robot", "imagePullSecrets": [{"name": "own"}]}, "robot", ["own"]),
        ({"serviceAccount": "robot"}, "robot", ["registry"]),
    ],
)
def test_a_pod_runs_in_the_name_of_an_account(api: ApiBench, given: Obj, name: str, pulls: list[str] | None) -> None:
    api.given(sample("ServiceAccount", "robot", imagePullSecrets=[{"name": "registry"}]))

    spec = api.given(pod(**given))["spec"]

    assert (spec["serviceAccountName"], spec["serviceAccount"]) == (name, name)
    assert [each["name"] for each in spec.get("imagePullSecrets") or ()] == (pulls or [])


def test_a_pod_of_an_account_that_is_not_there_is_refused(api: ApiBench) -> None:
    error = refused(api.client.create, pod(serviceAccountName="ghost"))

    text = 'error looking up service account default/ghost: serviceaccount "ghost" not found'
    assert error == (403, "Forbidden", f'pods "web" is forbidden: {text}')


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"serviceAccountName": "robot"}, "a mirror pod may not reference service accounts"),
        ({"volumes": [{"name": "x", "secret": {"secretName": "s"}}]}, "a mirror pod may not reference secrets"),
        (
            {"volumes": [{"name": "x", "projected": {"sources": [{"secret": {"name": "s"}}]}}]},
            "a mirror pod may not reference secrets",
        ),
        ({"imagePullSecrets": [{"name": "s"}]}, "a mirror pod may not reference secrets"),
        (
            {"containers": [{"name": "a", "image": "b", "envFrom": [{"secretRef": {"name": "s"}}]}]},
            "a mirror pod may not reference secrets",
        ),
        (
            {"volumes": [{"name": "x", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]},
            "a mirror pod may not use ServiceAccountToken volume projections",
        ),
        ({"volumes": [{"name": "x", "configMap": {"name": "c"}}]}, ""),
    ],
)
def test_a_mirror_pod_asks_the_cluster_for_nothing(api: ApiBench, spec: Obj, problem: str) -> None:
    api.given(sample("ServiceAccount", "robot"))
    body = pod(**spec, nodeName="node-1")
    body["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "abc"}

    answer = api.send("create", "Pod", body=body)

    text = f'pods "web" is forbidden: {problem}'
    assert (answer.code, answer.body.get("message")) == ((403, text) if problem else (201, None))


@pytest.mark.parametrize(("kind", "name"), [("PersistentVolume", "pv"), ("PersistentVolumeClaim", "pvc")])
def test_a_volume_and_a_claim_are_held_from_the_beginning(api: ApiBench, kind: str, name: str) -> None:
    """Source: plugin/pkg/admission/storage/storageobjectinuseprotection/admission.go."""
    assert api.given(sample(kind))["metadata"]["finalizers"] == [f"kubernetes.io/{name}-protection"]


@pytest.mark.parametrize(
    ("may_grow", "phase", "size", "is_refused"),
    [
        (True, "Bound", "2Gi", False),
        (False, "Bound", "2Gi", True),
        (None, "Bound", "2Gi", True),
        (False, "Bound", "1Gi", False),
    ],
)
def test_only_a_class_that_lets_it_lets_a_claim_grow(
    api: ApiBench, may_grow: bool | None, phase: str, size: str, is_refused: bool
) -> None:
    """Source: plugin/pkg/admission/storage/persistentvolume/resize/admission_test.go."""
    if may_grow is not None:
        api.given(sample("StorageClass", "fast", allowVolumeExpansion=may_grow))
    claim = api.given(sample("PersistentVolumeClaim", spec={**CLAIM["spec"], "storageClassName": "fast"}))
    api.client.patch_status(claim, {"phase": phase, "capacity": {"storage": "1Gi"}})
    patch = {"spec": {"resources": {"requests": {"storage": size}}}}

    if not is_refused:
        assert api.patch("PersistentVolumeClaim", "web", patch)
        return
    code, _, message = refused(api.patch, "PersistentVolumeClaim", "web", patch)
    assert code == 403 and "only dynamically provisioned pvc can be resized" in message
