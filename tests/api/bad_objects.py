"""Objects of the other kinds that a server must refuse: what is changed in a sample, and what the server says.

Source: pkg/apis/{core,apps,discovery,coordination}/validation, apimachinery/pkg/api/validation/objectmeta.go.
"""

from __future__ import annotations

from typing import Any

from api_bench import POD_SPEC, TEMPLATE
from bad_pods import LABEL, NOT_NEGATIVE, QUALIFIED, SUBDOMAIN

Case = tuple[str, dict[str, Any], str]

DNS1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
)
VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
CONFIG_KEY = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
    "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for "
    "validation is '[0-9]+%')"
)
MISMATCH = "`selector` does not match template `labels`"
OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "1"}


def named(name: str, **fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "default", **fields}}


def meta(**fields: Any) -> dict[str, Any]:
    return named("web", **fields)


def workload(**fields: Any) -> dict[str, Any]:
    return {"spec": {"selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE, **fields}}


def template(**spec: Any) -> dict[str, Any]:
    return workload(template={**TEMPLATE, "spec": {**POD_SPEC, **spec}})


def strategy(**fields: Any) -> dict[str, Any]:
    return workload(strategy=fields)


def taints(*given: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"taints": list(given)}}


ROLLING = "spec.strategy.rollingUpdate"
BAD_METADATA: list[Case] = [
    ("ConfigMap", named("Web"), f'metadata.name: Invalid value: "Web": {SUBDOMAIN}'),
    ("ConfigMap", named("a" * 254), f'metadata.name: Invalid value: "{"a" * 254}": must be no more than 253 bytes'),
    ("Pod", named("web_1"), f'metadata.name: Invalid value: "web_1": {SUBDOMAIN}'),
    ("Namespace", named("a.b"), 'metadata.name: Invalid value: "a.b": must not contain dots'),
    ("Namespace", named("Shop"), f'metadata.name: Invalid value: "Shop": {LABEL}'),
    ("Service", named("1web"), f'metadata.name: Invalid value: "1web": {DNS1035}'),
    ("ConfigMap", meta(labels={"a b": "c"}), f'metadata.labels: Invalid value: "a b": {QUALIFIED}'),
    ("ConfigMap", meta(labels={"/b": "c"}), 'metadata.labels: Invalid value: "/b": prefix part must be non-empty'),
    ("ConfigMap", meta(labels={"a": "b c"}), f'metadata.labels: Invalid value: "b c": {VALUE}'),
    (
        "ConfigMap",
        meta(labels={"a": "b" * 64}),
        f'metadata.labels: Invalid value: "{"b" * 64}": must be no more than 63 bytes',
    ),
    ("ConfigMap", meta(annotations={"a b": ""}), f'metadata.annotations: Invalid value: "a b": {QUALIFIED}'),
    (
        "ConfigMap",
        meta(annotations={"a": "b" * 262144}),
        "metadata.annotations: Too long: may not be more than 262144 bytes",
    ),
    (
        "ConfigMap",
        meta(finalizers=["hold"]),
        'metadata.finalizers[0]: Invalid value: "hold": name is neither a standard finalizer name nor is it fully '
        "qualified",
    ),
    (
        "ConfigMap",
        meta(finalizers=["orphan", "foregroundDeletion"]),
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and '
        "foregroundDeletion cannot be both set",
    ),
    (
        "ConfigMap",
        meta(ownerReferences=[{**OWNER, "apiVersion": ""}]),
        'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
    ),
    (
        "ConfigMap",
        meta(ownerReferences=[{**OWNER, "uid": ""}]),
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ),
]
BAD_WORKLOADS: list[Case] = [
    ("Deployment", workload(replicas=-1), f"spec.replicas: Invalid value: -1: {NOT_NEGATIVE}"),
    ("ReplicaSet", workload(minReadySeconds=-1), f"spec.minReadySeconds: Invalid value: -1: {NOT_NEGATIVE}"),
    (
        "Deployment",
        workload(selector=None),
        f'[spec.selector: Required value, spec.template.metadata.labels: Invalid value: {{"app":"web"}}: {MISMATCH}]',
    ),
    (
        "Deployment",
        workload(selector={}),
        "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
    ),
    (
        "ReplicaSet",
        workload(selector={"matchLabels": {"app": "db"}}),
        f'spec.template.metadata.labels: Invalid value: {{"app":"web"}}: {MISMATCH}',
    ),
    (
        "Deployment",
        template(restartPolicy="Never"),
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ),
    ("Deployment", template(containers=[]), "spec.template.spec.containers: Required value"),
    (
        "ReplicaSet",
        template(activeDeadlineSeconds=5),
        "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported",
    ),
    (
        "Deployment",
        strategy(type="Sideways"),
        'spec.strategy: Unsupported value: {"Type":"Sideways","RollingUpdate":null}: supported values: "Recreate", '
        '"RollingUpdate"',
    ),
    (
        "Deployment",
        strategy(type="Recreate", rollingUpdate={"maxSurge": 1}),
        f"{ROLLING}: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ),
    (
        "Deployment",
        strategy(rollingUpdate={"maxSurge": 0, "maxUnavailable": "0%"}),
        f'{ROLLING}.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
    ),
    (
        "Deployment",
        strategy(rollingUpdate={"maxUnavailable": "101%"}),
        f'{ROLLING}.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ),
    (
        "Deployment",
        strategy(rollingUpdate={"maxSurge": "many"}),
        f'{ROLLING}.maxSurge: Invalid value: "many": {PERCENT}',
    ),
    ("Deployment", strategy(rollingUpdate={"maxSurge": -1}), f"{ROLLING}.maxSurge: Invalid value: -1: {NOT_NEGATIVE}"),
    (
        "Deployment",
        workload(progressDeadlineSeconds=5, minReadySeconds=5),
        "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds",
    ),
    (
        "Deployment",
        workload(revisionHistoryLimit=-1),
        f"spec.revisionHistoryLimit: Invalid value: -1: {NOT_NEGATIVE}",
    ),
]
BAD_OTHERS: list[Case] = [
    ("ConfigMap", {"data": {"a b": "c"}}, f'data[a b]: Invalid value: "a b": {CONFIG_KEY}'),
    ("ConfigMap", {"data": {"..": "c"}}, "data[..]: Invalid value: \"..\": must not be '..'"),
    (
        "ConfigMap",
        {"data": {"a": "b"}, "binaryData": {"a": "Yg=="}},
        'data[a]: Invalid value: "a": duplicate of key present in binaryData',
    ),
    ("ConfigMap", {"data": {"a": "b" * 1048577}}, "[]: Too long: may not be more than 1048576 bytes"),
    (
        "Secret",
        {"type": "kubernetes.io/service-account-token", "data": {}},
        "metadata.annotations[kubernetes.io/service-account.name]: Required value",
    ),
    ("Secret", {"data": {"a/b": ""}}, f'data[a/b]: Invalid value: "a/b": {CONFIG_KEY}'),
    (
        "Secret",
        {"type": "kubernetes.io/tls", "data": {}},
        "[data[tls.crt]: Required value, data[tls.key]: Required value]",
    ),
    (
        "Secret",
        {"type": "kubernetes.io/basic-auth", "data": {}},
        "[data[username]: Required value, data[password]: Required value]",
    ),
    ("Node", taints({"key": "a"}), "metadata.taints[0].effect: Required value"),
    (
        "Node",
        taints({"key": "a", "effect": "NoRun"}),
        'metadata.taints[0].effect: Unsupported value: "NoRun": supported values: "NoSchedule", "PreferNoSchedule", '
        '"NoExecute"',
    ),
    (
        "Node",
        taints({"key": "a", "effect": "NoExecute"}, {"key": "a", "effect": "NoExecute"}),
        'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoExecute","TimeAdded":null}: '
        "taints must be unique by key and effect pair",
    ),
    (
        "Lease",
        {"spec": {"leaseDurationSeconds": 0}},
        "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
    ),
    ("Lease", {"spec": {"leaseTransitions": -1}}, f"spec.leaseTransitions: Invalid value: -1: {NOT_NEGATIVE}"),
    (
        "Event",
        {"involvedObject": {"kind": "Pod", "namespace": "shop"}},
        'involvedObject.namespace: Invalid value: "shop": does not match event.namespace',
    ),
    ("EndpointSlice", {"addressType": ""}, "addressType: Required value"),
    (
        "EndpointSlice",
        {"addressType": "IPX"},
        'addressType: Unsupported value: "IPX": supported values: "FQDN", "IPv4", "IPv6"',
    ),
    (
        "EndpointSlice",
        {"endpoints": [{"addresses": []}]},
        "endpoints[0].addresses: Required value: must contain at least 1 address",
    ),
    (
        "EndpointSlice",
        {"endpoints": [{"addresses": ["::1"]}]},
        'endpoints[0].addresses[0]: Invalid value: "::1": must be a valid IPv4 address',
    ),
    (
        "EndpointSlice",
        {"endpoints": [{"addresses": ["127.0.0.1"]}]},
        'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, '
        "::1/128)",
    ),
    ("EndpointSlice", {"ports": [{"port": 80}, {"port": 81}]}, 'ports[1].name: Duplicate value: ""'),
]
