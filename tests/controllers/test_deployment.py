"""Deployments: roll-outs step by step, their arithmetic, their history."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from bench import Bench, deployment, replicaset, template
from running import Nodes, Running

from k8slab.controllers import DeploymentController, ReplicaSetController
from k8slab.controllers.revisions import surplus_history, template_hash
from k8slab.controllers.rollout import max_surge, max_unavailable, proportional
from k8slab.objects import get_condition, owner_reference
from k8slab.wire import AlreadyExists

Obj = dict[str, Any]

CONTROLLER = DeploymentController
DESIRED, MAX = "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas"
REVISION = "deployment.kubernetes.io/revision"


def rolling(surge: int | str, unavailable: int | str) -> Obj:
    """A strategy."""
    limits = {"maxSurge": surge, "maxUnavailable": unavailable}
    return {"strategy": {"type": "RollingUpdate", "rollingUpdate": limits}}


RECREATE: Obj = {"strategy": {"type": "Recreate"}}


class Web(Running):
    """A Deployment named web with everything that makes it live."""

    def __init__(self, replicas: int = 3, **spec: Any) -> None:
        super().__init__(DeploymentController, ReplicaSetController, Nodes)
        self.given(deployment("web", replicas, **spec))
        self.run(60)

    @property
    def web(self) -> Obj:
        """The Deployment as it is."""
        return self.client.get("deploy", "web", "default")

    def set_image(self, image: str) -> None:
        """What `kubectl set image` does."""
        containers = [{"name": "main", "image": image}]
        self.change({"template": {"spec": {"containers": containers}}})

    def change(self, spec: Obj) -> None:
        """Patch the spec."""
        self.client.patch("deploy", "web", "default", {"spec": spec})

    def sets(self) -> dict[str, int]:
        """The wanted replicas by image, oldest revision first."""
        sets = sorted(self.client.list("rs"), key=lambda rs: int(rs["metadata"]["annotations"][REVISION]))
        return {rs["spec"]["template"]["spec"]["containers"][0]["image"]: rs["spec"]["replicas"] for rs in sets}

    def revisions(self) -> dict[str, str]:
        """The revision by image."""
        return {
            rs["spec"]["template"]["spec"]["containers"][0]["image"]: rs["metadata"]["annotations"][REVISION]
            for rs in self.client.list("rs")
        }

    def progress(self) -> str:
        """Status and reason of Progressing."""
        condition = get_condition(self.web, "Progressing") or {}
        return f"{condition.get('status')} {condition.get('reason')}"


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "most_more", "most_less"),
    [
        (10, "25%", "25%", 3, 2),
        (4, "25%", "25%", 1, 1),
        (3, "25%", "25%", 1, 0),
        (1, "25%", "25%", 1, 0),
        (10, "0%", "5%", 0, 1),
        (10, 0, "5%", 0, 1),
        (10, 2, 3, 2, 3),
        (2, 1, 5, 1, 2),
        (10, "100%", 0, 10, 0),
        (0, "25%", "25%", 0, 0),
        (0, 1, 1, 1, 0),
        (7, "30%", "30%", 3, 2),
    ],
)
def test_surge_is_rounded_up_and_unavailable_down(
    replicas: int, surge: int | str, unavailable: int | str, most_more: int, most_less: int
) -> None:
    """Source: deployment_util.go, ResolveFenceposts, MaxUnavailable; kubernetes.io, "Deployments", Max Surge."""
    web = deployment("web", replicas, **rolling(surge, unavailable))

    assert (max_surge(web), max_unavailable(web)) == (most_more, most_less)


def test_a_recreate_has_neither_surge_nor_tolerance() -> None:
    """Source: deployment_util.go, MaxSurge, MaxUnavailable: 0 unless rolling."""
    web = deployment("web", 3, **RECREATE)

    assert (max_surge(web), max_unavailable(web)) == (0, 0)


def test_a_deployment_gets_a_replicaset(bench: Bench) -> None:
    web = bench.given(deployment("web", 3))

    bench.reconcile("default/web")

    (rs,) = bench.client.list("rs")
    hash_ = rs["metadata"]["labels"]["pod-template-hash"]
    assert rs["metadata"]["name"] == f"web-{hash_}" and rs["spec"]["replicas"] == 3
    assert rs["spec"]["selector"]["matchLabels"] == {"app": "web", "pod-template-hash": hash_}
    assert rs["spec"]["template"]["metadata"]["labels"] == rs["spec"]["selector"]["matchLabels"]
    assert rs["metadata"]["ownerReferences"] == [owner_reference(web)]
    annotations = rs["metadata"]["annotations"]
    assert [annotations[name] for name in (REVISION, DESIRED, MAX)] == ["1", "3", "4"]
    assert bench.events() == [f"ScalingReplicaSet: Scaled up replica set web-{hash_} from 0 to 3"]


def test_a_step_without_anything_to_do_writes_nothing(bench: Bench) -> None:
    bench.given(deployment("web", 3))
    bench.reconcile("default/web")
    bench.reconcile("default/web")

    bench.reconcile("default/web")

    assert bench.writes == []


def observed(replicas: int, unavailable: int, surge: int | str, least: int | str) -> tuple[int, int, int, int]:
    """The most pods wanted and the fewest available during a roll-out, and the limits for both."""
    web = Web(replicas, **rolling(surge, least))
    most, fewest = 0, replicas

    def look() -> None:
        nonlocal most, fewest
        most = max(most, sum(web.sets().values()))
        status = [rs.get("status") or {} for rs in web.client.list("rs")]
        fewest = min(fewest, sum(s.get("availableReplicas", 0) for s in status))

    web.set_image("nginx:2")
    web.run(120, look)
    assert web.sets() == {"nginx": 0, "nginx:2": replicas}
    assert web.progress() == "True NewReplicaSetAvailable" and web.failures() == []
    return most, fewest, replicas + max_surge(web.web), replicas - max_unavailable(web.web)


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable"),
    [(3, 1, 0), (3, 0, 1), (4, "25%", "25%"), (5, "50%", "20%"), (6, 2, 2), (4, "100%", 0), (3, 0, "100%"), (1, 1, 0)],
)
def test_a_rollout_stays_within_its_limits_and_uses_them(
    replicas: int, surge: int | str, unavailable: int | str
) -> None:
    """Source: kubernetes.io, "Deployments", Rolling Update Deployment."""
    most, fewest, ceiling, floor = observed(replicas, 0, surge, unavailable)

    assert (most, fewest) == (ceiling, floor)


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "old", "new"),
    [(10, 3, 2, 8, 5), (3, "25%", "25%", 3, 1), (4, 0, 1, 3, 1), (4, "100%", 0, 4, 4)],
)
def test_a_broken_image_stops_the_rollout(
    replicas: int, surge: int | str, unavailable: int | str, old: int, new: int
) -> None:
    """Source: the worked example in rolling.go, reconcileOldReplicaSets; kubernetes.io, "Deployments", failed."""
    web = Web(replicas, **rolling(surge, unavailable))

    web.set_image("broken")
    web.run(120)

    assert web.sets() == {"nginx": old, "broken": new}
    assert web.progress() == "True ReplicaSetUpdated"


def test_broken_pods_of_old_revisions_go_first() -> None:
    """Source: rolling.go, cleanupUnhealthyReplicas."""
    web = Web(4, **rolling(1, 1))
    web.set_image("broken")
    web.run(60)

    web.set_image("nginx:3")
    web.run(60)

    assert web.sets() == {"nginx": 0, "broken": 0, "nginx:3": 4}


def test_recreate_waits_for_the_last_old_pod() -> None:
    """Source: recreate.go, rolloutRecreate; kubernetes.io, "Deployments", Recreate Deployment."""
    bound = template("web")
    bound["spec"]["nodeName"] = "n1"  # such Pods take their time to leave
    web, together = Web(3, **RECREATE, template=bound), 0

    def look() -> None:
        nonlocal together
        images = {pod["spec"]["containers"][0]["image"] for pod in web.client.list("po")}
        together += len(images) > 1

    web.set_image("nginx:2")
    web.run(120, look)

    assert together == 0
    assert web.sets() == {"nginx": 0, "nginx:2": 3}


@pytest.mark.parametrize(("available", "status"), [(3, "True"), (2, "False"), (0, "False")])
def test_a_recreate_is_available_with_all_its_pods(bench: Bench, available: int, status: str) -> None:
    """Source: sync.go, calculateStatus; MaxUnavailable of a Recreate is 0."""
    bench.given(deployment("web", 3, **RECREATE))
    bench.reconcile("default/web")
    (rs,) = bench.client.list("rs")
    bench.client.patch_status(rs, {"replicas": 3, "readyReplicas": available, "availableReplicas": available})

    bench.reconcile("default/web")

    condition = get_condition(bench.client.get("deploy", "web", "default"), "Available") or {}
    assert condition["status"] == status


@pytest.mark.parametrize(("available", "status"), [(10, "True"), (8, "True"), (7, "False")])
def test_availability_has_the_tolerance_of_a_rollout(bench: Bench, available: int, status: str) -> None:
    """Source: sync.go, calculateStatus: spec.replicas - maxUnavailable."""
    bench.given(deployment("web", 10))
    bench.reconcile("default/web")
    (rs,) = bench.client.list("rs")
    bench.client.patch_status(rs, {"replicas": 10, "readyReplicas": available, "availableReplicas": available})

    bench.reconcile("default/web")

    web = bench.client.get("deploy", "web", "default")
    assert (get_condition(web, "Available") or {})["status"] == status
    assert web["status"]["unavailableReplicas" if available < 10 else "availableReplicas"] == 10 - available % 10


def test_a_paused_deployment_scales_but_does_not_roll() -> None:
    """Source: kubernetes.io, "Deployments", Pausing and Resuming a rollout."""
    web = Web(3)
    web.change({"paused": True})
    web.set_image("nginx:2")
    web.change({"replicas": 5})
    web.run(60)
    assert (web.sets(), web.progress()) == ({"nginx": 5}, "Unknown DeploymentPaused")

    web.change({"paused": False})
    web.run(60)

    assert (web.sets(), web.progress()) == ({"nginx": 0, "nginx:2": 5}, "True NewReplicaSetAvailable")


def test_an_old_template_comes_back_as_the_newest_revision() -> None:
    """Source: deployment_util.go, SetNewReplicaSetAnnotations; kubernetes.io, "Deployments", Rolling Back."""
    web = Web(2)
    for image in ("nginx:2", "nginx:3"):
        web.set_image(image)
        web.run(60)

    web.set_image("nginx")
    web.run(60)

    assert web.revisions() == {"nginx": "4", "nginx:2": "2", "nginx:3": "3"}
    assert web.web["metadata"]["annotations"][REVISION] == "4"
    first = next(rs for rs in web.client.list("rs") if rs["spec"]["replicas"])
    assert first["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] == "1"


@pytest.mark.parametrize(("limit", "kept"), [(10, [1, 2, 3, 4, 5]), (2, [3, 4, 5]), (1, [4, 5]), (0, [5])])
def test_old_revisions_are_forgotten_beyond_the_limit(limit: int, kept: list[int]) -> None:
    """Source: sync.go, cleanupDeployment; kubernetes.io, "Deployments", Clean up Policy."""
    web = Web(1, revisionHistoryLimit=limit)

    for n in range(2, 6):
        web.set_image(f"nginx:{n}")
        web.run(60)

    assert sorted(int(revision) for revision in web.revisions().values()) == kept


def test_a_rollback_does_not_delete_what_it_rolls_back_to() -> None:
    web = Web(2, revisionHistoryLimit=1)
    web.set_image("nginx:2")
    web.run(60)

    uid = next(rs["metadata"]["uid"] for rs in web.client.list("rs") if not rs["spec"]["replicas"])
    web.set_image("nginx")
    web.run(60)

    assert uid in {rs["metadata"]["uid"] for rs in web.client.list("rs") if rs["spec"]["replicas"] == 2}


def test_history_is_not_cleaned_up_during_a_rollout() -> None:
    """Source: rolling.go, rolloutRolling: clean-up once the roll-out is complete."""
    web = Web(2, revisionHistoryLimit=0)

    web.set_image("broken")
    web.run(60)
    web.set_image("broken:2")
    web.client.patch("deploy", "web", "default", {"spec": {"progressDeadlineSeconds": 5}})
    web.run(60)

    assert set(web.sets()) == {"nginx", "broken", "broken:2"}


@pytest.mark.parametrize(
    ("sets", "limit", "gone"),
    [
        ([(1, 2), (2, 0), (3, 0)], 1, [2]),
        ([(1, 0), (2, 0), (3, 0)], 1, [1, 2]),
        ([(3, 0), (10, 0), (2, 0)], 2, [2]),
        ([(1, 0), (2, 0)], 2, []),
        ([(1, 0), (2, 0)], 0, [1, 2]),
    ],
)
def test_the_oldest_empty_replicasets_are_surplus(sets: list[tuple[int, int]], limit: int, gone: list[int]) -> None:
    """Source: sync.go, cleanupDeployment: the oldest by revision beyond the limit, of them only the empty ones."""
    owned = []
    for revision, size in sets:
        rs = replicaset(f"r{revision}", size)
        rs["metadata"] |= {"generation": 1, "annotations": {REVISION: str(revision)}}
        owned.append({**rs, "status": {"observedGeneration": 1, "replicas": size}})

    surplus = surplus_history(deployment("web", revisionHistoryLimit=limit), owned)

    assert [int(rs["metadata"]["annotations"][REVISION]) for rs in surplus] == gone


@pytest.mark.parametrize("change", [{"spec": {"replicas": 1}}, {"status": {"replicas": 1}}, {"status": {}}])
def test_a_replicaset_that_may_still_have_pods_is_kept(change: Obj) -> None:
    """Source: sync.go, cleanupDeployment: spec, status and observedGeneration all say that it is empty."""
    rs = {**replicaset("old", 0), "status": {"observedGeneration": 1}}
    rs["metadata"]["generation"] = 1
    web = deployment("web", revisionHistoryLimit=0)
    assert surplus_history(web, [rs]) == [rs]

    assert surplus_history(web, [{**rs, **change}]) == []


@pytest.mark.parametrize(
    ("sets", "replicas", "shares"),
    [
        ({"old": (10, 13), "new": (0, 13)}, 15, {"old": 15}),
        ({"old": (8, 13), "new": (5, 13)}, 15, {"old": 11, "new": 7}),
        ({"old": (5, 10), "new": (5, 10)}, 6, {"old": 3, "new": 3}),
        ({"old": (5, 10), "new": (5, 10)}, 11, {"old": 5, "new": 6}),
        ({"old": (5, 10), "new": (5, 10)}, 9, {"old": 4, "new": 5}),
        ({"old": (5, 13), "new": (5, 13)}, 0, {"old": 0, "new": 0}),
        ({"a": (8, 10), "b": (1, 10), "c": (1, 10)}, 20, {"a": 16, "b": 2, "c": 2}),
        ({"a": (1, 10), "b": (8, 10), "c": (1, 10)}, 14, {"a": 1, "b": 12, "c": 1}),
    ],
)
def test_scaling_in_the_middle_is_shared_out(
    sets: dict[str, tuple[int, int]], replicas: int, shares: dict[str, int]
) -> None:
    """Source: sync.go, scale; GetReplicaSetProportion; kubernetes.io, "Deployments", Proportional scaling."""
    surge = 3 if replicas == 15 else 0
    web = deployment("web", replicas, **rolling(surge, 1))
    owned = []
    for minute, (name, (size, most)) in enumerate(sets.items()):
        rs = replicaset(name, size)
        rs["metadata"] |= {"creationTimestamp": f"2026-01-01T00:0{minute}:00Z", "annotations": {MAX: str(most)}}
        owned.append(rs)

    shared = proportional(web, owned[-1], owned)

    assert {rs["metadata"]["name"]: size for rs, size in shared} == shares


def test_the_new_replicaset_gets_all_once_it_is_saturated(bench: Bench) -> None:
    """Source: sync.go, scale: old ReplicaSets go to 0 when the new one is saturated."""
    web = deployment("web", 3, **rolling(1, 1))
    old, new = replicaset("old", 2), replicaset("new", 3)
    for rs in (old, new):
        rs["metadata"] |= {"creationTimestamp": "", "annotations": {DESIRED: "3", MAX: "4"}}
    new["status"] = {"availableReplicas": 3}

    assert proportional(web, new, [old, new]) == [(old, 0)]


def test_a_revision_and_a_new_size_at_once_do_no_harm(bench: Bench) -> None:
    """The ReplicaSet that was just revised is still the new one when replicas are shared out."""
    web = bench.given(deployment("web", 3))
    bench.reconcile("default/web")
    (new,) = bench.client.list("rs")
    old = replicaset("old", 1)
    old["metadata"] |= {"ownerReferences": [owner_reference(web)], "annotations": {DESIRED: "2", MAX: "3"}}
    old["metadata"]["labels"] = {"app": "web"}
    old["spec"]["template"]["spec"]["containers"][0]["image"] = "old"
    bench.given(old)
    bench.client.patch_status(new, {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3})
    bench.client.patch("deploy", "web", "default", {"metadata": {"annotations": {"note": "new"}}})

    bench.reconcile("default/web")

    assert sorted((rs["metadata"]["name"] == "old", rs["spec"]["replicas"]) for rs in bench.client.list("rs")) == [
        (False, 3),
        (True, 0),
    ]


def test_slow_progress_is_progress() -> None:
    """Source: progress.go: lastUpdateTime moves with every Pod, so the deadline is for each step."""
    web, seen = Web(4, progressDeadlineSeconds=100, **rolling(1, 0)), set[str]()
    web.running[Nodes].start_s = 60.0  # type: ignore[attr-defined]

    web.set_image("nginx:2")
    web.run(600, lambda: seen.add(web.progress()))

    assert web.sets()["nginx:2"] == 4 and web.progress() == "True NewReplicaSetAvailable"
    assert "False ProgressDeadlineExceeded" not in seen


def test_a_rollout_that_gets_nowhere_is_told_after_the_deadline() -> None:
    """Source: progress.go, syncRolloutStatus; kubernetes.io, "Deployments", Failed Deployment."""
    web = Web(3, progressDeadlineSeconds=100)
    web.set_image("broken")

    web.run(90)
    assert web.progress() == "True ReplicaSetUpdated"
    web.run(30)
    assert web.progress() == "False ProgressDeadlineExceeded"

    web.change({"paused": True})
    web.run(5)
    assert web.progress() == "False ProgressDeadlineExceeded"

    web.change({"paused": False})
    web.set_image("nginx:2")
    web.run(60)
    assert web.progress() == "True NewReplicaSetAvailable"


def test_the_deadline_also_counts_when_no_pod_can_be_made() -> None:
    """Source: sync.go, getNewReplicaSet: Progressing with NewReplicaSetCreated starts the clock; getReplicaFailures."""
    web = Web(3, progressDeadlineSeconds=100)
    web.client.patch("deploy", "web", "default", {"spec": {"replicas": 3}})
    web.running[ReplicaSetController].queue._work = lambda key: None

    web.set_image("nginx:2")
    web.run(5)
    assert web.progress() == "True NewReplicaSetCreated"
    web.run(120)

    assert web.progress() == "False ProgressDeadlineExceeded"


def test_a_replicaset_that_cannot_make_pods_says_so_in_its_deployment(bench: Bench) -> None:
    """Source: progress.go, getReplicaFailures."""
    bench.given(deployment("web", 3))
    bench.reconcile("default/web")
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
    (rs,) = bench.client.list("rs")
    bench.client.patch_status(rs, {"conditions": [{**failure, "lastTransitionTime": "2026-01-01T00:00:00Z"}]})
    bench.reconcile("default/web")

    condition = get_condition(bench.client.get("deploy", "web", "default"), "ReplicaFailure") or {}
    assert {name: condition.get(name) for name in failure} == failure

    bench.client.patch_status(rs, {"conditions": None})
    bench.reconcile("default/web")
    assert get_condition(bench.client.get("deploy", "web", "default"), "ReplicaFailure") is None


def test_scaling_and_losing_pods_is_no_rollout() -> None:
    """Source: progress.go, syncRolloutStatus: a complete deployment is not estimated again."""
    web, seen = Web(3), set[str]()

    web.change({"replicas": 6})
    web.run(30, lambda: seen.add(web.progress()))
    web.client.delete("po", web.client.list("po")[0]["metadata"]["name"], "default")
    web.run(30, lambda: seen.add(web.progress()))

    assert seen == {"True NewReplicaSetAvailable"}


@pytest.mark.parametrize("deadline_s", [None, 2**31 - 1])
def test_without_a_deadline_there_is_no_progressing(bench: Bench, deadline_s: int | None) -> None:
    """Source: progress.go; deployment_util.go, HasProgressDeadline; nil is defaulted to 600."""
    spec = {} if deadline_s is None else {"progressDeadlineSeconds": deadline_s}
    bench.given(deployment("web", 1, **spec))

    bench.reconcile("default/web")

    condition = get_condition(bench.client.get("deploy", "web", "default"), "Progressing")
    assert (condition is None) == (deadline_s is not None)


def test_changed_min_ready_seconds_reach_the_replicaset() -> None:
    """Source: sync.go, getNewReplicaSet: minReadySecondsNeedsUpdate."""
    web = Web(1)
    uid = web.client.list("rs")[0]["metadata"]["uid"]

    web.change({"minReadySeconds": 7})
    web.run(30)

    (rs,) = web.client.list("rs")
    assert (rs["metadata"]["uid"], rs["spec"]["minReadySeconds"]) == (uid, 7)


def test_annotations_are_copied_but_not_the_note_of_apply(bench: Bench) -> None:
    """Source: deployment_util.go, copyDeploymentAnnotationsToReplicaSet, annotationsToSkip."""
    web = deployment("web")
    cause = "kubernetes.io/change-cause"
    web["metadata"]["annotations"] = {cause: "v1", "kubectl.kubernetes.io/last-applied-configuration": "{}"}
    bench.given(web)

    bench.reconcile("default/web")

    annotations = bench.client.list("rs")[0]["metadata"]["annotations"]
    assert set(annotations) == {cause, REVISION, DESIRED, MAX}


def test_the_hash_depends_on_the_template_alone() -> None:
    one = deployment("web")["spec"]["template"]
    turned = dict(reversed(list(copy.deepcopy(one).items())))
    other = deployment("web")["spec"]["template"]
    other["spec"]["containers"][0]["image"] = "nginx:2"

    assert template_hash(one) == template_hash(turned) != template_hash(other)
    assert template_hash(one, 1) not in (template_hash(one), template_hash(one, 2))
    assert set(template_hash(one)) <= set("bcdfghjklmnpqrstvwxz2456789")


def test_a_taken_name_is_counted_and_avoided(bench: Bench) -> None:
    """Source: sync.go, getNewReplicaSet: collisionCount."""
    web = bench.given(deployment("web", 1))
    taken = f"web-{template_hash(web['spec']['template'])}"
    bench.given({**replicaset("other"), "metadata": {"name": taken, "namespace": "default"}})

    with pytest.raises(AlreadyExists):
        bench.reconcile("default/web")
    bench.reconcile("default/web")

    assert bench.client.get("deploy", "web", "default")["status"]["collisionCount"] == 1
    assert {rs["metadata"]["name"] for rs in bench.client.list("rs")} == {
        taken,
        f"web-{template_hash(web['spec']['template'], 1)}",
    }


def test_who_does_not_own_a_replicaset_leaves_it_alone(bench: Bench) -> None:
    """Source: controller_utils.go: an owner is known by its uid."""
    web = bench.given(deployment("web", 1))
    stranger = replicaset("stranger", 5)
    reference = {**owner_reference(web), "uid": "another"}
    bench.given({**stranger, "metadata": {**stranger["metadata"], "ownerReferences": [reference]}})

    bench.reconcile("default/web")

    assert bench.client.get("rs", "stranger", "default")["spec"]["replicas"] == 5


def test_a_leaving_deployment_only_tells_its_status(bench: Bench) -> None:
    """Source: deployment_controller.go, syncDeployment: syncStatusOnly."""
    web = deployment("web")
    web["metadata"]["finalizers"] = ["a.b/c"]
    bench.given(web)
    bench.client.delete("deploy", "web", "default")

    bench.reconcile("default/web")

    assert bench.client.list("rs") == []
    assert bench.writes == ["patch Deployment/web/status"]
