"""API servers in processes of their own, and a client that knows only their kubeconfig."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml

BOUND_S = 20.0
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"

Obj = dict[str, Any]


class Reply(NamedTuple):
    """What came back."""

    code: int
    body: Any


class Caller:
    """Who talks to one server as a kubeconfig says, over one connection."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text("utf-8"))
        server = config["clusters"][0]["cluster"]
        root = base64.b64decode(server["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=root)
        self._connection = HTTPSConnection(urlsplit(server["server"]).netloc, context=context, timeout=BOUND_S)
        self._headers = {"Authorization": f"Bearer {config['users'][0]['user']['token']}"}

    def open(self, method: str, path: str, body: Obj | None = None) -> HTTPResponse:
        """Send a request; answers what is to be read."""
        headers = {**self._headers, **({"Content-Type": "application/json"} if body else {})}
        self._connection.request(method, path, json.dumps(body) if body else None, headers)
        return self._connection.getresponse()

    def ask(self, method: str, path: str, body: Obj | None = None) -> Reply:
        """Send a request and read the answer."""
        response = self.open(method, path, body)
        data = response.read().decode()
        return Reply(response.status, json.loads(data) if data.startswith("{") else data)

    def create_configmap(self, name: str) -> int:
        """Answers the code."""
        return self.ask("POST", CONFIGMAPS, {"metadata": {"name": name}}).code

    def configmaps(self) -> list[str]:
        """The names of those that are there."""
        return [each["metadata"]["name"] for each in self.ask("GET", CONFIGMAPS).body["items"]]

    def leader(self, process: str) -> str:
        """Who holds the Lease of a process."""
        lease = self.ask("GET", f"/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/{process}").body
        return str(lease.get("spec", {}).get("holderIdentity", ""))


class Served:
    """`k8slab serve` in a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.kubeconfig = folder / "kubeconfig"
        command = [sys.executable, "-m", "k8slab", "serve", "--kubeconfig", str(self.kubeconfig), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        if not self.process.stdout.readline():
            raise AssertionError(self.end()[1])

    def caller(self) -> Caller:
        """A client of its own connection."""
        return Caller(self.kubeconfig)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.communicate()

    def end(self) -> tuple[int, str]:
        """Have it end in order; answers its exit code and what it complained of."""
        if self.process.poll() is None:
            self.process.terminate()
        _, errors = self.process.communicate(timeout=BOUND_S)
        return self.process.returncode, errors


@contextmanager
def ended(servers: list[Served]) -> Iterator[None]:
    """See to it that none of the servers outlives the block."""
    try:
        yield
    finally:
        for server in servers:
            server.kill()


def wait_until(is_so: Callable[[], object]) -> None:
    """Ask until something is so."""
    for _ in range(int(BOUND_S / 0.02)):
        if is_so():
            return
        Event().wait(0.02)
    raise AssertionError("it has not come true")
