"""kubectl drain: a node takes no more pods, and those it has are evicted, as far and as soon as their budgets allow.

Source    staging/src/k8s.io/kubectl/pkg/drain/{drain,filters}.go; pkg/cmd/drain/drain.go
Left out  --pod-selector, --grace-period, --disable-eviction, --skip-wait-for-delete-timeout; without --timeout an hour
          is waited at most
"""

from __future__ import annotations

from k8slab.kubectl.command import Command, Obj, Session
from k8slab.kubectl.nodes import cordon, nodes_of
from k8slab.kubectl.report import dry
from k8slab.objects import controller_of
from k8slab.wire import ApiError, NotFound, TooManyRequests

__all__ = ["drain"]

MIRROR = "kubernetes.io/config.mirror"
PATIENCE_S, RETRY_S = 3600.0, 5.0
NO_CONTROLLER = "cannot delete Pods that declare no controller (use --force to override)"
LOCAL_STORAGE = "cannot delete Pods with local storage (use --delete-emptydir-data to override)"
DAEMONS = "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"


def drain(session: Session, command: Command) -> str:
    """kubectl drain NODE…: cordon it, then evict its pods and wait until they are gone."""
    text, pending = cordon(session, command), dict[str, list[str]]()
    for target in nodes_of(session, command, command.words):
        found = session.client.list("Pod", fields=f"spec.nodeName={target.name}")
        pods = [pod for pod in found if MIRROR not in (pod["metadata"].get("annotations") or {})]
        problems = _problems(pods, command)
        if not problems:
            eviction = _Eviction(session, command, [pod for pod in pods if not _is_daemon(pod) or _is_over(pod)])
            eviction.run()
            text += _warnings(pods) + "".join(eviction.lines)
            problems = eviction.errors
        if problems:
            pending[target.name] = problems
            shown = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
            text += f'error: unable to drain node "{target.name}" due to error: {shown}, continuing command...\n'
        else:
            text += f"node/{target.name} drained{dry(command)}\n"
    if pending:
        text += "There are pending nodes to be drained:\n" + "".join(f" {name}\n" for name in pending)
        text += "".join(f"{problem}\n" for problems in pending.values() for problem in problems)
    return text


def _problems(pods: list[Obj], command: Command) -> list[str]:
    """Why these pods may not be deleted, a line per reason; of several reasons a pod has, the first."""
    found: dict[str, list[str]] = {}
    for pod in pods:
        has_scratch = any("emptyDir" in volume for volume in pod["spec"].get("volumes") or ())
        if _is_over(pod) or pod["metadata"].get("deletionTimestamp"):
            continue
        if _is_daemon(pod):
            if not command.has("ignore-daemonsets"):
                found.setdefault(DAEMONS, []).append(_full_name(pod))
        elif has_scratch and not command.has("delete-emptydir-data"):
            found.setdefault(LOCAL_STORAGE, []).append(_full_name(pod))
        elif controller_of(pod) is None and not command.has("force"):
            found.setdefault(NO_CONTROLLER, []).append(_full_name(pod))
    return [f"{problem}: {', '.join(names)}" for problem, names in sorted(found.items())]


def _warnings(pods: list[Obj]) -> str:
    """What is done all the same, or not done, because the flags say so."""
    daemons = ", ".join(_full_name(pod) for pod in pods if _is_daemon(pod) and not _is_over(pod))
    alone = ", ".join(_full_name(pod) for pod in pods if controller_of(pod) is None)
    said = [f"ignoring DaemonSet-managed Pods: {daemons}"] if daemons else []
    said += [f"deleting Pods that declare no controller: {alone}"] if alone else []
    return f"Warning: {'; '.join(said)}\n" if said else ""


def _is_over(pod: Obj) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def _is_daemon(pod: Obj) -> bool:
    owner = controller_of(pod)
    return owner is not None and owner["kind"] == "DaemonSet"


def _full_name(pod: Obj) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


class _Eviction:
    """Pods of one node on their way out: what is told of it, and what went wrong in the end."""

    def __init__(self, session: Session, command: Command, pods: list[Obj]) -> None:
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._session, self._command = session, command
        self._asked: list[Obj] = []  # those that may go and are not gone yet
        self._refused = pods

    def run(self) -> None:
        """Evict and wait, asking again every five seconds for pods that a budget holds back."""
        if self._command.is_dry_run:
            self.lines += [f"evicting pod {_full_name(pod)}{dry(self._command)}\n" for pod in self._refused]
            return
        client = self._session.client
        again, deadline = client.now, client.now + (self._command.duration("timeout", "0s") or PATIENCE_S)
        while self._refused or self._asked:
            now = client.now
            if self._refused and now >= again:
                self._ask()
                again = now + RETRY_S
            self._tell_who_is_gone()
            if (self._refused or self._asked) and (now >= deadline or not self._session.wait(1.0)):
                self._give_up()
                return

    def _ask(self) -> None:
        waiting, self._refused = self._refused, []
        for pod in waiting:
            metadata = {name: pod["metadata"][name] for name in ("name", "namespace")}
            evicting = f'error when evicting pods/"{metadata["name"]}" -n "{metadata["namespace"]}"'
            self.lines.append(f"evicting pod {_full_name(pod)}\n")
            try:
                self._session.client.evict({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata})
                self._asked.append(pod)
            except NotFound:
                continue
            except TooManyRequests as error:
                self._refused.append(pod)
                self.lines.append(f"{evicting} (will retry after 5s): {error.message}\n")
            except ApiError as error:
                self.errors.append(f"{evicting}: {error.message}")

    def _tell_who_is_gone(self) -> None:
        there = {pod["metadata"]["uid"] for pod in self._session.client.list("Pod")} if self._asked else set()
        gone = [pod for pod in self._asked if pod["metadata"]["uid"] not in there]
        self._asked = [pod for pod in self._asked if pod not in gone]
        self.lines += [f"pod/{pod['metadata']['name']} evicted\n" for pod in gone]

    def _give_up(self) -> None:
        reached = f"global timeout reached: {self._command.flag('timeout', '0s')}"
        for pod in self._refused:
            name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
            self.errors.append(f'error when evicting pods/"{name}" -n "{namespace}": {reached}')
        for pod in self._asked:
            name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
            waiting = f'error when waiting for pod "{name}" in namespace "{namespace}" to terminate'
            self.errors.append(f"{waiting}: {reached}")
