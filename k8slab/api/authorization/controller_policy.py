"""The roles of the controllers, each bound to the service account of its name in kube-system; roles of namespaces.

Controllers here patch every status, and Deployments, where upstream's only update them: these rules allow both.

Source    plugin/pkg/auth/authorizer/rbac/bootstrappolicy/{controller_policy.go,namespace_policy.go}
Left out  controllers behind gates that are off by default
"""

from __future__ import annotations

from collections.abc import Mapping

from k8slab.api.authorization.policy import EVENTS, READ, Row

__all__ = [
    "CONTROLLERS",
    "NAMESPACE_BINDINGS",
    "NAMESPACE_ROLES",
]

BOTH = "apps,extensions"
CHANGE = "patch update"
OWN = f"create delete patch update {READ}"
RBAC, CSR, STORAGE = "rbac.authorization.k8s.io", "certificates.k8s.io", "storage.k8s.io"
WORKERS = "create delete list patch watch"  # what is done to the Pods of a workload
CONTROLLERS: Mapping[str, tuple[Row, ...]] = {
    "attachdetach-controller": (
        ("list watch", "", "persistentvolumes persistentvolumeclaims"),
        (READ, "", "nodes"),
        (CHANGE, "", "nodes/status"),
        ("list watch", "", "pods"),
        EVENTS,
        (f"create delete {READ}", STORAGE, "volumeattachments"),
        (READ, STORAGE, "csidrivers"),
        (READ, STORAGE, "csinodes"),
    ),
    "certificate-controller": (
        (f"delete {READ}", CSR, "certificatesigningrequests"),
        ("update", CSR, "certificatesigningrequests/status certificatesigningrequests/approval"),
        ("approve", CSR, "signers", "kubernetes.io/kube-apiserver-client-kubelet"),
        ("sign", CSR, "signers", "kubernetes.io/legacy-unknown kubernetes.io/kube-apiserver-client "
                                 "kubernetes.io/kube-apiserver-client-kubelet kubernetes.io/kubelet-serving"),
        ("create", "authorization.k8s.io", "subjectaccessreviews"),
        EVENTS,
    ),
    "clusterrole-aggregation-controller": ((f"escalate {CHANGE} {READ}", RBAC, "clusterroles"),),
    "cronjob-controller": (
        (f"update {READ}", "batch", "cronjobs"),
        (OWN, "batch", "jobs"),
        (CHANGE, "batch", "cronjobs/status"),
        ("update", "batch", "cronjobs/finalizers"),
        ("list watch delete", "", "pods"),
        EVENTS,
    ),
    "daemon-set-controller": (
        (READ, BOTH, "daemonsets"),
        (CHANGE, BOTH, "daemonsets/status"),
        ("update", BOTH, "daemonsets/finalizers"),
        ("list watch", "", "nodes"),
        (WORKERS, "", "pods"),
        ("create", "", "pods/binding"),
        (OWN, "apps", "controllerrevisions"),
        EVENTS,
    ),
    "deployment-controller": (
        (f"{CHANGE} {READ}", BOTH, "deployments"),
        (CHANGE, BOTH, "deployments/status"),
        ("update", BOTH, "deployments/finalizers"),
        (OWN, BOTH, "replicasets"),
        (f"update {READ}", "", "pods"),
        EVENTS,
    ),
    "disruption-controller": (
        (READ, BOTH, "deployments"),
        (READ, BOTH, "replicasets"),
        (READ, "", "replicationcontrollers"),
        (READ, "policy", "poddisruptionbudgets"),
        (READ, "apps", "statefulsets"),
        (CHANGE, "policy", "poddisruptionbudgets/status"),
        (CHANGE, "", "pods/status"),
        ("get", "*", "*/scale"),
        EVENTS,
    ),
    "endpoint-controller": (
        (READ, "", "services pods"),
        (f"create update delete {READ}", "", "endpoints"),
        ("create", "", "endpoints/restricted"),
        EVENTS,
    ),
    "endpointslice-controller": (
        (READ, "", "services pods nodes"),
        ("update", "", "services/finalizers"),
        (f"create update delete {READ}", "discovery.k8s.io", "endpointslices"),
        EVENTS,
    ),
    "endpointslicemirroring-controller": (
        (READ, "", "services endpoints"),
        ("update", "", "services/finalizers"),
        ("update", "", "endpoints/finalizers"),
        (f"create update delete {READ}", "discovery.k8s.io", "endpointslices"),
        EVENTS,
    ),
    "ephemeral-volume-controller": (
        (READ, "", "pods"),
        ("update", "", "pods/finalizers"),
        (f"create {READ}", "", "persistentvolumeclaims"),
        EVENTS,
    ),
    "expand-controller": (
        (f"{CHANGE} {READ}", "", "persistentvolumes"),
        (CHANGE, "", "persistentvolumeclaims/status"),
        (READ, "", "persistentvolumeclaims"),
        EVENTS,
        ("get", "", "services"),
    ),
    "generic-garbage-collector": ((f"delete {CHANGE} {READ}", "*", "*"), EVENTS),
    "horizontal-pod-autoscaler": (
        (READ, "autoscaling", "horizontalpodautoscalers"),
        (CHANGE, "autoscaling", "horizontalpodautoscalers/status"),
        ("get update", "*", "*/scale"),
        ("list watch", "", "pods"),
        ("list watch", "metrics.k8s.io", "pods"),
        (READ, "custom.metrics.k8s.io", "*"),
        (READ, "external.metrics.k8s.io", "*"),
        EVENTS,
    ),
    "job-controller": (
        (f"{CHANGE} {READ}", "batch", "jobs"),
        (CHANGE, "batch", "jobs/status"),
        ("update", "batch", "jobs/finalizers"),
        (WORKERS, "", "pods"),
        EVENTS,
    ),
    "legacy-service-account-token-cleaner": (
        ("get", "", "configmaps", "kube-apiserver-legacy-service-account-token-tracking"),
        ("patch delete", "", "secrets"),
    ),
    "namespace-controller": (
        (f"delete {READ}", "", "namespaces"),
        (CHANGE, "", "namespaces/finalize namespaces/status"),
        (f"delete deletecollection {READ}", "*", "*"),
    ),
    "node-controller": (
        (f"delete {CHANGE} {READ}", "", "nodes"),
        (CHANGE, "", "nodes/status"),
        (CHANGE, "", "pods/status"),
        (f"delete {READ}", "", "pods"),
        EVENTS,
    ),
    "persistent-volume-binder": (
        (f"create update delete {READ}", "", "persistentvolumes"),
        (CHANGE, "", "persistentvolumes/status"),
        (f"update {READ}", "", "persistentvolumeclaims"),
        (CHANGE, "", "persistentvolumeclaims/status"),
        (f"create delete {READ}", "", "pods"),
        (READ, STORAGE, "storageclasses"),
        ("list watch", "", "nodes"),
        EVENTS,
        ("watch", "", "events"),
        ("get", "", "services"),
    ),
    "pod-garbage-collector": (
        ("list watch delete", "", "pods"),
        (READ, "", "nodes"),
        ("patch", "", "pods/status"),
    ),
    "pv-protection-controller": ((f"update {READ}", "", "persistentvolumes"), EVENTS),
    "pvc-protection-controller": ((f"update {READ}", "", "persistentvolumeclaims"), (READ, "", "pods"), EVENTS),
    "replicaset-controller": (
        (f"update {READ}", BOTH, "replicasets"),
        (CHANGE, BOTH, "replicasets/status"),
        ("update", BOTH, "replicasets/finalizers"),
        (WORKERS, "", "pods"),
        EVENTS,
    ),
    "replication-controller": (
        (f"update {READ}", "", "replicationcontrollers"),
        (CHANGE, "", "replicationcontrollers/status"),
        ("update", "", "replicationcontrollers/finalizers"),
        (WORKERS, "", "pods"),
        EVENTS,
    ),
    "resource-claim-controller": (
        (READ, "", "pods"),
        ("update", "", "pods/finalizers"),
        (f"create delete {READ}", "resource.k8s.io", "resourceclaims"),
        (CHANGE, "resource.k8s.io", "resourceclaims resourceclaims/status"),
        (CHANGE, "", "pods/status"),
        EVENTS,
    ),
    "resourcequota-controller": (("list watch", "*", "*"), (CHANGE, "", "resourcequotas/status"), EVENTS),
    "root-ca-cert-publisher": (("create update", "", "configmaps"), EVENTS),
    "route-controller": (("list watch", "", "nodes"), ("patch", "", "nodes/status"), EVENTS),
    "selinux-warning-controller": (
        EVENTS,
        (READ, "", "persistentvolumes"),
        (READ, "", "persistentvolumeclaims"),
        (READ, "", "pods"),
        (READ, STORAGE, "csidrivers"),
    ),
    "service-account-controller": (("create", "", "serviceaccounts"), EVENTS),
    "service-cidrs-controller": (
        (f"{CHANGE} {READ}", "networking.k8s.io", "servicecidrs"),
        (CHANGE, "networking.k8s.io", "servicecidrs/finalizers"),
        (CHANGE, "networking.k8s.io", "servicecidrs/status"),
        (READ, "networking.k8s.io", "ipaddresses"),
        EVENTS,
    ),
    "service-controller": (
        (READ, "", "services"),
        (CHANGE, "", "services/status"),
        ("list watch", "", "nodes"),
        EVENTS,
    ),
    "statefulset-controller": (
        ("list watch", "", "pods"),
        (READ, "apps", "statefulsets"),
        (CHANGE, "apps", "statefulsets/status"),
        ("update", "apps", "statefulsets/finalizers"),
        ("get create delete update patch", "", "pods"),
        (OWN, "apps", "controllerrevisions"),
        (f"create {READ}", "", "persistentvolumeclaims"),
        ("update delete", "", "persistentvolumeclaims"),
        ("update", "", "pods/finalizers"),
        EVENTS,
    ),
    "ttl-after-finished-controller": ((f"delete {READ}", "batch", "jobs"), EVENTS),
    "ttl-controller": ((f"{CHANGE} list watch", "", "nodes"), EVENTS),
    "validatingadmissionpolicy-status-controller": (
        (READ, "admissionregistration.k8s.io", "validatingadmissionpolicies"),
        (f"get {CHANGE}", "admissionregistration.k8s.io", "validatingadmissionpolicies/status"),
        EVENTS,
    ),
    "volumeattributesclass-protection-controller": (
        (READ, "", "persistentvolumeclaims"),
        (READ, "", "persistentvolumes"),
        (f"update {READ}", STORAGE, "volumeattributesclasses"),
        EVENTS,
    ),
}  # fmt: skip
NAMESPACE_ROLES: Mapping[tuple[str, str], tuple[Row, ...]] = {
    ("kube-public", "system:controller:bootstrap-signer"): (
        (READ, "", "configmaps"),
        ("update", "", "configmaps", "cluster-info"),
        EVENTS,
    ),
    ("kube-system", "extension-apiserver-authentication-reader"): (
        (READ, "", "configmaps", "extension-apiserver-authentication"),
    ),
    ("kube-system", "system::leader-locking-kube-controller-manager"): (
        ("watch", "", "configmaps"),
        ("get update", "", "configmaps", "kube-controller-manager"),
    ),
    ("kube-system", "system::leader-locking-kube-scheduler"): (
        ("watch", "", "configmaps"),
        ("get update", "", "configmaps", "kube-scheduler"),
    ),
    ("kube-system", "system:controller:bootstrap-signer"): ((READ, "", "secrets"),),
    ("kube-system", "system:controller:cloud-provider"): ((f"create {READ}", "", "configmaps"),),
    ("kube-system", "system:controller:token-cleaner"): ((f"delete {READ}", "", "secrets"), EVENTS),
}
MANAGER, KUBE_SCHEDULER = "system:kube-controller-manager", "system:kube-scheduler"
# Bindings of the same name as their role, and one of another; a name with a colon is a user, else an account.
NAMESPACE_BINDINGS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("kube-public", "system:controller:bootstrap-signer"): ("bootstrap-signer",),
    ("kube-system", "system::extension-apiserver-authentication-reader"): (MANAGER, KUBE_SCHEDULER),
    ("kube-system", "system::leader-locking-kube-controller-manager"): (MANAGER, "kube-controller-manager"),
    ("kube-system", "system::leader-locking-kube-scheduler"): (KUBE_SCHEDULER, "kube-scheduler"),
    ("kube-system", "system:controller:bootstrap-signer"): ("bootstrap-signer",),
    ("kube-system", "system:controller:cloud-provider"): ("cloud-provider",),
    ("kube-system", "system:controller:token-cleaner"): ("token-cleaner",),
}
