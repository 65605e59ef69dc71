"""The kubelet's own small server, which only the API server calls: logs, exec, and what is used.

Source    pkg/kubelet/server/server.go (getContainerLogs, getExec, getAttach, getPortForward)
Left out  /pods, /metrics, /configz, all of /stats but the summary
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.kubelet import pods
from k8slab.kubelet.exec import attach, open_command, run_command
from k8slab.kubelet.forwarding import forward_port
from k8slab.kubelet.logs import LogError, follow_log, instance_of, read_log
from k8slab.kubelet.stats import summary
from k8slab.wire import Request, Response

if TYPE_CHECKING:
    from k8slab.kubelet.kubelet import Kubelet
    from k8slab.kubelet.pod_worker import PodWorker

__all__ = [
    "serve",
]

Obj = dict[str, Any]

NO_PAGE = "404 page not found\n"


def serve(kubelet: Kubelet, request: Request) -> Response:
    """Answer one call about this node or a pod of it; an error is a text with its HTTP code."""
    if request.path == "/stats/summary":
        return Response(200, summary(kubelet.vm))
    if request.path:
        return Response(200, {}, text="ok") if request.path == "/healthz" else Response(404, {}, text=NO_PAGE)
    worker = _worker(kubelet, request.namespace, request.name)
    options: Obj = request.body or {}
    name = options.get("container", "")
    if request.subresource == "portforward":
        if worker is None or worker.sandbox is None or not worker.sandbox.is_ready:
            return Response(500, {}, text=f'unable to find the sandbox of pod "{request.name}"')
        return forward_port(worker.sandbox, options)
    if request.subresource == "log":
        return _log(kubelet, worker, request, name, options)
    sandbox = worker.sandbox if worker is not None else None
    container = sandbox.containers.get(name) if sandbox is not None else None
    is_attach = request.subresource == "attach"
    if worker is None or container is None or not container.is_running:
        where = f"container {name} not found in pod {request.name}_{request.namespace}"
        return Response(500, {}, text=where if is_attach else f'container not found ("{name}")')
    if is_attach:
        return Response(200, {}, session=attach(container, worker.spec(name), options))
    if not options.get("session"):
        return Response(200, run_command(container, options, kubelet.scope.now))
    opened = open_command(container, options, kubelet.scope.now)
    return Response(200, opened) if isinstance(opened, dict) else Response(200, {}, session=opened)


def _log(kubelet: Kubelet, worker: PodWorker | None, request: Request, name: str, options: Obj) -> Response:
    if worker is None:
        return Response(404, {}, text=f'pod "{request.name}" does not exist\n')
    if all(spec["name"] != name for spec in pods.containers_of(worker.pod)):
        return Response(404, {}, text=f'container "{name}" not found in pod "{request.name}"\n')
    status = kubelet.statuses.sent(worker.uid)
    try:
        instance = instance_of(status, request.name, name, bool(options.get("previous")))
    except LogError as error:
        return Response(400, {}, text=str(error))
    asked = worker.sandbox, name, instance, options, kubelet.scope.now
    session = follow_log(*asked) if options.get("follow") else None
    return Response(200, {}, text=read_log(*asked), session=session)


def _worker(kubelet: Kubelet, namespace: str, name: str) -> PodWorker | None:
    found = [
        worker
        for worker in kubelet.workers.values()
        if worker.pod["metadata"]["name"] == name and worker.pod["metadata"]["namespace"] == namespace
    ]
    return next((worker for worker in found if not worker.is_gone), found[0] if found else None)
