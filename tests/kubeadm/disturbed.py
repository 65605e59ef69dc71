"""A cluster with one of everything that is kept running or run to its end, and all that may happen to it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import strategies as st

from k8slab import Cluster
from k8slab.wire import ApiError

Obj = dict[str, Any]

WORKERS = ("node-1", "node-2", "node-3")
MACHINES = ("control-plane", *WORKERS)
DAEMONS = (
    ("control-plane", "kube-controller-manager"),
    ("control-plane", "kube-scheduler"),
    ("node-1", "kubelet"),
    ("node-2", "kube-proxy"),
)
IMAGES = ("nginx:1.27", "nginx:1.28", "httpd:2")
COMPLETIONS = 6
MOST_BUSY, EACH = 4, 10
SUCCESSES_KEPT = 3

act = st.one_of(
    st.tuples(st.just("scale"), st.sampled_from(["deployment/web", "statefulset/db"]), st.integers(0, 5)),
    st.tuples(st.just("scale"), st.just("deployment/till"), st.integers(0, 2)),
    st.tuples(
        st.just("image"),
        st.sampled_from(["deployment/web", "statefulset/db", "daemonset/agent"]),
        st.sampled_from(IMAGES),
    ),
    st.tuples(st.just("kill"), st.integers(0, 19), st.sampled_from(["", " --force --grace-period=0"])),
    st.tuples(st.just("evict"), st.integers(0, 19)),
    st.tuples(st.just("drain"), st.sampled_from(WORKERS)),
    st.tuples(st.just("uncordon"), st.sampled_from(WORKERS)),
    st.tuples(st.just("suspend"), st.sampled_from(["job/sum", "cronjob/tick"]), st.booleans()),
    st.tuples(st.just("fail"), st.sampled_from(MACHINES)),
    st.tuples(st.just("recover"), st.sampled_from(MACHINES)),
    st.tuples(st.just("shut_down"), st.sampled_from(WORKERS)),
    st.tuples(
        st.just("occupy"), st.sampled_from(WORKERS), st.sampled_from(["0", "7900Mi"]), st.sampled_from(["0", "90Gi"])
    ),
    st.tuples(st.just("toggle"), st.sampled_from(DAEMONS)),
    st.tuples(st.just("slow"), st.sampled_from(WORKERS), st.sampled_from([0.0, 0.5, 5.0, 40.0])),
    st.tuples(st.just("demand"), st.integers(0, 60)),
    st.tuples(st.just("disconnect")),
    st.tuples(st.just("compact")),
    st.tuples(st.just("run"), st.sampled_from([0.01, 0.3, 2, 15, 60, 400])),
)


def _of(kind: str, api: str, name: str, spec: Obj) -> Obj:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def _workload(kind: str, name: str, **spec: Any) -> Obj:
    """A workload of one web server."""
    probe = {"httpGet": {"port": 80}, "periodSeconds": 3}
    container = {"name": "main", "image": IMAGES[0], "ports": [{"containerPort": 80}], "readinessProbe": probe}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    return _of(kind, "apps/v1", name, {"selector": {"matchLabels": {"app": name}}, "template": template, **spec})


def _important() -> list[Obj]:
    """A workload that pushes others aside: one pod takes most of a node."""
    till = _workload("Deployment", "till", replicas=0)
    spec = till["spec"]["template"]["spec"]
    spec["priorityClassName"] = "important"
    spec["containers"][0]["resources"] = {"requests": {"cpu": "3500m"}}
    head = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "important"}}
    return [{**head, "value": 1000}, till]


def _lasting() -> Obj:
    """A workload whose pods have a disk each."""
    db = _workload("StatefulSet", "db", replicas=3, serviceName="db")
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    db["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": claim}]
    mount = {"name": "data", "mountPath": "/data"}
    db["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = [mount]
    return db


def _autoscaled() -> list[Obj]:
    """A workload that is as large as a queue is long."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "busy"}
    metric = {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": str(EACH)}}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": MOST_BUSY}
    spec["metrics"] = [{"type": "External", "external": metric}]
    return [_workload("Deployment", "busy"), _of("HorizontalPodAutoscaler", "autoscaling/v2", "busy", spec)]


def _task(name: str, command: str, **spec: Any) -> Obj:
    """What a Job is to do."""
    container = {"name": "main", "image": "busybox", "command": ["sh", "-c", command]}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], "restartPolicy": "Never"}}
    return {"template": template, "backoffLimit": 1000, **spec}


def declared() -> list[Obj]:
    """What every history begins with."""
    budget = {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    tick = {"schedule": "*/3 * * * *", "concurrencyPolicy": "Forbid", "jobTemplate": {"spec": _task("tick", "date")}}
    web = _workload("Deployment", "web", replicas=3)
    web["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "500m"}}
    return [
        *_important(),
        web,
        _lasting(),
        *_autoscaled(),
        _workload("DaemonSet", "agent"),
        _of("Service", "v1", "web", {"selector": {"app": "web"}, "ports": [{"port": 80}]}),
        _of("Job", "batch/v1", "sum", _task("sum", "sleep 20", completions=COMPLETIONS, parallelism=3)),
        _of("CronJob", "batch/v1", "tick", tick),
        _of("PodDisruptionBudget", "policy/v1", "web", budget),
    ]


class Disturbed(Cluster):
    """A cluster that things happen to; what its API cannot do just now is not done."""

    wanted_by_demand = 1

    def declare(self) -> None:
        """Begin: disks, a queue, and what is declared."""
        self.storage_farm()
        self.do_demand(EACH)
        self.apply(declared())

    def do_demand(self, length: int) -> None:
        """Let the queue be so long."""
        self.metric("queue", length)
        self.wanted_by_demand = min(max(-(-length // EACH), 1), MOST_BUSY)

    def disturb(self, kind: str, *what: Any) -> None:
        """Do one of the acts above."""
        (getattr(self, f"do_{kind}", None) or getattr(self, kind))(*what)

    def do_scale(self, target: str, replicas: int) -> None:
        """Want another number of pods."""
        self.kubectl(f"scale {target} --replicas={replicas}")

    def do_image(self, target: str, image: str) -> None:
        """Roll out another image."""
        self.kubectl(f"set image {target} main={image}")

    def do_kill(self, number: int, how: str) -> None:
        """Delete a pod."""
        self.kubectl(f"delete pod {self._pod(number)} --wait=false{how}")

    def do_evict(self, number: int) -> None:
        """Ask a pod to leave, as a drain does; its budget may refuse."""
        name = self._pod(number)
        with suppress(ApiError):
            metadata = {"name": name, "namespace": "default"}
            self.client.evict({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata})

    def do_drain(self, node: str) -> None:
        """Cordon a node and send its pods away, as far as their budgets let them go."""
        self.kubectl(f"drain {node} --ignore-daemonsets --force --delete-emptydir-data --timeout=5s")

    def do_uncordon(self, node: str) -> None:
        """Let a node take pods again."""
        self.kubectl(f"uncordon {node}")

    def do_suspend(self, target: str, yes: bool) -> None:
        """Suspend a Job or a CronJob, or let it go on."""
        self.kubectl(f"""patch {target} -p '{{"spec":{{"suspend":{str(yes).lower()}}}}}'""")

    def do_toggle(self, place: tuple[str, str]) -> None:
        """Kill a daemon, or start it again."""
        machine, daemon = place
        (self.stop_daemon if daemon in self.world.vm(machine).running else self.start_daemon)(machine, daemon)

    def do_disconnect(self) -> None:
        """End every watch."""
        self.api.disconnect()

    def do_compact(self) -> None:
        """Have the store forget the past, so that watches must list anew."""
        self.api.compact(self.etcd.revision)

    def heal(self) -> None:
        """Give everything its power back, let everybody work, and leave the cluster alone for 40 minutes."""
        self.run("1m")  # who is shutting down ends first
        for name, machine in self.world.vms.items():
            machine.power_on()
            self.slow(name, 0)
            self.occupy(name)
            for daemon in machine.daemons:
                machine.start_daemon(daemon)
        self.run("1m")
        for node in WORKERS:
            self.do_uncordon(node)
        for target in ("job/sum", "cronjob/tick"):
            self.do_suspend(target, False)
        self.run("40m")

    def _pod(self, number: int) -> str:
        """The name of one of the pods, seen even while nobody can reach the API."""
        pods = [kv.value["metadata"]["name"] for kv in self.etcd.range("/registry/pods/default/").kvs]
        return str(pods[number % len(pods)]) if pods else "nobody"
