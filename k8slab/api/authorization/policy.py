"""The roles that every cluster is born with: of people, of nodes, of components.

A row is a rule: verbs, API groups (comma between; the core group is empty), resources, names; or verbs, None, paths.

Source    plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go and its testdata/cluster-roles.yaml
Left out  rules behind gates that are off by default (scheduling groups, statusz, leader election by candidates)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

__all__ = [
    "AGGREGATED",
    "CLUSTER_ROLES",
    "EVENTS",
    "READ",
    "READ_WRITE",
    "Row",
    "node_rules",
    "rules_of",
]

Row = tuple[Any, ...]

READ, WRITE = "get list watch", "create delete deletecollection patch update"
READ_WRITE, READ_UPDATE = f"{READ} {WRITE}", f"{READ} patch update"
EVENTS = ("create patch update", ",events.k8s.io", "events")
REVIEWS = (("create", "authentication.k8s.io", "tokenreviews"),
           ("create", "authorization.k8s.io", "subjectaccessreviews"))  # fmt: skip
CSR = "certificates.k8s.io"
AGGREGATED = {"view": "edit", "edit": "admin", "admin": ""}  # each is gathered into the next

TO_ADMIN: tuple[Row, ...] = (
    ("create", "authorization.k8s.io", "localsubjectaccessreviews"),
    (READ_WRITE, "rbac.authorization.k8s.io", "roles rolebindings"),
)
TO_EDIT: tuple[Row, ...] = (
    (READ, "", "pods/attach pods/proxy pods/exec pods/portforward secrets services/proxy"),
    ("impersonate", "", "serviceaccounts"),
    (WRITE, "", "pods pods/attach pods/proxy pods/exec pods/portforward"),
    ("create", "", "pods/eviction"),
    (WRITE, "", "replicationcontrollers replicationcontrollers/scale serviceaccounts services services/proxy "
                "persistentvolumeclaims configmaps secrets events"),
    ("create", "", "serviceaccounts/token"),
    (WRITE, "apps", "statefulsets statefulsets/scale daemonsets deployments deployments/scale deployments/rollback "
                    "replicasets replicasets/scale"),
    (WRITE, "autoscaling", "horizontalpodautoscalers"),
    (WRITE, "batch", "jobs cronjobs"),
    (WRITE, "extensions", "daemonsets deployments deployments/scale deployments/rollback ingresses replicasets "
                          "replicasets/scale replicationcontrollers/scale networkpolicies"),
    (WRITE, "policy", "poddisruptionbudgets"),
    (WRITE, "networking.k8s.io", "networkpolicies ingresses"),
    (READ_WRITE, "coordination.k8s.io", "leases"),
    (WRITE, "resource.k8s.io", "resourceclaims resourceclaimtemplates"),
)  # fmt: skip
TO_VIEW: tuple[Row, ...] = (
    (READ, "", "pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status "
               "endpoints persistentvolumeclaims persistentvolumeclaims/status configmaps"),
    (READ, "", "limitranges resourcequotas bindings events pods/status resourcequotas/status namespaces/status "
               "replicationcontrollers/status pods/log"),
    (READ, "", "namespaces"),
    (READ, "discovery.k8s.io", "endpointslices"),
    (READ, "apps", "controllerrevisions statefulsets statefulsets/status statefulsets/scale daemonsets "
                   "daemonsets/status deployments deployments/status deployments/scale replicasets replicasets/status "
                   "replicasets/scale"),
    (READ, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
    (READ, "batch", "jobs cronjobs cronjobs/status jobs/status"),
    (READ, "extensions", "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses "
                         "ingresses/status replicasets replicasets/scale replicasets/status "
                         "replicationcontrollers/scale networkpolicies"),
    (READ, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
    (READ, "networking.k8s.io", "networkpolicies ingresses ingresses/status"),
    (READ, "resource.k8s.io", "resourceclaims resourceclaims/status resourceclaimtemplates"),
)  # fmt: skip
NODE: tuple[Row, ...] = (
    REVIEWS[0],
    ("create", "authorization.k8s.io", "subjectaccessreviews localsubjectaccessreviews"),
    (READ, "", "services"),
    (f"create {READ}", "", "nodes"),
    ("update patch", "", "nodes/status"),
    ("update patch", "", "nodes"),
    ("create update patch", "", "events"),
    (READ, "", "pods"),
    ("create delete", "", "pods"),
    ("update patch", "", "pods/status"),
    ("create", "", "pods/eviction"),
    (READ, "", "secrets configmaps"),
    ("get", "", "persistentvolumeclaims persistentvolumes"),
    ("get", "", "endpoints"),
    (f"create {READ}", CSR, "certificatesigningrequests"),
    ("get create update patch delete", "coordination.k8s.io", "leases"),
    ("get", "storage.k8s.io", "volumeattachments"),
    ("create", "", "serviceaccounts/token"),
    ("get update patch", "", "persistentvolumeclaims/status"),
    (READ, "storage.k8s.io", "csidrivers"),
    ("get create update patch delete", "storage.k8s.io", "csinodes"),
    (READ, "node.k8s.io", "runtimeclasses"),
    ("get", "resource.k8s.io", "resourceclaims"),
    ("deletecollection", "resource.k8s.io", "resourceslices"),
    ("get", "", "serviceaccounts"),
)
SCHEDULER: tuple[Row, ...] = (
    EVENTS,
    ("create", "coordination.k8s.io", "leases"),
    (f"update {READ}", "coordination.k8s.io", "leases", "kube-scheduler"),
    (READ, "", "nodes"),
    (f"delete {READ}", "", "pods"),
    ("create", "", "pods/binding bindings"),
    ("patch update", "", "pods/status"),
    (READ, "", "services replicationcontrollers"),
    (READ, "apps,extensions", "replicasets"),
    (READ, "apps", "statefulsets"),
    (READ, "policy", "poddisruptionbudgets"),
    (READ, "", "persistentvolumeclaims persistentvolumes"),
    *REVIEWS,
    (READ, "storage.k8s.io", "csinodes"),
    (READ, "storage.k8s.io", "volumeattachments"),
    (READ, "", "namespaces"),
    (READ, "storage.k8s.io", "csidrivers"),
    (READ, "storage.k8s.io", "csistoragecapacities"),
    (READ, "resource.k8s.io", "deviceclasses"),
    (READ_UPDATE, "resource.k8s.io", "resourceclaims"),
    (READ_UPDATE, "resource.k8s.io", "resourceclaims/status"),
    (READ_UPDATE, "", "pods/finalizers"),
    (READ, "resource.k8s.io", "resourceslices"),
)
CONTROLLER_MANAGER: tuple[Row, ...] = (
    EVENTS,
    ("create", "coordination.k8s.io", "leases"),
    ("get update", "coordination.k8s.io", "leases", "kube-controller-manager"),
    ("create", "", "secrets serviceaccounts"),
    ("delete", "", "secrets"),
    ("get", "", "namespaces secrets serviceaccounts configmaps"),
    ("update", "", "secrets serviceaccounts"),
    *REVIEWS,
    ("list watch", "*", "*"),
    ("create", "", "serviceaccounts/token"),
)
CLUSTER_ROLES: Mapping[str, tuple[Row, ...]] = {
    "cluster-admin": (("*", "*", "*"), ("*", None, "*")),
    "system:aggregate-to-admin": TO_ADMIN,
    "system:aggregate-to-edit": TO_EDIT,
    "system:aggregate-to-view": TO_VIEW,
    "system:auth-delegator": REVIEWS,
    "system:basic-user": (
        ("create", "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
        ("create", "authentication.k8s.io", "selfsubjectreviews"),
    ),
    "system:certificates.k8s.io:certificatesigningrequests:nodeclient": (
        ("create", CSR, "certificatesigningrequests/nodeclient"),
    ),
    "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient": (
        ("create", CSR, "certificatesigningrequests/selfnodeclient"),
    ),
    **{
        f"system:certificates.k8s.io:{signer}-approver": (("approve", CSR, "signers", f"kubernetes.io/{signer}"),)
        for signer in ("kube-apiserver-client", "kube-apiserver-client-kubelet", "kubelet-serving", "legacy-unknown")
    },
    "system:discovery": (
        ("get", None, "/livez /readyz /healthz /version /version/ /openapi /openapi/* /api /api/* /apis /apis/*"),
    ),
    "system:heapster": ((READ, "", "events pods nodes namespaces"), (READ, "extensions", "deployments")),
    "system:kube-aggregator": ((READ, "", "services endpoints"),),
    "system:kube-controller-manager": CONTROLLER_MANAGER,
    "system:kube-dns": (("list watch", "", "endpoints services"),),
    "system:kube-scheduler": SCHEDULER,
    "system:kubelet-api-admin": (
        (READ, "", "nodes"),
        ("proxy", "", "nodes"),
        ("*", "", "nodes/proxy nodes/metrics nodes/stats nodes/log"),
        ("*", "", "nodes/configz nodes/healthz nodes/pods"),
    ),
    "system:monitoring": (
        ("get", None, "/metrics /metrics/slis /livez /readyz /healthz /livez/* /readyz/* /healthz/*"),
    ),
    "system:node": NODE,
    "system:node-bootstrapper": ((f"create {READ}", CSR, "certificatesigningrequests"),),
    "system:node-problem-detector": (("get", "", "nodes"), ("patch", "", "nodes/status"), EVENTS),
    "system:node-proxier": (
        ("list watch", "", "services endpoints"),
        (READ, "", "nodes"),
        EVENTS,
        ("list watch", "networking.k8s.io", "servicecidrs"),
        ("list watch", "discovery.k8s.io", "endpointslices"),
    ),
    "system:persistent-volume-provisioner": (
        (f"create delete {READ}", "", "persistentvolumes"),
        (f"update {READ}", "", "persistentvolumeclaims"),
        (READ, "storage.k8s.io", "storageclasses"),
        ("watch", "", "events"),
        EVENTS,
    ),
    "system:public-info-viewer": (("get", None, "/livez /readyz /healthz /version /version/"),),
    "system:service-account-issuer-discovery": (
        ("get", None, "/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks "
                      "/openid/v1/jwks/"),
    ),
    "system:volume-scheduler": (
        (READ_UPDATE, "", "persistentvolumes"),
        (READ, "storage.k8s.io", "storageclasses"),
        (READ_UPDATE, "", "persistentvolumeclaims"),
    ),
}  # fmt: skip


def rules_of(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows as rules of a role, every list in order as the server has them."""
    return [_rule(*row) for row in rows]


def _rule(verbs: str, groups: str | None, resources: str, names: str = "") -> dict[str, Any]:
    if groups is None:
        return {"nonResourceURLs": sorted(resources.split()), "verbs": sorted(verbs.split())}
    rule: dict[str, Any] = {"apiGroups": sorted(groups.split(",")), "resources": sorted(resources.split())}
    if names:
        rule["resourceNames"] = sorted(names.split())
    return {**rule, "verbs": sorted(verbs.split())}


@cache
def node_rules() -> list[dict[str, Any]]:
    """What every node may do where nothing finer is said."""
    return rules_of(NODE)
