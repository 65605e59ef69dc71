"""A server that holds callers to their roles, and short words for roles and bindings."""

from __future__ import annotations

from typing import Any

from k8slab.api import Api
from k8slab.client import Client, InProcess
from k8slab.clock import Loop
from k8slab.etcd import DictStore
from k8slab.kubeadm.policy import kubeadm_policy
from k8slab.wire import Request, Response

Obj = dict[str, Any]

GROUP = "rbac.authorization.k8s.io"


class RbacBench:
    """The server as kubeadm leaves it; `admin` may everything, `client` speaks for whom you like."""

    def __init__(self) -> None:
        self.loop = Loop(seed=1)
        self.store = DictStore(self.loop)
        self.api = Api(self.store, self.loop, kubeadm_policy())
        self.admin = self.client("kubernetes-admin")
        for name in ("default", "dev", "kube-node-lease", "kube-system"):
            self.admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def client(self, user: str, *groups: str) -> Client:
        """A client in the name of a user."""
        return Client(InProcess(self.api.handle, lambda: self.loop.now, user, isolated=True, groups=groups))

    def given(self, *objs: Obj) -> None:
        """Create objects."""
        for obj in objs:
            self.admin.create(obj)

    def ask(self, text: str, user: str = "alice", **fields: Any) -> Response:
        """A request in words: `get pods/log dev web`, `list deployments.apps dev`, `get /metrics`."""
        verb, what, *place = text.split()
        if what.startswith("/"):
            return self.api.handle(Request(verb, path=what, user=user, **fields))
        resource, _, group = what.partition(".")
        resource, _, sub = resource.partition("/")
        namespace, name = [*place, "", ""][:2]
        where = {"namespace": "" if namespace == "-" else namespace, "name": name, "subresource": sub}
        return self.api.handle(Request(verb, resource, group, user=user, **where, **fields))

    def may(self, text: str, user: str = "alice", **fields: Any) -> bool:
        """The server does not refuse such a request."""
        return self.ask(text, user, **fields).code != 403


def rule(verbs: str, resources: str, group: str = "", names: str = "") -> Obj:
    """A rule of a role, its lists as words."""
    made: Obj = {"verbs": verbs.split(), "apiGroups": [group], "resources": resources.split()}
    return {**made, "resourceNames": names.split()} if names else made


def role(name: str, *rules: Obj, namespace: str = "", **fields: Any) -> Obj:
    """A Role of a namespace, or a ClusterRole."""
    return {**_obj("Role" if namespace else "ClusterRole", name, namespace), "rules": list(rules), **fields}


def binding(role_name: str, *who: str, namespace: str = "", kind: str = "ClusterRole") -> Obj:
    """A binding of the name of its role; `who` are users, `group:NAME`s and `NAMESPACE/ACCOUNT`s."""
    reference = {"apiGroup": GROUP, "kind": kind, "name": role_name}
    made = _obj("RoleBinding" if namespace else "ClusterRoleBinding", role_name, namespace)
    return {**made, "roleRef": reference, "subjects": [_subject(each) for each in who]}


def _obj(kind: str, name: str, namespace: str) -> Obj:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": metadata}


def _subject(who: str) -> Obj:
    if who.startswith("group:"):
        return {"apiGroup": GROUP, "kind": "Group", "name": who.removeprefix("group:")}
    if "/" in who:
        namespace, _, name = who.partition("/")
        return {"kind": "ServiceAccount", "namespace": namespace, "name": name}
    return {"apiGroup": GROUP, "kind": "User", "name": who}
