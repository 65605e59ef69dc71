"""An agent that never settles is stopped and named, with what it keeps writing."""

from __future__ import annotations

import pytest

from k8slab import Cluster
from k8slab.client import Informers, own_key
from k8slab.client.controller import Controller
from k8slab.clock import HotLoop
from k8slab.objects import Key


class Restless(Controller):
    """Writes what it has just written, only otherwise."""

    name = "restless-controller"
    watches = {"ConfigMap": own_key}

    def reconcile(self, key: Key) -> None:
        """Take one step, again and again."""
        config = self.informer("ConfigMap").get(key)
        if config is not None and config["metadata"]["name"] == "counter":
            turns = int(config["data"]["turns"]) + 1
            self.client.patch("ConfigMap", "counter", key.namespace, {"data": {"turns": str(turns)}})


@pytest.mark.parametrize("wait", [Cluster.settle, lambda cluster: cluster.run("10m")])
def test_a_hot_loop_is_stopped_and_explained(cluster: Cluster, wait: object) -> None:
    cluster.loop._budget = 3000
    client = cluster.client_for("system:serviceaccount:default:restless-controller", groups=["kubeadm:cluster-admins"])
    informers = Informers(client, cluster.loop)
    Restless(client, informers, cluster.loop)
    informers.start()
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "counter"}, "data": {"turns": "0"}})

    with pytest.raises(HotLoop) as error:
        wait(cluster)  # type: ignore[operator]

    assert "more than 3,000 callbacks in one second of virtual time" in str(error.value)
    assert "restless-controller patch configmaps default/counter (" in str(error.value)
