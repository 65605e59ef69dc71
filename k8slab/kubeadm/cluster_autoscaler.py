"""The Cluster Autoscaler, installed on demand where a cloud offers node groups: its rights and its process.

Source    github.com/kubernetes/autoscaler, cluster-autoscaler/cloudprovider/aws/examples (the ClusterRole)
Left out  a Pod of its own: it runs beside the control plane
"""

from __future__ import annotations

from typing import Any

from k8slab.client import Client, Informers
from k8slab.clock import Scope
from k8slab.controllers.cluster_autoscaler import ClusterAutoscaler
from k8slab.kubeadm.journal import Journal
from k8slab.kubeadm.manifests import CONTROL_PLANE
from k8slab.kubeadm.policy import account_rights
from k8slab.kubeadm.running import alone
from k8slab.scheduler.simulation import Simulation
from k8slab.world import Vm, World

__all__ = ["NodeScaling"]

Obj = dict[str, Any]

NAME, ACCOUNT = "cluster-autoscaler", "system:serviceaccount:kube-system:cluster-autoscaler"
READ = "get list watch"
RULES = (
    (READ, "", "pods nodes services namespaces replicationcontrollers persistentvolumeclaims persistentvolumes"),
    (READ, "apps", "replicasets statefulsets daemonsets"),
    (READ, "policy", "poddisruptionbudgets"),
    (READ, "storage.k8s.io", "storageclasses csinodes csidrivers csistoragecapacities volumeattachments"),
    ("patch update", "", "nodes"),
    ("create", "", "pods/eviction"),
    ("create patch update", "", "events"),
)


class NodeScaling:
    """A cluster whose cloud can give it more machines by itself."""

    journal: Journal
    loop: Any
    world: World

    def client_for(self, user: str, *, vm: Vm | None = None) -> Client:
        """A client in the name of `user`, on the machine `vm`."""
        raise NotImplementedError

    @alone
    def install_cluster_autoscaler(self) -> None:
        """Have the cloud's node groups follow the pods: larger for those without a place, smaller when little is used.

        Installed again, it stays as it is. Raises ValueError without a control plane or a cloud.
        """
        home, cloud = self.world.vms.get(CONTROL_PLANE), self.world.cloud
        if home is None or cloud is None:
            raise ValueError("a cluster autoscaler needs a control plane, and a cloud with node groups (attach_cloud)")
        if NAME in home.daemons:
            return
        admin = self.client_for("kubernetes-admin", vm=home)
        for obj in account_rights(NAME, NAME, RULES):
            admin.create(obj)
        home.install(NAME, lambda scope: _Process(self.client_for(ACCOUNT, vm=home), scope, self.world))
        self.journal.note(self.loop.now, "install_cluster_autoscaler")


class _Process:
    """The add-on while it runs."""

    def __init__(self, client: Client, scope: Scope, world: World) -> None:
        self.informers = Informers(client, scope)
        self._client, self._scope, self._world = client, scope, world
        self.autoscaler = ClusterAutoscaler(client, self.informers, scope, self._groups, self._simulation)
        self.informers.start()

    def stop(self) -> None:
        """Let go of the watches."""
        self.informers.stop()

    def _groups(self) -> list[Any]:
        return list(self._world.cloud.groups) if self._world.cloud is not None else []

    def _simulation(self, nodes: Any, pods: Any) -> Simulation:
        return Simulation(self._client, self.informers, self._scope, nodes, pods)
