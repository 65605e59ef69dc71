"""Write `tests/http/protobuf_bodies.json`: what a real kubectl sends, and what it says that it would send.

Each command runs twice: against a server that only listens, and with `--dry-run=client -o json`. Commands that
cannot say it leave null: what is in their bodies stands in the test. The job `from=cronjob/full` has every field
that a Job, and so a Pod, can have.

Run     python tools/capture_protobuf.py KUBECTL
Source  kubectl, of the release in the table of field numbers
"""

from __future__ import annotations

import base64
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "k8slab" / "http" / "protobuf.json"
BODIES = ROOT / "tests" / "http" / "protobuf_bodies.json"
PRINTED = """
create namespace team
create configmap cm --from-literal=a=1 --from-literal=b=two --from-file=bytes
create configmap cm --from-env-file=env --append-hash
create secret generic s --from-literal=pw=geheim --type=example.com/t
create secret docker-registry r --docker-server=reg.io --docker-username=u --docker-password=p --docker-email=e@x.y
create serviceaccount sa
create deployment web --image=nginx:1 --image=busybox:2 --replicas=3
create deployment web --image=nginx --port=80 -- sleep 5
create deployment web --image=nginx --replicas=0
create job j --image=busybox -- sh -c 'exit 0'
create job j --from=cronjob/cj
create job j --from=cronjob/full
create cronjob cj --image=busybox --schedule='*/5 * * * *' --restart=OnFailure -- date
create service clusterip c --tcp=80:8080 --tcp=443:https
create service clusterip c --clusterip=None
create service nodeport n --tcp=80:8080 --node-port=30080
create service loadbalancer l --tcp=80
create service externalname e --external-name=example.com --tcp=5432
create quota q --hard=pods=10,cpu=1500m,memory=2Gi --scopes=BestEffort,Terminating
create role r --verb=get,list --resource=pods,deployments.apps --resource-name=a
create clusterrole cr --verb=get --non-resource-url=/healthz
create clusterrole ca --aggregation-rule='a=b,c=d'
create rolebinding rb --role=r --user=anna --group=g --serviceaccount=default:sa
create clusterrolebinding cb --clusterrole=cr --serviceaccount=kube-system:x
create poddisruptionbudget p --selector=app=web --min-available=50%
create poddisruptionbudget p --selector=app=web,tier=x --max-unavailable=1
create priorityclass low --value=-5 --global-default=true --description=low --preemption-policy=Never
create priorityclass zero --value=0
create ingress i --rule=a.com/x*=svc:80,tls=cert --rule=b.com/=svc:http --class=nginx --default-backend=d:80
autoscale deployment web --min=2 --max=5 --cpu=80%
autoscale deployment web --max=5 --memory=200Mi
autoscale deployment web --max=5
"""
SILENT = """
create token sa
create token sa --duration=10m --audience=x --bound-object-kind=Pod --bound-object-name=p --bound-object-uid=u
auth can-i get /logs
auth can-i delete deployments.apps/web -n team
auth can-i --list
auth whoami
debug node/n1 --image=busybox --profile=sysadmin -- sh
"""
RESOURCES = {
    "v1": {"pods": "Pod", "nodes": "Node", "services": "Service", "serviceaccounts": "ServiceAccount"},
    "apps/v1": {"deployments": "Deployment", "deployments/scale": "Scale"},
    "batch/v1": {"jobs": "Job", "cronjobs": "CronJob"},
    "rbac.authorization.k8s.io/v1": {"roles": "Role", "clusterroles": "ClusterRole"},
    "autoscaling/v2": {"horizontalpodautoscalers": "HorizontalPodAutoscaler"},
}
LIMITS = {"limits": {"cpu": "100m", "memory": "1Gi"}}
TEMPLATE = {"spec": {"restartPolicy": "Never", "containers": [{"name": "x", "image": "y", "resources": LIMITS}]}}
DEPLOYMENT = {"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}}}


def cronjob(name: str, template: Any) -> dict[str, Any]:
    """Return a CronJob whose Jobs are made as said."""
    metadata = {"name": name, "namespace": "default", "uid": f"uid-of-{name}"}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata,
        "spec": {"schedule": "@daily", "jobTemplate": template},
    }


def filled(shape: str, types: dict[str, dict[str, str]], numbers: Iterator[int]) -> Any:
    """Return a value in which every field is set, each to something else."""
    n = next(numbers)
    if shape.startswith("*"):
        return filled(shape[1:], types, numbers)
    if shape.startswith("[]"):
        return [filled(shape[2:], types, numbers) for _ in range(2 if shape[2:] in ("int64", "string") else 1)]
    if shape.startswith("{}"):
        return {f"k{n}": filled(shape[2:], types, numbers)}
    if shape in types:
        values = {line: filled(line.split(" ")[1], types, numbers) for line in types[shape].values()}
        inline = [value for line, value in values.items() if line.startswith("~")]
        named = {line.split(" ")[0].rstrip("?0"): v for line, v in values.items() if not line.startswith("~")}
        return {name: value for part in (*inline, named) for name, value in part.items()}
    scalars = {"string": f"v{n}", "bool": True, "int32": -n, "int64": n << 33, "quantity": f"{n}Mi", "bytes": "AAEC"}
    others = {"time": f"2026-01-01T00:00:{n % 60:02}Z", "json": {"f": n}, "int-or-string": n if n % 2 else f"{n}%"}
    return (scalars | others)[shape]


def answers() -> dict[str, Any]:
    """Return what the server knows, by path."""
    types = json.loads(TABLE.read_text())["types"]
    everything = cronjob("full", filled("batch/v1.JobTemplateSpec", types, count()))
    groups = [
        {"name": version.partition("/")[0], "versions": [versions], "preferredVersion": versions}
        for version in RESOURCES
        if version != "v1" and (versions := {"groupVersion": version, "version": version.partition("/")[2]})
    ]
    found = {
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups},
        "/api/v1/nodes/n1": {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n1"}},
        "/apis/apps/v1/namespaces/default/deployments/web": {
            "kind": "Deployment",
            "apiVersion": "apps/v1",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": DEPLOYMENT,
        },
        "/apis/batch/v1/namespaces/default/cronjobs/cj": cronjob("cj", {"spec": {"template": TEMPLATE}}),
        "/apis/batch/v1/namespaces/default/cronjobs/full": everything,
    }
    for version, kinds in RESOURCES.items():
        resources = [resource(name, kind) for name, kind in kinds.items()]
        path = f"/apis/{version}" if "/" in version else f"/api/{version}"
        found[path] = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}
    return found


def resource(name: str, kind: str) -> dict[str, Any]:
    """Return what discovery says of a resource."""
    home = {"group": "autoscaling", "version": "v1"} if kind == "Scale" else {}
    is_namespaced = kind not in ("Node", "ClusterRole")
    verbs = ["create", "get", "list"]
    return {
        "name": name,
        "singularName": kind.lower(),
        "namespaced": is_namespaced,
        "kind": kind,
        "verbs": verbs,
        **home,
    }


@contextmanager
def listening(known: dict[str, Any], heard: list[bytes]) -> Iterator[int]:
    """Serve what is known, and keep the bodies of everything that is sent; yield the port."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            self.answer(known.get(self.path.partition("?")[0]))

        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(None)

        def answer(self, body: Any) -> None:
            failure = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403}
            self.send_response(200 if body else 403)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body or failure).encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def main(kubectl: str) -> None:
    """Run the commands, and write what came."""
    heard: list[bytes] = []
    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as home, listening(answers(), heard) as port:
        Path(home, "bytes").write_bytes(bytes(range(250, 256)))
        Path(home, "env").write_text("A=1\nB=two\n")
        environment = {"HOME": home, "KUBECONFIG": os.devnull}

        def run(words: list[str]) -> str:
            command = [kubectl, "--server", f"http://127.0.0.1:{port}", *words]
            return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True).stdout

        for command in (*PRINTED.strip().splitlines(), *SILENT.strip().splitlines()):
            words = shlex.split(command)
            at = words.index("--") if "--" in words else len(words)
            heard.clear()
            run(words)
            body = heard[0]  # refused, it tries older versions
            printed = (
                run([*words[:at], "--dry-run=client", "-o", "json", *words[at:]]) if command in PRINTED else "null"
            )
            rows[command] = {"body": base64.b64encode(body).decode(), "printed": json.loads(printed)}
    lines = (f"{json.dumps(command)}: {json.dumps(row, separators=(',', ':'))}" for command, row in rows.items())
    BODIES.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
