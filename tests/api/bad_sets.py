"""StatefulSets, DaemonSets, revisions and ReplicationControllers that a server must refuse, and in which words.

Source: pkg/apis/apps/validation/validation.go; pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from typing import Any

from api_bench import POD_SPEC, TEMPLATE
from bad_objects import MISMATCH, PERCENT, named, workload
from bad_pods import LABEL, NOT_NEGATIVE

Case = tuple[str, dict[str, Any], str]

ROLLING = "spec.updateStrategy.rollingUpdate"
RETENTION = "spec.persistentVolumeClaimRetentionPolicy"


def updated(**fields: Any) -> dict[str, Any]:
    return workload(updateStrategy=fields)


def rolling(**fields: Any) -> dict[str, Any]:
    return updated(type="RollingUpdate", rollingUpdate=fields)


def template(**spec: Any) -> dict[str, Any]:
    return workload(template={**TEMPLATE, "spec": {**POD_SPEC, **spec}})


def controller(**fields: Any) -> dict[str, Any]:
    return {"spec": {"selector": {"app": "web"}, "template": TEMPLATE, **fields}}


BAD_SETS: list[Case] = [
    ("StatefulSet", named("Web"), f'metadata.name: Invalid value: "Web": {LABEL}'),
    ("StatefulSet", named("a.b"), 'metadata.name: Invalid value: "a.b": must not contain dots'),
    (
        "StatefulSet",
        workload(podManagementPolicy="Chaotic"),
        "spec.podManagementPolicy: Invalid value: \"Chaotic\": must be 'OrderedReady' or 'Parallel'",
    ),
    (
        "StatefulSet",
        updated(type="Sideways"),
        'spec.updateStrategy: Invalid value: {"Type":"Sideways","RollingUpdate":null}: '
        "must be 'RollingUpdate' or 'OnDelete'",
    ),
    (
        "StatefulSet",
        updated(type="OnDelete", rollingUpdate={"partition": 1}),
        f'{ROLLING}: Invalid value: {{"Partition":1,"MaxUnavailable":null}}: '
        "only allowed for updateStrategy 'RollingUpdate'",
    ),
    ("StatefulSet", rolling(partition=-1), f"{ROLLING}.partition: Invalid value: -1: {NOT_NEGATIVE}"),
    ("StatefulSet", rolling(maxUnavailable=0), f"{ROLLING}.maxUnavailable: Invalid value: 0: cannot be 0"),
    ("StatefulSet", rolling(maxUnavailable="0%"), f'{ROLLING}.maxUnavailable: Invalid value: "0%": cannot be 0'),
    ("StatefulSet", rolling(maxUnavailable="most"), f'{ROLLING}.maxUnavailable: Invalid value: "most": {PERCENT}'),
    (
        "StatefulSet",
        rolling(maxUnavailable="101%"),
        f'{ROLLING}.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ),
    (
        "StatefulSet",
        workload(persistentVolumeClaimRetentionPolicy={"whenDeleted": "Burn"}),
        f'{RETENTION}.whenDeleted: Unsupported value: "Burn": supported values: "Retain", "Delete"',
    ),
    (
        "StatefulSet",
        workload(persistentVolumeClaimRetentionPolicy={"whenScaled": "Burn"}),
        f'{RETENTION}.whenScaled: Unsupported value: "Burn": supported values: "Retain", "Delete"',
    ),
    ("StatefulSet", workload(replicas=-1), f"spec.replicas: Invalid value: -1: {NOT_NEGATIVE}"),
    ("StatefulSet", workload(minReadySeconds=-1), f"spec.minReadySeconds: Invalid value: -1: {NOT_NEGATIVE}"),
    ("StatefulSet", workload(ordinals={"start": -1}), f"spec.ordinals.start: Invalid value: -1: {NOT_NEGATIVE}"),
    (
        "StatefulSet",
        workload(selector={}),
        "spec.selector: Invalid value: {}: empty selector is invalid for statefulset",
    ),
    (
        "StatefulSet",
        workload(selector={"matchLabels": {"app": "db"}}),
        f'spec.template.metadata.labels: Invalid value: {{"app":"web"}}: {MISMATCH}',
    ),
    ("StatefulSet", workload(serviceName="a.b"), 'spec.serviceName: Invalid value: "a.b": must not contain dots'),
    (
        "StatefulSet",
        template(restartPolicy="Never"),
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ),
    (
        "StatefulSet",
        template(activeDeadlineSeconds=5),
        "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported",
    ),
    (
        "DaemonSet",
        workload(selector=None),
        f'spec.template.metadata.labels: Invalid value: {{"app":"web"}}: {MISMATCH}',
    ),
    ("DaemonSet", workload(selector={}), "spec.selector: Invalid value: {}: empty selector is invalid for daemonset"),
    (
        "DaemonSet",
        workload(selector={"matchLabels": {"app": "db"}}),
        f'spec.template.metadata.labels: Invalid value: {{"app":"web"}}: {MISMATCH}',
    ),
    ("DaemonSet", template(containers=[]), "spec.template.spec.containers: Required value"),
    (
        "DaemonSet",
        template(restartPolicy="OnFailure"),
        'spec.template.spec.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"',
    ),
    (
        "DaemonSet",
        template(activeDeadlineSeconds=5),
        "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet is not Supported",
    ),
    ("DaemonSet", workload(minReadySeconds=-1), f"spec.minReadySeconds: Invalid value: -1: {NOT_NEGATIVE}"),
    ("DaemonSet", workload(revisionHistoryLimit=-1), f"spec.revisionHistoryLimit: Invalid value: -1: {NOT_NEGATIVE}"),
    (
        "DaemonSet",
        updated(type="Sideways"),
        'spec.updateStrategy: Unsupported value: {"Type":"Sideways","RollingUpdate":null}: supported values: '
        '"RollingUpdate", "OnDelete"',
    ),
    (
        "DaemonSet",
        rolling(maxUnavailable=1, maxSurge=1),
        f"{ROLLING}.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero",
    ),
    (
        "DaemonSet",
        rolling(maxUnavailable=0),
        f"{ROLLING}.maxUnavailable: Required value: cannot be 0 when maxSurge is 0",
    ),
    ("DaemonSet", rolling(maxUnavailable=-1), f"{ROLLING}.maxUnavailable: Invalid value: -1: {NOT_NEGATIVE}"),
    (
        "DaemonSet",
        rolling(maxUnavailable=0, maxSurge="101%"),
        f'{ROLLING}.maxSurge: Invalid value: "101%": must not be greater than 100%',
    ),
    ("ControllerRevision", {"data": None}, "data: Required value: data is mandatory"),
    ("ControllerRevision", {"revision": -1}, f"revision: Invalid value: -1: {NOT_NEGATIVE}"),
    ("ReplicationController", controller(replicas=-1), f"spec.replicas: Invalid value: -1: {NOT_NEGATIVE}"),
    (
        "ReplicationController",
        controller(minReadySeconds=-1),
        f"spec.minReadySeconds: Invalid value: -1: {NOT_NEGATIVE}",
    ),
    ("ReplicationController", {"spec": {"selector": {"app": "web"}}}, "spec.template: Required value"),
    (
        "ReplicationController",
        controller(selector={"app": "db"}),
        f'spec.template.metadata.labels: Invalid value: {{"app":"web"}}: {MISMATCH}',
    ),
    (
        "ReplicationController",
        controller(template={**TEMPLATE, "metadata": {"labels": {}}}, selector={}),
        "spec.selector: Required value",
    ),
    (
        "ReplicationController",
        controller(template={**TEMPLATE, "spec": {**POD_SPEC, "restartPolicy": "Never"}}),
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ),
]
