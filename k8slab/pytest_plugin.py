"""A cluster for tests: the fixture `k8slab`, which any Kubernetes client finds by KUBECONFIG.

Every test gets a cluster of its own; `@pytest.mark.k8slab(nodes=1, speed=0)` says how it is to be. The engine is loaded
by the first test that asks for it: other test runs do not pay for this plugin.

Left out  other ways to find a cluster than KUBECONFIG and the default of the official clients
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from k8slab.kubeadm import Cluster

__all__ = [
    "Slab",
    "k8slab",
    "k8slab_factory",
    "pytest_configure",
]

SPEED = 10.0
HOME_CLUSTER = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")  # of the pod that the tests run in
OFFICIAL = ("kubernetes", "kubernetes.aio", "kubernetes_asyncio")
READ_ONCE = [f"{client}.config{part}" for client in OFFICIAL for part in ("", ".kube_config")]


class Slab:
    """A served cluster: `url`, `token` and `kubeconfig` (a path) for clients, `cluster` for what no client can do.

    Virtual time passes `speed` times as fast as the real one (0: only by `run` and `settle`); `options` are those of
    `Cluster`. Use it as a context manager.
    """

    def __init__(self, nodes: int = 3, *, speed: float = SPEED, start: Any = "now", **options: Any) -> None:
        from k8slab.kubeadm import Cluster

        self.cluster: Cluster = Cluster(nodes, start=start, **options)
        self._server = self.cluster.serve(speed=speed)
        self.url: str = self._server.url
        self.token: str = self._server.token
        self.kubeconfig: Path = self._server.kubeconfig

    @property
    def speed(self) -> float:
        """How many virtual seconds pass in a real one."""
        return self._server.pacer.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        """Set it; 0 stops the clock. Raises ValueError."""
        self._server.pacer.speed = speed

    def kubectl(self, command: str, stdin: str = "") -> str:
        """What `kubectl COMMAND` prints; no process is started."""
        return self.cluster.kubectl(command, stdin)

    def apply(self, manifests: Any) -> list[dict[str, Any]]:
        """Apply a YAML text, a file, a folder, or objects. Raises ApiError."""
        return self.cluster.apply(manifests)

    def run(self, duration: str | float) -> None:
        """Let virtual time pass at once: `"5m"`, `90`."""
        self.cluster.run(duration)

    def settle(self) -> None:
        """Let virtual time pass at once, until the cluster has nothing more to do."""
        self.cluster.settle()

    def __enter__(self) -> Slab:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.close()
        self.cluster.etcd.close()

    def __repr__(self) -> str:
        return f"<Slab at {self.url}>"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    line = "k8slab(nodes=3, speed=10, seed=0, agents=...): how the cluster of the fixture `k8slab` is made"
    config.addinivalue_line("markers", line)


@pytest.fixture(scope="session")
def k8slab_factory() -> Iterator[Callable[..., Slab]]:
    """Make served clusters that live until the session ends, for fixtures of a wider scope."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(Slab(*args, **options))


@pytest.fixture
def k8slab(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slab]:
    """A Kubernetes cluster for this test alone; clients find it as they find any other."""
    marker = request.node.get_closest_marker("k8slab")
    args, options = (marker.args, marker.kwargs) if marker else ((), {})
    with Slab(*args, **options) as slab:
        _point_clients(monkeypatch, str(slab.kubeconfig))
        yield slab


def _point_clients(monkeypatch: pytest.MonkeyPatch, kubeconfig: str) -> None:
    """Have clients find this cluster and no other, those too that have already looked at their environment."""
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    for name in HOME_CLUSTER:
        monkeypatch.delenv(name, raising=False)
    for name in READ_ONCE:
        if hasattr(sys.modules.get(name), "KUBE_CONFIG_DEFAULT_LOCATION"):
            monkeypatch.setattr(f"{name}.KUBE_CONFIG_DEFAULT_LOCATION", kubeconfig)
