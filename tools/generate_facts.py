"""Write the fact tables of `k8slab/schema/tables` from the published schema of Kubernetes.

The schema comes from the package kubernetes-validate, which carries the OpenAPI definitions of each
release. Kept are field names, shapes, and what merging needs; descriptions stay behind. One file per
group and version, one line per field, so that a change between two releases reads as a diff:

    "ports": "[]ContainerPort map(containerPort,protocol) merge(containerPort)"

Run     python tools/generate_facts.py
Source  api/openapi-spec/swagger.json of the release, as packed by kubernetes-validate
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate

RELEASE = "1.37.0"
TABLES = Path(__file__).parent.parent / "k8slab" / "schema" / "tables"
GROUP_VERSIONS = (
    "v1",
    "admissionregistration.k8s.io/v1",
    "apiextensions.k8s.io/v1",
    "apps/v1",
    "authentication.k8s.io/v1",
    "authorization.k8s.io/v1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "events.k8s.io/v1",
    "networking.k8s.io/v1",
    "node.k8s.io/v1",
    "policy/v1",
    "rbac.authorization.k8s.io/v1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1",
)
COMMON = "meta/v1"  # its kinds belong to every group

# Types that read themselves from JSON, and what they read.
SCALARS = {
    "Quantity": "quantity",
    "IntOrString": "int-or-string",
    "Time": "time",
    "MicroTime": "microtime",
    "RawExtension": "any",
    "FieldsV1": "any",
    "Patch": "any",
    "JSON": "any",
    "JSONSchemaPropsOrArray": "any",
    "JSONSchemaPropsOrBool": "any",
    "JSONSchemaPropsOrStringArray": "any",
}
FORMATS = {"int32": "int32", "int64": "int64", "double": "number", "byte": "bytes"}

# Go's names for strings of a kind (and one map): the schema leaves them out, error texts show them.
GO_NAMES = {
    "v1.ConcurrencyPolicy": ("CronJobSpec.concurrencyPolicy",),
    "v1.DNSPolicy": ("PodSpec.dnsPolicy",),
    "v1.DeploymentStrategyType": ("DeploymentStrategy.type",),
    "v1.LabelSelectorOperator": ("LabelSelectorRequirement.operator",),
    "v1.NodeSelectorOperator": ("NodeSelectorRequirement.operator",),
    "v1.PathType": ("HTTPIngressPath.pathType",),
    "v1.PersistentVolumeAccessMode": ("PersistentVolumeClaimSpec.accessModes", "PersistentVolumeSpec.accessModes"),
    "v1.PersistentVolumeReclaimPolicy": (
        "PersistentVolumeSpec.persistentVolumeReclaimPolicy",
        "StorageClass.reclaimPolicy",
    ),
    "v1.PodPhase": ("PodStatus.phase",),
    "v1.PolicyType": ("NetworkPolicySpec.policyTypes",),
    "v1.PreemptionPolicy": ("PodSpec.preemptionPolicy", "PriorityClass.preemptionPolicy"),
    "v1.Protocol": ("ContainerPort.protocol", "NetworkPolicyPort.protocol", "ServicePort.protocol"),
    "v1.PullPolicy": ("Container.imagePullPolicy",),
    "v1.ResourceList": (
        "NodeStatus.allocatable",
        "NodeStatus.capacity",
        "PodSpec.overhead",
        "ResourceQuotaSpec.hard",
        "ResourceRequirements.limits",
        "ResourceRequirements.requests",
        "VolumeResourceRequirements.limits",
        "VolumeResourceRequirements.requests",
    ),
    "v1.RestartPolicy": ("PodSpec.restartPolicy",),
    "v1.SecretType": ("Secret.type",),
    "v1.ServiceType": ("ServiceSpec.type",),
    "v1.StorageMedium": ("EmptyDirVolumeSource.medium",),
    "v1.TaintEffect": ("Taint.effect", "Toleration.effect"),
    "v1.TolerationOperator": ("Toleration.operator",),
    "v1.URIScheme": ("HTTPGetAction.scheme",),
    "v1.UnsatisfiableConstraintAction": ("TopologySpreadConstraint.whenUnsatisfiable",),
    "types.UID": ("ObjectMeta.uid", "OwnerReference.uid"),
}
GO_NAME_OF = {field: name for name, fields in GO_NAMES.items() for field in fields}

Definitions = dict[str, dict[str, Any]]
Tables = dict[str, dict[str, Any]]


def definitions() -> Definitions:
    """Read the OpenAPI definitions of the release, by their full name."""
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema" / f"v{RELEASE}-local"
    found: Definitions = json.loads((folder / "_definitions.json").read_text())["$defs"]
    return found


def tables(source: Definitions) -> Tables:
    """Make the table of each file: its kinds, and every type that the kinds of all groups reach."""
    roots = {name: versions for name, body in source.items() if (versions := list(served_as(body)))}
    made: Tables = {}
    for name in sorted(reached(source, roots)):
        file, short = location(name)
        table = made.setdefault(file, {"apiVersion": "", "kinds": [], "types": {}})
        table["types"][short] = type_facts(source[name], file, short)
        if name in roots:
            table["kinds"].append(short)
            table["apiVersion"] = "" if file == COMMON else roots[name][0]
    return made


def served_as(body: dict[str, Any]) -> Iterator[str]:
    """Name the group versions, among those wanted, that serve a definition as a kind."""
    for gvk in body.get("x-kubernetes-group-version-kind", ()):
        api_version = f"{gvk['group']}/{gvk['version']}".lstrip("/")
        if api_version in GROUP_VERSIONS:
            yield api_version


def reached(source: Definitions, roots: dict[str, list[str]]) -> set[str]:
    """Follow references from the roots to all types that need an entry of their own."""
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in seen or location(name)[1] in SCALARS:
            continue
        seen.add(name)
        waiting += references(source[name].get("properties", {}))
    return seen


def references(node: Any) -> Iterator[str]:
    """Find the full names of definitions referred to anywhere below a node."""
    if isinstance(node, dict):
        if isinstance(target := node.get("$ref"), str):  # a type may have a field of that name, too
            yield target.rpartition("/")[2]
        for child in node.values():
            yield from references(child)


def location(name: str) -> tuple[str, str]:
    """Split `io.k8s.api.core.v1.Pod` into its table and its Go name: `core/v1`, `Pod`."""
    *_, group, version, short = name.split(".")
    return f"{group}/{version}", short


def type_facts(body: dict[str, Any], file: str, type_name: str) -> dict[str, str]:
    """List the fields of a type; an empty field name carries what holds for the whole type."""
    required = set(body.get("required", ()))
    whole = {"": body["x-kubernetes-map-type"]} if "x-kubernetes-map-type" in body else {}
    fields = body.get("properties", {})
    return whole | {
        name: field_facts(fields[name], name in required, file, GO_NAME_OF.get(f"{type_name}.{name}"))
        for name in sorted(fields)
    }


def field_facts(field: dict[str, Any], required: bool, file: str, go_name: str | None) -> str:
    """Describe one field: its shape, then the words that are true of it."""
    words = [shape(field, file)]
    words += [f"go({go_name})"] if go_name else []
    words += ["required"] * required
    words += [field["x-kubernetes-map-type"]] if "x-kubernetes-map-type" in field else []
    if list_type := field.get("x-kubernetes-list-type"):
        keys = ",".join(field.get("x-kubernetes-list-map-keys", ()))
        words.append(f"{list_type}({keys})" if keys else list_type)
    key = field.get("x-kubernetes-patch-merge-key")
    for strategy in filter(None, field.get("x-kubernetes-patch-strategy", "").split(",")):
        words.append(f"merge({key})" if strategy == "merge" and key else strategy)
    return " ".join(words)


def shape(field: dict[str, Any], file: str) -> str:
    """Name the type of a value, in Go's notation for lists and maps."""
    if "$ref" in field:
        where, short = location(field["$ref"].rpartition("/")[2])
        return SCALARS.get(short) or (short if where == file else f"{where}.{short}")
    if "items" in field:
        return "[]" + shape(field["items"], file)
    if "additionalProperties" in field:
        return "map[string]" + shape(field["additionalProperties"], file)
    kind = field["type"] if isinstance(field["type"], str) else field["type"][0]
    return FORMATS.get(field.get("format", ""), "any" if kind == "object" else kind)


def rendered(table: dict[str, Any]) -> str:
    """Write a table as its file holds it."""
    return json.dumps(table, indent=1) + "\n"


def file_name(table: str) -> str:
    """Name the file of a table: `core/v1` → `core_v1.json`."""
    return table.replace("/", "_") + ".json"


def main() -> None:
    """Write all tables and remove those no longer made."""
    made = {file_name(name): rendered(table) for name, table in tables(definitions()).items()}
    TABLES.mkdir(exist_ok=True)
    for stale in {path.name for path in TABLES.glob("*.json")} - set(made):
        (TABLES / stale).unlink()
    for name, text in made.items():
        (TABLES / name).write_text(text)
        print(f"{name}: {len(text)} bytes")


if __name__ == "__main__":
    main()
