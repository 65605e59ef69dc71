"""A cluster behind HTTPS, and a client that reaches it as any other cluster would be reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from k8slab import Cluster
from k8slab.client.over_http import OverHttp, RemoteClient, open_door
from k8slab.http import HttpServer


@contextmanager
def reached(kubeconfig: Path, namespace: str = "default") -> Iterator[RemoteClient]:
    """A client by this kubeconfig."""
    way = OverHttp(lambda: open_door(kubeconfig))
    try:
        yield RemoteClient(way, namespace)
    finally:
        way.close()


def arrived(client: RemoteClient, stream: Any, count: int) -> list[Any]:
    """What a watch has brought, once there is so much of it (or no more comes for a second)."""
    events = list(stream.pull())
    while len(events) < count:
        before = len(events)
        client.remote.wait(1.0, 1.0)
        events += stream.pull()
        if len(events) == before:
            break
    return [event for event in events if event.type != "BOOKMARK"]


def kubeconfig_of(cluster: Cluster, server: HttpServer, path: Path, account: str, namespace: str) -> Path:
    """A kubeconfig of a service account in that namespace, by a token of its own."""
    spec = {"spec": {"expirationSeconds": 3600}}
    token = cluster.client.create_token(account, namespace, spec)["status"]["token"]
    config = yaml.safe_load(server.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    config["contexts"][0]["context"]["namespace"] = namespace
    path.write_text(yaml.safe_dump(config))
    return path


def grant(cluster: Cluster, account: str, namespace: str, groups: list[str], resources: list[str]) -> None:
    """A service account that may read these resources in its namespace, and nothing else."""
    metadata = {"name": account, "namespace": namespace}
    rbac = "rbac.authorization.k8s.io"
    rules = [{"apiGroups": groups, "resources": resources, "verbs": ["get", "list", "watch"]}]
    role = {"apiGroup": rbac, "kind": "Role", "name": account}
    cluster.client.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    cluster.client.create({"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": rules})
    subjects = [{"kind": "ServiceAccount", "name": account, "namespace": namespace}]
    binding = {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding", "metadata": metadata}
    cluster.client.create({**binding, "roleRef": role, "subjects": subjects})


def cut(server: HttpServer) -> None:
    """Abort every connection, as the end of its process does."""
    loop = server._server.servers[0].get_loop()
    for connection in list(server._server.server_state.connections):
        loop.call_soon_threadsafe(connection.transport.abort)
