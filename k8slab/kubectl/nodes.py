"""kubectl cordon, uncordon, taint and drain: which pods a node takes, and how it loses those it has.

A drained node takes no more pods; those it has are evicted, as far and as soon as their budgets allow.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{drain,taint}; pkg/drain/{drain,filters}.go
Left out  drain --pod-selector, --grace-period, --disable-eviction, --skip-wait-for-delete-timeout; without --timeout an
          hour is waited at most
"""

from __future__ import annotations

from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.report import dry, said
from k8slab.kubectl.targets import Target, each_object, named, targets
from k8slab.objects import controller_of, is_qualified_name
from k8slab.wire import ApiError, NotFound, TooManyRequests

__all__ = ["cordon", "drain", "taint"]

Change = tuple[str, Obj, bool]  # a word of `kubectl taint`, its taint, and whether it takes that away

MIRROR = "kubernetes.io/config.mirror"
PATIENCE_S, RETRY_S = 3600.0, 5.0
NO_CONTROLLER = "cannot delete Pods that declare no controller (use --force to override)"
LOCAL_STORAGE = "cannot delete Pods with local storage (use --delete-emptydir-data to override)"
DAEMONS = "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def cordon(session: Session, command: Command) -> str:
    """kubectl cordon NODE… and uncordon NODE…; drain begins with it."""
    unschedulable = command.path != "uncordon"
    found = _nodes_of(session, command, command.words)
    return each_object(session, found, lambda target, node: _marked(session, command, target, node, unschedulable))


def _nodes_of(session: Session, command: Command, words: list[str]) -> list[Target]:
    """The nodes that words or a selector name. Raises UsageError."""
    if not words and not command.flag("selector") and not command.has("all"):
        raise command.misused(f"USAGE: {command.path} NODE [flags]")
    return targets(session, command, ["nodes", *(word.rpartition("/")[2] for word in words)])


def _marked(session: Session, command: Command, target: Target, node: Obj, unschedulable: bool) -> str:
    word = "cordoned" if unschedulable else "uncordoned"
    if node["spec"].get("unschedulable", False) == unschedulable:
        word = f"already {word}"
    elif not command.is_dry_run:
        session.client.patch(*target.place, {"spec": {"unschedulable": unschedulable or None}})
    return f"{target} {word}{dry(command)}\n"


def taint(session: Session, command: Command) -> str:
    """kubectl taint nodes NODE… KEY=VALUE:EFFECT … KEY:EFFECT- KEY-."""
    if not command.words:
        raise UsageError("error: one or more resources must be specified as <resource> <name>")
    kind, *words = command.words
    resource = named(session.client, kind)
    if resource.kind != "Node":
        raise UsageError(f"error: invalid resource type {resource.plural}, only node types are supported")
    names = [word for word in words if not (":" in word or "=" in word or word.endswith("-"))]
    changes = [_change(command, word) for word in words if word not in names]
    if not changes:
        raise UsageError("error: at least one taint update is required")
    found = _nodes_of(session, command, names)
    return each_object(session, found, lambda target, node: _tainted(session, command, target, node, changes))


def _change(command: Command, word: str) -> Change:
    removes, text = word.endswith("-"), word.removesuffix("-")
    place, colon, effect = text.partition(":")
    key, _, value = place.partition("=") if colon or removes else (place, "", "")
    if complaints := is_qualified_name(key):
        raise command.misused(f"invalid taint spec: {word}, {'; '.join(complaints)}")
    if effect not in EFFECTS and (effect or not removes):
        raise command.misused(f"invalid taint effect: {effect}, unsupported taint effect")
    return (text, {"key": key, **({"value": value} if value else {}), "effect": effect}, removes)


def _tainted(session: Session, command: Command, target: Target, node: Obj, changes: list[Change]) -> str:
    taints, word = list(node["spec"].get("taints") or []), "untainted"
    for text, new, removes in changes:
        matching = [old for old in taints if old["key"] == new["key"] and new["effect"] in ("", old["effect"])]
        if removes and not matching:
            raise UsageError(f'error: taint "{text}" not found')
        if not removes and matching and not command.has("overwrite"):
            already = f"error: node {target.name} already has {new['key']} taint(s) with same effect(s)"
            raise UsageError(f"{already} and --overwrite is false")
        taints = [old for old in taints if old not in matching]
        if not removes:
            word = "modified" if matching else "tainted"
            taints.append(new)
    if not command.is_dry_run:
        node = session.client.patch(*target.place, {"spec": {"taints": taints or None}}, type="merge")
    return said(command, node, word)


def drain(session: Session, command: Command) -> str:
    """kubectl drain NODE…: cordon it, then evict its pods and wait until they are gone."""
    text, pending = cordon(session, command), dict[str, list[str]]()
    for target in _nodes_of(session, command, command.words):
        pods = _pods_of(session, target)
        problems = _problems(pods, command)
        if not problems:
            lines, problems = _evicted(session, command, _doomed(pods))
            text += _warnings(pods) + "".join(lines)
            if problems and (rest := _doomed(_pods_of(session, target))):
                text += f'There are pending pods in node "{target.name}" when an error occurred: {_shown(problems)}\n'
                text += "".join(f"pod/{pod['metadata']['name']}\n" for pod in rest)
        if problems:
            pending[target.name] = problems
            why = _shown(problems)
            text += f'error: unable to drain node "{target.name}" due to error: {why}, continuing command...\n'
        else:
            text += f"node/{target.name} drained{dry(command)}\n"
    if pending:
        text += "There are pending nodes to be drained:\n" + "".join(f" {name}\n" for name in pending)
        text += "".join(f"{problem}\n" for problems in pending.values() for problem in problems)
    return text


def _pods_of(session: Session, node: Target) -> list[Obj]:
    """The pods on a node that the API can take away."""
    found = session.client.list("Pod", fields=f"spec.nodeName={node.name}")
    return [pod for pod in found if MIRROR not in (pod["metadata"].get("annotations") or {})]


def _doomed(pods: list[Obj]) -> list[Obj]:
    return [pod for pod in pods if not _is_daemon(pod) or _is_over(pod)]


def _shown(problems: list[str]) -> str:
    """One problem, or a list of them as Go shows it."""
    return problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"


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
    told = {
        "ignoring DaemonSet-managed Pods": [_full_name(pod) for pod in pods if _is_daemon(pod) and not _is_over(pod)],
        "deleting Pods that declare no controller": [_full_name(pod) for pod in pods if controller_of(pod) is None],
    }
    said = "; ".join(f"{what}: {', '.join(names)}" for what, names in told.items() if names)
    return f"Warning: {said}\n" if said else ""


def _is_over(pod: Obj) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def _is_daemon(pod: Obj) -> bool:
    owner = controller_of(pod)
    return owner is not None and owner["kind"] == "DaemonSet"


def _full_name(pod: Obj) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def _evicted(session: Session, command: Command, pods: list[Obj]) -> tuple[list[str], list[str]]:
    """Evict pods and wait until they are gone: what is told of it, and what went wrong in the end.

    Pods that a budget holds back are asked for again every five seconds.
    """
    client, lines, errors, refused, leaving = session.client, list[str](), list[str](), pods, list[Obj]()
    if command.is_dry_run:
        return [f"evicting pod {_full_name(pod)}{dry(command)}\n" for pod in pods], []
    again, deadline = client.now, client.now + (command.duration("timeout", "0s") or PATIENCE_S)
    while refused or leaving:
        now = client.now
        if refused and now >= again:
            asked, refused, again = refused, [], now + RETRY_S
            for pod in asked:
                lines.append(f"evicting pod {_full_name(pod)}\n")
                try:
                    client.evict(_eviction(pod))
                    leaving.append(pod)
                except TooManyRequests as error:
                    refused.append(pod)
                    lines.append(f"{_evicting(pod)} (will retry after 5s): {error.message}\n")
                except ApiError as error:
                    errors += [] if isinstance(error, NotFound) else [f"{_evicting(pod)}: {error.message}"]
        there = {pod["metadata"]["uid"] for pod in client.list("Pod")} if leaving else set()
        lines += [f"pod/{pod['metadata']['name']} evicted\n" for pod in leaving if pod["metadata"]["uid"] not in there]
        leaving = [pod for pod in leaving if pod["metadata"]["uid"] in there]
        if (refused or leaving) and (now >= deadline or not session.wait(1.0)):
            reached = f"global timeout reached: {command.flag('timeout', '0s')}"
            errors += [f"{_evicting(pod)}: {reached}" for pod in refused]
            errors += [f"error when waiting for {_waiting(pod)} to terminate: {reached}" for pod in leaving]
            break
    return lines, errors


def _eviction(pod: Obj) -> Obj:
    metadata = {name: pod["metadata"][name] for name in ("name", "namespace")}
    return {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}


def _evicting(pod: Obj) -> str:
    return f'error when evicting pods/"{pod["metadata"]["name"]}" -n "{pod["metadata"]["namespace"]}"'


def _waiting(pod: Obj) -> str:
    return f'pod "{pod["metadata"]["name"]}" in namespace "{pod["metadata"]["namespace"]}"'
