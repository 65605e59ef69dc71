"""Cases of what plugins say, as data: read, built and judged. The files in `cases/` are in this short form.

A file: `plugin`, `source` (upstream's file under pkg/scheduler/framework/plugins, or a page), `reasons` (short names
for upstream's texts), and `cases`, each with

case, args     what it is about, and the plugin's arguments; `source` when it is another one (file: name of the test)
pod            its spec (containers may be left out), with `labels`, `namespace`, `owner` and what `pod_of` knows
nodes          labels as text (`zone=a,ssd`), or labels, spec, allocatable (4 cpu, 8Gi, 110 pods), images (name: MiB)
pods           per node: a list of pods, or how many of each (`{"app=web,new": 2}`)
objects        what else there is: kind: {name or namespace/name: object without kind and metadata; labels apart}
refused        node: reason, or several; nodes that are not named will do; `hopeless`: no removal of pods would help
refuses_all    what the plugin says of all nodes at once (also with `hopeless: all`); `only`: the nodes it narrows to
raw, final     the score of every node that will do, before and after normalisation; `skips`: it does not score
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8slab.scheduler import DEFAULT_PLUGINS, SKIP, Plugin, PodInfo, Snapshot, Verdict, pod_info

Obj = dict[str, Any]

MIB = 1024 * 1024
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
GROUPS = {"near": ("podAffinity", REQUIRED), "apart": ("podAntiAffinity", REQUIRED)}
WISHES = {"likes": ("podAffinity", PREFERRED), "dislikes": ("podAntiAffinity", PREFERRED)}
FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
FACTS = [yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) for path in FILES]


def all_cases() -> Iterator[Any]:
    """Every case with its file's facts, under a readable name."""
    for facts in FACTS:
        for case in facts["cases"]:
            yield pytest.param(facts, case, id=f"{facts['plugin']}: {case['case']}")


def labels_of(short: Any) -> Obj:
    """`a=b,c` are the labels a (b) and c (empty)."""
    if not isinstance(short, str):
        return short or {}
    return {key: value for key, _, value in (part.partition("=") for part in short.split(",") if part)}


def selector_of(short: Any) -> Obj | None:
    """Labels as text, a label selector as it is, None for none at all."""
    return {"matchLabels": labels_of(short)} if isinstance(short, str) else short


def expression_of(text: str) -> Obj:
    """`disk In ssd nvme`."""
    key, operator, *values = text.split(" ")
    return {"key": key, "operator": operator, **({"values": values} if values else {})}


def node_term_of(texts: list[str]) -> Obj:
    """Expressions on labels, or on the node's name."""
    fields = [expression_of(text) for text in texts if text.startswith("metadata.name ")]
    labels = [expression_of(text) for text in texts if not text.startswith("metadata.name ")]
    return {**({"matchExpressions": labels} if labels else {}), **({"matchFields": fields} if fields else {})}


def pod_term_of(short: Obj) -> Obj:
    """`by` a topology key, `to` pods; `in` namespaces, or those `where` a selector says."""
    term = {"topologyKey": short.get("by", ""), "labelSelector": selector_of(short.get("to"))}
    if "in" in short:
        term["namespaces"] = short["in"]
    if "where" in short:
        term["namespaceSelector"] = selector_of(short["where"])
    return term


def constraint_of(short: Obj) -> Obj:
    """`skew`, `by` a topology key, `of` pods, `soft` when it only scores; other fields as they are."""
    rest = {key: value for key, value in short.items() if key not in ("skew", "by", "of", "soft")}
    answer = "ScheduleAnyway" if short.get("soft") else "DoNotSchedule"
    given = {"maxSkew": short["skew"], "topologyKey": short["by"], "whenUnsatisfiable": answer, **rest}
    return {**given, "labelSelector": selector_of(short["of"])} if "of" in short else given


def affinity_of(short: Obj) -> Obj:
    """Takes `wants`, `wishes` (nodes), `near`, `apart`, `likes` and `dislikes` (pods) out of a short pod."""
    affinity: Obj = {}
    if "wants" in short:
        terms = [node_term_of(term) for term in short.pop("wants")]
        affinity["nodeAffinity"] = {REQUIRED: {"nodeSelectorTerms": terms}}
    if "wishes" in short:
        wishes = [{"weight": wish[0], "preference": node_term_of(wish[1:])} for wish in short.pop("wishes")]
        affinity.setdefault("nodeAffinity", {})[PREFERRED] = wishes
    for key, (kind, field) in {**GROUPS, **WISHES}.items():
        for term in short.pop(key, ()):
            made = pod_term_of(term)
            given = made if key in GROUPS else {"weight": term["weight"], "podAffinityTerm": made}
            affinity.setdefault(kind, {}).setdefault(field, []).append(given)
    return affinity


def pod_of(given: Obj, name: str = "pod") -> Obj:
    """A pod from its short form; `spread` are constraints, `claims` volumes, `leaving` it has been deleted."""
    short = dict(given)
    metadata: Obj = {
        "name": name,
        "namespace": short.pop("namespace", "default"),
        "labels": labels_of(short.pop("labels", {})),
    }
    if short.pop("leaving", False):
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    if owner := short.pop("owner", None):
        kind, name = owner.split("/")
        metadata["ownerReferences"] = [{"kind": kind, "name": name, "controller": True, "uid": name}]
    affinity = affinity_of(short)
    spread = [constraint_of(one) for one in short.pop("spread", ())]
    claims = [{"name": one, "persistentVolumeClaim": {"claimName": one}} for one in short.pop("claims", ())]
    spec: Obj = {"containers": [{}], **short}
    for group in ("initContainers", "containers"):
        wants = spec.get(group) or ()
        spec[group] = [{"image": "x", **one, "resources": {"requests": one.get("requests", {})}} for one in wants]
    extra = {"affinity": {**spec.get("affinity", {}), **affinity}, "topologySpreadConstraints": spread}
    spec |= {key: value for key, value in extra.items() if value}
    return {"metadata": metadata, "spec": {**spec, "volumes": [*spec.get("volumes", ()), *claims]}}


def node_of(name: str, given: Any) -> Obj:
    """A node from its short form."""
    short = {"labels": given} if isinstance(given, str) else given
    images = [{"names": [image], "sizeBytes": int(mib * MIB)} for image, mib in short.get("images", {}).items()]
    allocatable = {"cpu": "4", "memory": "8Gi", "pods": "110", **short.get("allocatable", {})}
    metadata = {"name": name, "labels": labels_of(short.get("labels"))}
    return {
        "metadata": metadata,
        "spec": short.get("spec", {}),
        "status": {"allocatable": allocatable, "images": images},
    }


def pods_on(name: str, short: Any) -> Iterator[PodInfo]:
    """The pods of a node: a list of short pods, or numbers by labels."""
    pods = short if isinstance(short, list) else [{"labels": key} for key, many in short.items() for _ in range(many)]
    for number, one in enumerate(pods):
        yield pod_info(pod_of(one, f"{name}-{number}"))


def objects_of(given: Obj) -> Iterator[Obj]:
    """The other objects of a case."""
    for kind, objects in given.items():
        for full_name, short in objects.items():
            namespace, _, name = full_name.rpartition("/")
            body = {key: value for key, value in (short or {}).items() if key not in ("labels", "annotations")}
            metadata = {"name": name, "namespace": namespace, "labels": labels_of((short or {}).get("labels"))}
            yield {"kind": kind, "metadata": {**metadata, "annotations": (short or {}).get("annotations", {})}, **body}


def cluster_of(case: Obj) -> Snapshot:
    """The nodes of a case with their pods, and the other objects."""
    nodes = {name: short or {} for name, short in case.get("nodes", {}).items()}
    there = {name: case.get("pods", {}).get(name, short.get("pods", ()) if isinstance(short, dict) else ())
             for name, short in nodes.items()}  # fmt: skip
    pairs = [(node_of(name, short), list(pods_on(name, there[name] or []))) for name, short in nodes.items()]
    return Snapshot.of(pairs, objects_of(case.get("objects", {})))


def plugin_of(facts: Obj, case: Obj) -> Plugin:
    """The plugin of a file with the arguments and the cluster of a case."""
    (plugin,) = (make() for make in DEFAULT_PLUGINS if make.name == facts["plugin"])
    plugin.args, plugin.cluster = case.get("args", {}), cluster_of(case)
    return plugin


def expected(facts: Obj, case: Obj) -> Obj:
    """What a case says must come out, with what it leaves unsaid."""
    reasons = facts.get("reasons", {})
    refused = {
        name: {reasons.get(text, text) for text in ([said] if isinstance(said, str) else said)}
        for name, said in (case.get("refused") or {}).items()
    }
    wanted: Obj = {"refused": refused, "hopeless": case.get("hopeless", [])}
    if "refuses_all" in case:
        text = case["refuses_all"]
        return {"refuses_all": reasons.get(text, text), "hopeless": case.get("hopeless", "all")}
    return wanted | {key: case[key] for key in ("only", "raw", "final", "skips") if key in case}


def judged(facts: Obj, case: Obj) -> Obj:
    """What the plugin says, in the form of `expected`."""
    plugin, pod = plugin_of(facts, case), pod_info(pod_of(case.get("pod", {})))
    prepared = plugin.prepare(pod)
    if isinstance(prepared, Verdict):
        return {"refuses_all": ", ".join(prepared.reasons), "hopeless": "none" if prepared.can_change else "all"}
    nodes = plugin.cluster.nodes
    verdicts = (
        {name: plugin.filter(pod, prepared, node) for name, node in nodes.items()} if prepared is not SKIP else {}
    )
    refused = {name: verdict for name, verdict in verdicts.items() if verdict is not None}
    said: Obj = {"refused": {name: set(verdict.reasons) for name, verdict in refused.items()}}
    said["hopeless"] = [name for name, verdict in refused.items() if not verdict.can_change]
    if "only" in case:
        said["only"] = sorted(plugin.narrow(pod, prepared) or ())
    return said | _scored(plugin, pod, prepared, case, [name for name in nodes if name not in refused])


def _scored(plugin: Plugin, pod: PodInfo, prepared: Any, case: Obj, names: list[str]) -> Obj:
    if not {"raw", "final", "skips"} & case.keys():
        return {}
    nodes = [plugin.cluster.nodes[name] for name in names if name not in case.get("elsewhere", ())]
    wanted = plugin.prepare_scores(pod, prepared, nodes) if plugin.applies(pod, prepared) else SKIP
    if wanted is SKIP:
        return {"skips": True}
    raw = [plugin.score(pod, wanted, node) for node in nodes]
    final = plugin.normalise_for(pod, wanted, nodes, raw)
    scores = {"raw": raw, "final": final}
    return {key: {n.name: s for n, s in zip(nodes, scores[key], strict=True)} for key in scores if key in case}
