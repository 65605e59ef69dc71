"""kubectl describe: an object, those around it, and its events, for people.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go
Left out  the layouts of kinds beyond Pod, Node, Deployment, ReplicaSet and Service (they get a generic one)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.get import last_seen
from k8slab.kubectl.layout import NONE, Line, date, head, indented, laid_out, marks, pairs
from k8slab.kubectl.printers import columns
from k8slab.objects import as_text, controller_of, cpu_m, human_age, owned_by, parse_rfc3339, size_bytes
from k8slab.wire import NotFound

if TYPE_CHECKING:
    from k8slab.client import Resource
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "describe",
    "pod_template",
]

Obj = dict[str, Any]


def describe(session: Session, command: Command) -> str:
    """kubectl describe KIND [NAME], KIND/NAME."""
    words = command.words
    if not words:
        raise UsageError("error: You must specify the type of resource to describe.")
    kind, slash, _ = words[0].partition("/")
    resource = session.client.mapper.named(kind)
    if slash or len(words) > 1:
        names = [word.partition("/")[2] for word in words] if slash else words[1:]
        objs = [_get(session, resource, one, command.namespace) for one in names]
    else:
        objs = list(session.client.list(resource.full_name, command.namespace, labels=command.flag("selector")))
    if not objs:
        return f"No resources found in {command.namespace} namespace.\n"
    layout = LAYOUTS.get(resource.kind, _generic)
    return "\n\n".join(layout(session, obj) + _events(session, obj) for obj in objs)


def _get(session: Session, resource: Resource, name: str, namespace: str) -> Obj:
    try:
        return session.client.get(resource.full_name, name, namespace)
    except NotFound:
        begins = [
            o for o in session.client.list(resource.full_name, namespace) if o["metadata"]["name"].startswith(name)
        ]
        if not begins:
            raise
        return begins[0]


def _pod(session: Session, pod: Obj) -> str:
    spec, status = pod["spec"], pod.get("status") or {}
    node = f"{spec['nodeName']}/{status.get('hostIP', '')}" if spec.get("nodeName") else NONE
    lines: list[Line] = [*head(pod), (0, "Priority", spec.get("priority", 0))]
    lines += [(0, "Node", node)]
    if status.get("startTime"):
        lines.append((0, "Start Time", date(status["startTime"])))
    lines += [*marks(pod), *_pod_status(session, pod)]
    if owner := controller_of(pod):
        lines.append((0, "Controlled By", f"{owner['kind']}/{owner['name']}"))
    text = laid_out(lines).replace("IPs\n", "IPs:\n")
    text += _containers("Init Containers", spec.get("initContainers"), status.get("initContainerStatuses"))
    text += _containers("Containers", spec["containers"], status.get("containerStatuses"))
    if conditions := status.get("conditions"):
        rows = [["Type", "Status"], *([c["type"], c["status"]] for c in conditions)]
        text += "Conditions:\n" + indented(columns(rows))
    text += laid_out(
        [
            (0, "QoS Class", status.get("qosClass", "")),
            (0, "Node-Selectors", pairs(spec.get("nodeSelector"))),
            (0, "Tolerations", [_toleration(t) for t in spec.get("tolerations") or ()]),
        ]
    )
    return text


def _pod_status(session: Session, pod: Obj) -> list[Line]:
    metadata, status = pod["metadata"], pod.get("status") or {}
    lines: list[Line] = [(0, "Status", status.get("phase", ""))]
    if metadata.get("deletionTimestamp"):
        age = human_age(max(session.client.now - parse_rfc3339(metadata["deletionTimestamp"]), 0))
        grace = f"{metadata.get('deletionGracePeriodSeconds', 0)}s"
        lines = [(0, "Status", f"Terminating (lasts {age})"), (0, "Termination Grace Period", grace)]
    for field, title in (("reason", "Reason"), ("message", "Message")):
        if status.get(field):
            lines.append((0, title, status[field]))
    lines.append((0, "IP", status.get("podIP", "")))
    lines.append((0, "IPs", None) if status.get("podIPs") else (0, "IPs", NONE))
    return [*lines, *((1, "IP", ip["ip"]) for ip in status.get("podIPs") or ())]


def _containers(title: str, containers: list[Obj] | None, statuses: list[Obj] | None) -> str:
    if not containers:
        return ""
    known = {status["name"]: status for status in statuses or ()}
    return f"{title}:\n" + "".join(_container(container, known.get(container["name"])) for container in containers)


def _container(container: Obj, status: Obj | None) -> str:
    lines: list[Line] = []
    if status is not None:
        lines.append((2, "Container ID", status.get("containerID", "")))
    lines.append((2, "Image", container["image"]))
    if status is not None:
        lines.append((2, "Image ID", status.get("imageID", "")))
    ports = [f"{port['containerPort']}/{port.get('protocol', 'TCP')}" for port in container.get("ports") or ()]
    if ports:
        lines.append((2, "Port" if len(ports) == 1 else "Ports", ", ".join(ports)))
    for field, title in (("command", "Command"), ("args", "Args")):
        if container.get(field):
            lines.append((2, title + ":", None))
            lines += [(3, str(part), None) for part in container[field]]
    if status is not None:
        lines += _state("State", status.get("state") or {})
        if status.get("lastState"):
            lines += _state("Last State", status["lastState"])
        lines.append((2, "Ready", status.get("ready", False)))
        lines.append((2, "Restart Count", status.get("restartCount", 0)))
    resources = container.get("resources") or {}
    for field, title in (("limits", "Limits"), ("requests", "Requests")):
        if resources.get(field):
            lines.append((2, title + ":", None))
            lines += [(3, name, amount) for name, amount in sorted(resources[field].items())]
    for field, title in (("livenessProbe", "Liveness"), ("readinessProbe", "Readiness"), ("startupProbe", "Startup")):
        if container.get(field):
            lines.append((2, title, _probe(container[field])))
    env = [(3, e["name"], e.get("value", "<set from elsewhere>")) for e in container.get("env") or ()]
    lines.append((2, "Environment", NONE) if not env else (2, "Environment:", None))
    return f"  {container['name']}:\n" + laid_out([*lines, *env])


def _state(title: str, state: Obj) -> list[Line]:
    name, details = next(iter(state.items()), ("waiting", Obj()))
    lines: list[Line] = [(2, title, name.capitalize())]
    if details.get("reason"):
        lines.append((3, "Reason", details["reason"]))
    if details.get("message"):
        lines.append((3, "Message", details["message"]))
    if name == "terminated":
        lines.append((3, "Exit Code", details.get("exitCode", 0)))
    for field, label in (("startedAt", "Started"), ("finishedAt", "Finished")):
        if details.get(field):
            lines.append((3, label, date(details[field])))
    return lines


def _probe(probe: Obj) -> str:
    how = "unknown"
    if "httpGet" in probe:
        get = probe["httpGet"]
        how = (
            f"http-get {get.get('scheme', 'HTTP').lower()}://{get.get('host', '')}:{get['port']}{get.get('path', '/')}"
        )
    elif "tcpSocket" in probe:
        how = f"tcp-socket :{probe['tcpSocket']['port']}"
    elif "exec" in probe:
        how = "exec [" + " ".join(probe["exec"].get("command", ())) + "]"
    times = [probe.get(f, d) for f, d in (("initialDelaySeconds", 0), ("timeoutSeconds", 1), ("periodSeconds", 10))]
    counts = [probe.get(f, d) for f, d in (("successThreshold", 1), ("failureThreshold", 3))]
    return f"{how} delay={times[0]}s timeout={times[1]}s period={times[2]}s #success={counts[0]} #failure={counts[1]}"


def _toleration(toleration: Obj) -> str:
    text: str = toleration.get("key", "")
    if toleration.get("value"):
        text += f"={toleration['value']}"
    if toleration.get("effect"):
        text += f":{toleration['effect']}"
    if toleration.get("operator") == "Exists" and not toleration.get("value"):
        text += " op=Exists"
    if "tolerationSeconds" in toleration:
        text += f" for {toleration['tolerationSeconds']}s"
    return text


def _node(session: Session, node: Obj) -> str:
    spec, status, metadata = node["spec"], node.get("status") or {}, node["metadata"]
    role = "node-role.kubernetes.io/"
    roles = sorted(k.removeprefix(role) for k in metadata.get("labels") or {} if k.startswith(role))
    taints = [
        t["key"] + (f"={t['value']}" if t.get("value") else "") + f":{t['effect']}" for t in spec.get("taints") or ()
    ]
    text = laid_out(
        [
            *head(node),
            (0, "Roles", ",".join(roles) or NONE),
            *marks(node),
            (0, "CreationTimestamp", date(metadata.get("creationTimestamp"))),
            (0, "Taints", taints),
            (0, "Unschedulable", str(spec.get("unschedulable", False)).lower()),
        ]
    )
    rows = [["Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message"]]
    for c in status.get("conditions") or ():
        times = [date(c.get("lastHeartbeatTime")), date(c.get("lastTransitionTime"))]
        rows.append([c["type"], c["status"], *times, c.get("reason", ""), c.get("message", "")])
    text += "Conditions:\n" + indented(columns(rows))
    text += "Addresses:\n" + laid_out((1, a["type"], a["address"]) for a in status.get("addresses") or ())
    for field in ("capacity", "allocatable"):
        text += f"{field.capitalize()}:\n" + laid_out((1, k, v) for k, v in sorted((status.get(field) or {}).items()))
    text += laid_out([(0, "PodCIDR", spec.get("podCIDR", NONE))])
    return text + _node_pods(session, node)


def _node_pods(session: Session, node: Obj) -> str:
    pods = session.client.list("Pod", fields=f"spec.nodeName={node['metadata']['name']}")
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    cpu, memory = cpu_m(allocatable.get("cpu", "0")) or 1, size_bytes(allocatable.get("memory", "0")) or 1
    rows = [["Namespace", "Name", "CPU Requests", "Memory Requests", "Age"]]
    for pod in pods:
        wants = [(c.get("resources") or {}).get("requests") or {} for c in pod["spec"]["containers"]]
        pod_cpu = sum(cpu_m(want.get("cpu", "0")) for want in wants)
        pod_memory = sum(size_bytes(want.get("memory", "0")) for want in wants)
        age = human_age(session.client.now - parse_rfc3339(pod["metadata"]["creationTimestamp"]))
        shares = [f"{pod_cpu}m ({pod_cpu * 100 // cpu}%)", f"{pod_memory >> 20}Mi ({pod_memory * 100 // memory}%)"]
        rows.append([pod["metadata"]["namespace"], pod["metadata"]["name"], *shares, age])
    return f"Non-terminated Pods:  ({len(pods)} in total)\n" + indented(columns(rows))


def _deployment(session: Session, obj: Obj) -> str:
    spec, status = obj["spec"], obj.get("status") or {}
    counts = [
        f"{spec['replicas']} desired",
        f"{status.get('updatedReplicas', 0)} updated",
        f"{status.get('replicas', 0)} total",
    ]
    counts += [f"{status.get('availableReplicas', 0)} available", f"{status.get('unavailableReplicas', 0)} unavailable"]
    rolling = spec["strategy"].get("rollingUpdate") or {}
    lines: list[Line] = [
        *head(obj),
        (0, "CreationTimestamp", date(obj["metadata"]["creationTimestamp"])),
        *marks(obj),
        (0, "Selector", as_text(spec["selector"])),
        (0, "Replicas", " | ".join(counts)),
        (0, "StrategyType", spec["strategy"]["type"]),
        (0, "MinReadySeconds", spec.get("minReadySeconds", 0)),
    ]
    if rolling:
        text = f"{rolling.get('maxUnavailable')} max unavailable, {rolling.get('maxSurge')} max surge"
        lines.append((0, "RollingUpdateStrategy", text))
    shown = laid_out(lines) + "Pod Template:\n" + pod_template(spec["template"])
    rows = [
        ["Type", "Status", "Reason"],
        *([c["type"], c["status"], c.get("reason", "")] for c in status.get("conditions") or ()),
    ]
    shown += "Conditions:\n" + indented(columns(rows))
    owned = [rs for rs in session.client.list("ReplicaSet.apps", obj["metadata"]["namespace"]) if owned_by(rs, obj)]
    owned.sort(
        key=lambda rs: int((rs["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision", 0))
    )
    texts = [
        f"{rs['metadata']['name']} "
        f"({(rs.get('status') or {}).get('replicas', 0)}/{rs['spec']['replicas']} replicas created)"
        for rs in owned
    ]
    return shown + laid_out(
        [(0, "OldReplicaSets", ", ".join(texts[:-1]) or NONE), (0, "NewReplicaSet", (texts or [NONE])[-1])]
    )


def _replicaset(session: Session, obj: Obj) -> str:
    spec, status = obj["spec"], obj.get("status") or {}
    lines: list[Line] = [*head(obj), (0, "Selector", as_text(spec["selector"])), *marks(obj)]
    if owner := controller_of(obj):
        lines.append((0, "Controlled By", f"{owner['kind']}/{owner['name']}"))
    lines.append((0, "Replicas", f"{status.get('replicas', 0)} current / {spec['replicas']} desired"))
    return laid_out(lines) + "Pod Template:\n" + pod_template(spec["template"])


def pod_template(template: Obj) -> str:
    """A pod template, indented by two."""
    labels = pairs((template.get("metadata") or {}).get("labels"))
    containers = "".join(_container(container, None) for container in template["spec"]["containers"])
    return (
        laid_out([(1, "Labels", labels)])
        + "  Containers:\n"
        + "".join(f" {line}\n" for line in containers.splitlines())
    )


def _service(session: Session, obj: Obj) -> str:
    spec = obj["spec"]
    lines: list[Line] = [
        *head(obj),
        *marks(obj),
        (0, "Selector", ",".join(pairs(spec.get("selector"))) or NONE),
        (0, "Type", spec.get("type", "ClusterIP")),
        (0, "IP", spec.get("clusterIP", NONE)),
    ]
    slices = session.client.list(
        "EndpointSlice.discovery.k8s.io",
        obj["metadata"]["namespace"],
        labels=f"kubernetes.io/service-name={obj['metadata']['name']}",
    )
    for port in spec.get("ports") or ():
        name = port.get("name") or "<unset>"
        lines.append((0, "Port", f"{name}  {port['port']}/{port.get('protocol', 'TCP')}"))
        lines.append((0, "TargetPort", f"{port.get('targetPort', port['port'])}/{port.get('protocol', 'TCP')}"))
        if port.get("nodePort"):
            lines.append((0, "NodePort", f"{name}  {port['nodePort']}/{port.get('protocol', 'TCP')}"))
        lines.append((0, "Endpoints", ",".join(_endpoints(slices, port.get("name", ""))) or ""))
    lines.append((0, "Session Affinity", spec.get("sessionAffinity", "None")))
    lines.append((0, "Internal Traffic Policy", spec.get("internalTrafficPolicy", "Cluster")))
    return laid_out(lines)


def _endpoints(slices: list[Obj], port_name: str) -> list[str]:
    return [
        f"{address}:{port['port']}"
        for slice_ in slices
        for port in slice_.get("ports") or ()
        if port.get("name", "") == port_name
        for endpoint in slice_.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready", True)
        for address in endpoint["addresses"]
    ]


def _generic(session: Session, obj: Obj) -> str:
    rest = {name: value for name, value in obj.items() if name not in ("metadata", "kind", "apiVersion")}
    if obj["kind"] == "Secret":
        sizes = {
            name: f"{len(value) * 3 // 4 - value.count('=')} bytes" for name, value in (obj.get("data") or {}).items()
        }
        rest = {"type": obj.get("type", ""), "data": sizes}
    return laid_out([*head(obj), *marks(obj), *_tree(rest, 0)])


def _tree(value: Obj, depth: int) -> Iterable[Line]:
    for name, child in value.items():
        title = name[:1].upper() + name[1:]
        if isinstance(child, dict):
            yield depth, title + ":", None
            yield from _tree(child, depth + 1)
        elif isinstance(child, list) and child and isinstance(child[0], dict):
            yield depth, title + ":", None
            for item in child:
                yield from _tree(item, depth + 1)
        else:
            yield depth, title, child


def _events(session: Session, obj: Obj) -> str:
    metadata = obj["metadata"]
    fields = (
        f"involvedObject.kind={obj['kind']},involvedObject.name={metadata['name']},involvedObject.uid={metadata['uid']}"
    )
    found = session.client.list("Event", metadata.get("namespace", ""), fields=fields)
    if not found:
        return "Events:  <none>\n" if obj["kind"] != "Secret" else ""
    found.sort(key=lambda event: event.get("lastTimestamp") or "")
    rows = [["Type", "Reason", "Age", "From", "Message"], ["----", "------", "----", "----", "-------"]]
    for event in found:
        origin = (event.get("source") or {}).get("component") or event.get("reportingComponent", "")
        rows.append(
            [event["type"], event["reason"], last_seen(event, session.client.now), origin, event["message"].strip()]
        )
    return "Events:\n" + indented(columns(rows))


LAYOUTS = {"Pod": _pod, "Node": _node, "Deployment": _deployment, "ReplicaSet": _replicaset, "Service": _service}
