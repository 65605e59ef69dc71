"""Row 18: the same shop in another environment. The number: edits of its manifests, nailed in and kept apart."""

from __future__ import annotations

from k8slab import Cluster

ENVIRONMENTS = ("test", "production")
NAILED = {"name": "DB_HOST", "value": "db.{}.example"}
APART = {"name": "DB_HOST", "valueFrom": {"configMapKeyRef": {"name": "shop", "key": "db-host"}}}


def number() -> tuple[int, int]:
    return _edits(NAILED), _edits(APART)


def _edits(variable: dict[str, object]) -> int:
    """How many manifests differ between the environments; each finds its database, too."""
    manifests = []
    for name in ENVIRONMENTS:
        cluster = Cluster(nodes=1)
        given = {**variable, "value": str(variable["value"]).format(name)} if "value" in variable else variable
        pods = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod},
                 "spec": {"containers": [{"name": "main", "image": "busybox", "env": [given],
                                          "command": ["sh", "-c", "echo $DB_HOST; sleep 3600"]}]}}
                for pod in ("front", "cart", "order")]  # fmt: skip
        config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop"},
                  "data": {"db-host": f"db.{name}.example"}}  # fmt: skip
        cluster.apply([config, *pods] if variable is APART else pods)
        cluster.settle()
        assert cluster.kubectl("logs cart").strip() == f"db.{name}.example"
        manifests.append([config, *pods] if variable is APART else pods)
    return sum(one != other for one, other in zip(*manifests, strict=True))
