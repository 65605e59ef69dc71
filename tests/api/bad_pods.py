"""Pods that a server must refuse: what is changed in a sample pod's spec, and what the server says.

Source: pkg/apis/core/validation/validation.go, ValidatePodCreate and what it calls.
"""

from __future__ import annotations

from typing import Any

Case = tuple[dict[str, Any], str]

LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
QUALIFIED = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
NOT_NEGATIVE = "must be greater than or equal to 0"
PORT = "must be between 1 and 65535, inclusive"
MAIN = {"name": "main", "image": "nginx"}
NODE_AFFINITY = "requiredDuringSchedulingIgnoredDuringExecution"
SPREAD = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}


def one(**fields: Any) -> dict[str, Any]:
    """A pod of one container with these fields."""
    return {"containers": [{**MAIN, **fields}]}


def port(**fields: Any) -> dict[str, Any]:
    return one(ports=[fields])


def env(**fields: Any) -> dict[str, Any]:
    return one(env=[fields])


def amounts(limits: dict[str, Any] | None = None, requests: dict[str, Any] | None = None) -> dict[str, Any]:
    return one(resources={"limits": limits or {}, "requests": requests or {}})


def toleration(**fields: Any) -> dict[str, Any]:
    return {"tolerations": [fields]}


def needs(**expression: Any) -> dict[str, Any]:
    return {"affinity": {"nodeAffinity": {NODE_AFFINITY: {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}}}}


def near(**term: Any) -> dict[str, Any]:
    return {"affinity": {"podAffinity": {NODE_AFFINITY: [{"topologyKey": "zone", **term}]}}}


C = "spec.containers[0]"
NEAR = f"spec.affinity.podAffinity.{NODE_AFFINITY}[0]"
TERM = f"spec.affinity.nodeAffinity.{NODE_AFFINITY}.nodeSelectorTerms[0].matchExpressions[0]"
PORT_CHARACTERS = "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
ENV_NAME = "a valid environment variable name must consist only of printable ASCII characters other than '='"

BAD_PODS: list[Case] = [
    ({"containers": []}, "spec.containers: Required value"),
    (one(name=""), f"{C}.name: Required value"),
    (one(name="Main"), f'{C}.name: Invalid value: "Main": {LABEL}'),
    (one(name="a.b"), f'{C}.name: Invalid value: "a.b": must not contain dots'),
    (one(name="a" * 64), f'{C}.name: Invalid value: "{"a" * 64}": must be no more than 63 bytes'),
    ({"containers": [MAIN, MAIN]}, 'spec.containers[1].name: Duplicate value: "main"'),
    ({"initContainers": [MAIN]}, 'spec.initContainers[0].name: Duplicate value: "main"'),
    (one(image=""), f"{C}.image: Required value"),
    (one(image=" nginx"), f'{C}.image: Invalid value: " nginx": must not have leading or trailing whitespace'),
    (
        one(imagePullPolicy="Sometimes"),
        f'{C}.imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
    ),
    (
        one(terminationMessagePolicy="Shout"),
        f'{C}.terminationMessagePolicy: Unsupported value: "Shout": supported values: "File", '
        '"FallbackToLogsOnError"',
    ),
    (one(restartPolicy="Always"), f"{C}.restartPolicy: Forbidden: may not be set for non-init containers"),
    (
        {"restartPolicy": "Maybe"},
        'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
    ),
    (
        {"dnsPolicy": "Mine"},
        'spec.dnsPolicy: Unsupported value: "Mine": supported values: "ClusterFirstWithHostNet", "ClusterFirst", '
        '"Default", "None"',
    ),
    (port(containerPort=70000), f"{C}.ports[0].containerPort: Invalid value: 70000: {PORT}"),
    (port(name="http"), f"{C}.ports[0].containerPort: Required value"),
    (port(containerPort=80, hostPort=-1), f"{C}.ports[0].hostPort: Invalid value: -1: {PORT}"),
    (
        port(containerPort=80, protocol="HTTP"),
        f'{C}.ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
    ),
    (port(containerPort=80, name="HTTP"), f'[{C}.ports[0].name: Invalid value: "HTTP": {PORT_CHARACTERS}, '
     f'{C}.ports[0].name: Invalid value: "HTTP": must contain at least one letter (a-z)]'),
    (port(containerPort=80, name="a" * 16),
     f'{C}.ports[0].name: Invalid value: "{"a" * 16}": must be no more than 15 bytes'),
    (port(containerPort=80, name="a--b"),
     f'{C}.ports[0].name: Invalid value: "a--b": must not contain consecutive hyphens'),
    (
        one(ports=[{"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "a"}]),
        f'{C}.ports[1].name: Duplicate value: "a"',
    ),
    (
        one(ports=[{"containerPort": 80, "hostPort": 80}, {"containerPort": 81, "hostPort": 80}]),
        f'{C}.ports[1].hostPort: Duplicate value: "TCP//80"',
    ),
    (env(value="x"), f"{C}.env[0].name: Required value"),
    (env(name="a=b"), f'{C}.env[0].name: Invalid value: "a=b": {ENV_NAME}'),
    (env(name="größe"), f'{C}.env[0].name: Invalid value: "größe": {ENV_NAME}'),
    (
        env(name="A", value="x", valueFrom={"fieldRef": {"fieldPath": "metadata.name"}}),
        f'{C}.env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
    ),
    (
        env(name="A", valueFrom={"fieldRef": {"fieldPath": "spec.colour"}}),
        f'{C}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.colour": error converting fieldPath: '
        "field label not supported: spec.colour",
    ),
    (
        env(name="A", valueFrom={"secretKeyRef": {"name": "s", "key": ""}}),
        f"{C}.env[0].valueFrom.secretKeyRef.key: Required value",
    ),
    (
        env(name="A", valueFrom={"configMapKeyRef": {"name": "Bad", "key": "k"}}),
        f'{C}.env[0].valueFrom.configMapKeyRef.name: Invalid value: "Bad": {SUBDOMAIN}',
    ),
    (one(envFrom=[{"prefix": "A_"}]),
     f'{C}.envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`'),
    (one(envFrom=[{"secretRef": {}}]), f"{C}.envFrom[0].secretRef.name: Required value"),
    (one(volumeMounts=[{"name": "v", "mountPath": "/v"}]), f'{C}.volumeMounts[0].name: Not found: "v"'),
    (
        {**one(volumeMounts=[{"name": "v", "mountPath": "/v"}] * 2), "volumes": [{"name": "v"}]},
        f'{C}.volumeMounts[1].mountPath: Invalid value: "/v": must be unique',
    ),
    ({"volumes": [{"name": "v"}, {"name": "v"}]}, 'spec.volumes[1].name: Duplicate value: "v"'),
    ({"volumes": [{"emptyDir": {}}]}, "spec.volumes[0].name: Required value"),
    (
        {"volumes": [{"name": "v", "emptyDir": {}, "configMap": {"name": "c"}}]},
        "spec.volumes[0].configMap: Forbidden: may not specify more than 1 volume type",
    ),
    ({"volumes": [{"name": "v", "configMap": {}}]}, "spec.volumes[0].configMap.name: Required value"),
    (amounts({"cpu": "-1"}), f'[{C}.resources.limits[cpu]: Invalid value: "-1": {NOT_NEGATIVE}, '
     f'{C}.resources.requests[cpu]: Invalid value: "-1": {NOT_NEGATIVE}]'),
    (
        amounts({"cpu": "100m"}, {"cpu": "1"}),
        f'{C}.resources.requests: Invalid value: "1": must be less than or equal to cpu limit of 100m',
    ),
    (
        amounts({"memory": "64Mi"}, {"memory": "1Gi"}),
        f'{C}.resources.requests: Invalid value: "1Gi": must be less than or equal to memory limit of 64Mi',
    ),
    (
        amounts({"example.com/gpu": "2"}, {"example.com/gpu": "1"}),
        f'{C}.resources.requests: Invalid value: "1": must be equal to example.com/gpu limit of 2',
    ),
    (
        amounts(requests={"example.com/gpu": "1"}),
        f"{C}.resources.limits: Required value: Limit must be set for non overcommitable resources",
    ),
    (
        amounts(requests={"gpu": "1"}),
        f'[{C}.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified, '
        f'{C}.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers]',
    ),
    (one(livenessProbe={"periodSeconds": 5}), f"{C}.livenessProbe: Required value: must specify a handler type"),
    (one(livenessProbe={}), f"{C}.livenessProbe: Required value: must specify a handler type"),
    (
        one(readinessProbe={"httpGet": {"port": 80}, "tcpSocket": {"port": 80}}),
        f"{C}.readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
    ),
    (one(readinessProbe={"httpGet": {"port": 0}}), f"{C}.readinessProbe.httpGet.port: Invalid value: 0: {PORT}"),
    (
        one(livenessProbe={"tcpSocket": {"port": "-x"}}),
        f'{C}.livenessProbe.tcpSocket.port: Invalid value: "-x": must not begin or end with a hyphen',
    ),
    (one(livenessProbe={"exec": {}}), f"{C}.livenessProbe.exec.command: Required value"),
    (
        one(livenessProbe={"tcpSocket": {"port": 80}, "successThreshold": 2}),
        f"{C}.livenessProbe.successThreshold: Invalid value: 2: must be 1",
    ),
    (
        one(readinessProbe={"tcpSocket": {"port": 80}, "periodSeconds": -5}),
        f"{C}.readinessProbe.periodSeconds: Invalid value: -5: {NOT_NEGATIVE}",
    ),
    (
        {"initContainers": [{"name": "i", "image": "i", "readinessProbe": {"tcpSocket": {"port": 80}}}]},
        "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without "
        "restartPolicy=Always",
    ),
    (one(lifecycle={"preStop": {}}), f"{C}.lifecycle.preStop: Required value: must specify a handler type"),
    ({"nodeSelector": {"a b": "c"}}, f'spec.nodeSelector: Invalid value: "a b": {QUALIFIED}'),
    ({"nodeName": "Node_1"}, f'spec.nodeName: Invalid value: "Node_1": {SUBDOMAIN}'),
    (
        {"activeDeadlineSeconds": 0},
        "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
    ),
    (
        toleration(key="a", operator="Near"),
        'spec.tolerations[0].operator: Unsupported value: "Near": supported values: "Equal", "Exists"',
    ),
    (
        toleration(value="b"),
        'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means '
        '"match all values and all keys"',
    ),
    (
        toleration(key="a", operator="Exists", value="b"),
        "spec.tolerations[0].operator: Invalid value: \"b\": value must be empty when `operator` is 'Exists'",
    ),
    (
        toleration(key="a", effect="NoRun"),
        'spec.tolerations[0].effect: Unsupported value: "NoRun": supported values: "NoSchedule", "PreferNoSchedule", '
        '"NoExecute"',
    ),
    (
        toleration(key="a", tolerationSeconds=5, effect="NoSchedule"),
        "spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when "
        "`tolerationSeconds` is set",
    ),
    (
        {"affinity": {"nodeAffinity": {NODE_AFFINITY: {"nodeSelectorTerms": []}}}},
        f"spec.affinity.nodeAffinity.{NODE_AFFINITY}.nodeSelectorTerms: Required value: must have at least one node "
        "selector term",
    ),
    (needs(key="a", operator="Is"), f'{TERM}.operator: Invalid value: "Is": not a valid selector operator'),
    (
        needs(key="a", operator="In"),
        f"{TERM}.values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ),
    (
        {"topologySpreadConstraints": [{**SPREAD, "maxSkew": 0}]},
        "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
    ),
    (
        {"topologySpreadConstraints": [SPREAD, SPREAD]},
        "spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "
        '"{zone, DoNotSchedule}"',
    ),
    (
        {"topologySpreadConstraints": [{**SPREAD, "minDomains": 0}]},
        "spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: must be greater than zero",
    ),
    (
        {"topologySpreadConstraints": [{**SPREAD, "whenUnsatisfiable": "ScheduleAnyway", "minDomains": 2}]},
        "spec.topologySpreadConstraints[0].minDomains: Invalid value: 2: can only use minDomains if "
        "whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway",
    ),
    (
        {"topologySpreadConstraints": [{**SPREAD, "nodeTaintsPolicy": "Never"}]},
        'spec.topologySpreadConstraints[0].nodeTaintsPolicy: Unsupported value: "Never": supported values: "Honor", '
        '"Ignore"',
    ),
    (
        {"topologySpreadConstraints": [{**SPREAD, "matchLabelKeys": ["v"]}]},
        "spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not "
        "set",
    ),
    (
        {"topologySpreadConstraints": [{**SPREAD, "labelSelector": {}, "matchLabelKeys": ["a b"]}]},
        f'spec.topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: "a b": {QUALIFIED}',
    ),
    (
        near(matchLabelKeys=["v"]),
        f"{NEAR}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
    ),
    (
        near(labelSelector={}, matchLabelKeys=["v"], mismatchLabelKeys=["v"]),
        f'{NEAR}.matchLabelKeys[0]: Invalid value: "v": exists in both matchLabelKeys and mismatchLabelKeys',
    ),
    ({"schedulingGates": [{"name": "a"}, {"name": "a"}]}, 'spec.schedulingGates[1]: Duplicate value: "a"'),
    ({"terminationGracePeriodSeconds": 30, "restartPolicy": "Maybe", "containers": [{**MAIN, "image": ""}]},
     f"[{C}.image: Required value, "
     'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"]'),
]  # fmt: skip
