"""Row 01: a push tool against reports and controllers. The number: seconds to notice and to repair, for both.

A web server dies after an hour, and in another run its machine loses power then. On the one side a playbook started it,
and is run again every half hour; on the other a Deployment asks for it.
"""

from __future__ import annotations

from collections.abc import Callable

from k8slab import Cluster
from k8slab.world.playbook import PlaybookRun

LIFE_S, EVERY_S, NEVER = 3600.0, 1800.0, float("inf")
PLAYBOOK = """
- name: Web server
  hosts: vm-1
  tasks:
    - docker_container: {name: web, image: busybox, command: [sh, -c, sleep %d; exit 1]}
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, sleep %d; exit 1]}
"""


def pushed(is_power_cut: bool) -> tuple[float, float]:
    """Seconds until a run of the playbook tells of it, and until the server runs again."""
    cluster, life_s = Cluster(nodes=0), 10 * LIFE_S if is_power_cut else LIFE_S
    cluster.add_vm("vm-1")
    began = cluster.now
    cluster.playbook(PLAYBOOK % life_s)
    web = cluster.world.vm("vm-1").runtime.sandboxes["play/web"].containers
    died = web["web"].started_at + LIFE_S
    if is_power_cut:
        cluster.run_until(died)
        cluster.fail("vm-1")
    for moment in [began + number * EVERY_S for number in range(1, 5)]:
        if moment < cluster.now:
            continue
        cluster.run_until(moment)
        run = cluster.playbook(PLAYBOOK % life_s)
        if told := noticed(run):
            return told - died, web["web"].started_at - died if web["web"].is_running else NEVER
    return NEVER, NEVER


def noticed(run: PlaybookRun) -> float | None:
    """When a run said that something was not as it should be."""
    return next((report.at for report in run.reports if report.status != "ok"), None)


def watched(is_power_cut: bool) -> tuple[float, float]:
    """Seconds until the API tells of it, and until the server runs again."""
    cluster = Cluster(nodes=2)
    cluster.apply(DEPLOYMENT % (10 * LIFE_S if is_power_cut else LIFE_S))
    cluster.run("1m")
    (pod,) = cluster.client.list("pods", "default")
    died = started_at(cluster, pod["metadata"]["name"]) + LIFE_S
    cluster.run_until(died)
    if is_power_cut:
        cluster.fail(pod["spec"]["nodeName"])
    return until(cluster, lambda: is_told(cluster, pod)) - died, until(cluster, lambda: runs(cluster, died)) - died


def until(cluster: Cluster, is_so: Callable[[], bool]) -> float:
    """When something was so for the first time."""
    cluster.run_until_true(is_so, "30m")
    return cluster.now


def is_told(cluster: Cluster, pod: dict) -> bool:  # type: ignore[type-arg]
    """Its kubelet has said how the process ended, or the node controller that the kubelet is silent."""
    status = cluster.client.get("pods", pod["metadata"]["name"], "default")["status"]
    is_ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status["conditions"])
    return not is_ready or "terminated" in status["containerStatuses"][0].get("lastState", {})


def runs(cluster: Cluster, since: float) -> bool:
    """Some process of the server has begun since a moment, and runs."""
    machines = [vm for vm in cluster.world.vms.values() if vm.is_on]
    return any(one.name == "web" and one.started_at >= since for vm in machines for one in vm.runtime.running())


def started_at(cluster: Cluster, pod: str) -> float:
    """When the process of a pod began."""
    running = [one for vm in cluster.world.vms.values() for one in vm.runtime.running()]
    return next(one.started_at for one in running if one.sandbox.name == pod)


def number() -> dict[str, tuple[float, float]]:
    """For each side and outage: seconds to notice, seconds to repair."""
    return {
        f"{side}, {'power cut' if is_power_cut else 'process dies'}": measure(is_power_cut)
        for side, measure in (("push", pushed), ("watch", watched))
        for is_power_cut in (False, True)
    }


if __name__ == "__main__":
    for name, (seconds, repaired) in number().items():
        print(f"{name:<20} noticed after {seconds:7.1f} s, repaired after {repaired:7.1f} s")
