"""What a pod finds in its volumes."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from one_node import OneNode

from k8slab.kubelet.volumes import MountError, Place, contents
from k8slab.world import Container

STORED = {
    ("ConfigMap", "colors"): {"data": {"sky": "blue", "sun": "yellow"}, "binaryData": {"raw": "aGk="}},
    ("Secret", "keys"): {"data": {"door": "b3Blbg=="}},
}
MAIN = {"name": "main", "resources": {"limits": {"memory": "64Mi"}}}
POD: Any = {
    "metadata": {"name": "web", "namespace": "default", "uid": "u1", "labels": {"b": 'x"y', "a": "1"}},
    "spec": {"containers": [MAIN]},
}
SKY = [{"key": "sky", "path": "up/sky.txt"}]
SEA = [{"key": "sea", "path": "sea"}]


def place() -> Place:
    """Where the pod's volumes are filled."""
    return Place(POD, lambda kind, namespace, name: STORED.get((kind, name)), lambda source: "a token", {"cpu": "4"})


def about(**item: Any) -> Any:
    """A downwardAPI volume with one file `it`."""
    return {"downwardAPI": {"items": [{"path": "it", **item}]}}


def amount(resource: str, divisor: str = "") -> Any:
    """A downwardAPI volume that tells a request or limit."""
    return about(resourceFieldRef={"containerName": "main", "resource": resource, "divisor": divisor})


@pytest.mark.parametrize(
    ("volume", "files"),
    [
        ({"configMap": {"name": "colors"}}, {"sky": "blue", "sun": "yellow", "raw": "hi"}),
        ({"configMap": {"name": "colors", "items": SKY}}, {"up/sky.txt": "blue"}),
        ({"configMap": {"name": "colors", "items": SEA, "optional": True}}, {}),
        ({"configMap": {"name": "nope", "optional": True}}, {}),
        ({"secret": {"secretName": "keys"}}, {"door": "open"}),
        ({"secret": {"secretName": "keys", "items": [{"key": "door", "path": "k"}]}}, {"k": "open"}),
        ({"secret": {"secretName": "nope", "optional": True}}, {}),
        (about(fieldRef={"fieldPath": "metadata.labels"}), {"it": 'a="1"\nb="x\\"y"'}),
        (about(fieldRef={"fieldPath": "metadata.uid"}), {"it": "u1"}),
        (about(fieldRef={"fieldPath": "metadata.labels['a']"}), {"it": "1"}),
        (amount("limits.memory"), {"it": "67108864"}),
        (amount("limits.memory", "1Mi"), {"it": "64"}),
        (amount("limits.cpu"), {"it": "4"}),
        (amount("requests.cpu"), {"it": "0"}),
    ],
)
def test_a_volume_holds_what_its_source_has(volume: Any, files: dict[str, str]) -> None:
    """Source: kubernetes.io, "ConfigMaps", "Secrets", "Downward API"; pkg/volume/configmap, MakePayload."""
    assert contents({"name": "v", **volume}, place()) == files


@pytest.mark.parametrize(
    ("volume", "problem"),
    [
        ({"configMap": {"name": "nope"}}, 'configmap "nope" not found'),
        ({"secret": {"secretName": "nope"}}, 'secret "nope" not found'),
        ({"configMap": {"name": "colors", "items": SEA}}, "configmap references non-existent config key: sea"),
        ({"secret": {"secretName": "keys", "items": SEA}}, "references non-existent secret key: sea"),
        ({"projected": {"sources": [{"configMap": {"name": "nope"}}]}}, 'configmap "nope" not found'),
        (
            {"projected": {"sources": [{"configMap": {"name": "a"}}, {"secret": {"name": "b"}}]}},
            '[configmap "a" not found, secret "b" not found]',
        ),
    ],
)
def test_what_is_missing_is_named(volume: Any, problem: str) -> None:
    """Source: pkg/volume/configmap/configmap.go, pkg/volume/secret/secret.go (MakePayload)."""
    with pytest.raises(MountError) as raised:
        contents({"name": "v", **volume}, place())

    assert str(raised.value) == problem


def test_a_projected_volume_puts_several_sources_into_one_directory() -> None:
    """Source: kubernetes.io, "Projected Volumes"; the volume kube-api-access of every pod."""
    sources = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
        {"configMap": {"name": "colors", "items": SKY}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]

    files = contents({"name": "v", "projected": {"sources": sources}}, place())

    assert files == {"token": "a token", "up/sky.txt": "blue", "namespace": "default"}


def config_map(node: OneNode, name: str = "colors", **fields: Any) -> Any:
    """Create a ConfigMap."""
    metadata = {"name": name, "namespace": "default"}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"sky": "blue"}, **fields}
    return node.client.create(body)


def mounting(node: OneNode, volume: Any, *, path: str = "/v", settle: bool = True, **mount: Any) -> None:
    """A pod with one volume."""
    container = {"volumeMounts": [{"name": "v", "mountPath": path, **mount}]}
    node.given("web", volumes=[{"name": "v", **volume}], container=container, settle=settle)


def main(node: OneNode, name: str = "main") -> Container:
    """The pod's container."""
    return next(iter(node.vm.runtime.sandboxes.values())).containers[name]


def test_an_empty_directory_is_shared_and_survives_a_container_but_not_the_pod(node: OneNode) -> None:
    """Source: kubernetes.io, "Volumes", "emptyDir"."""
    containers = [{"name": n, "image": "nginx", "volumeMounts": [{"name": "v", "mountPath": f"/{n}"}]} for n in "ab"]
    node.given("web", volumes=[{"name": "v", "emptyDir": {}}], containers=containers)
    main(node, "a").files["/a/x"] = "kept"
    main(node, "a").kill()
    node.run(30)
    seen = main(node, "a").files["/a/x"], main(node, "b").files["/b/x"]

    node.client.delete("Pod", "web", "default")
    node.loop.settle()

    assert seen == ("kept", "kept") and node.vm.volumes == {}


@pytest.mark.parametrize(("medium", "kept"), [("", {"x": "1"}), ("Memory", {})])
def test_an_empty_directory_on_disk_survives_a_power_cut_and_one_in_memory_does_not(
    node: OneNode, medium: str, kept: Any
) -> None:
    """Source: kubernetes.io, "Volumes", "emptyDir" (medium Memory is a tmpfs, cleared on node reboot)."""
    mounting(node, {"emptyDir": {"medium": medium}})
    main(node).files["/v/x"] = "1"
    (volumes,) = node.vm.volumes.values()
    in_memory = node.vm.memory.value

    node.vm.power_off()
    node.vm.power_on()
    node.loop.settle()

    assert dict(volumes["v"]) == kept and node.state("web").startswith("Running")
    assert node.vm.memory.value == in_memory - len(medium and "1")


def test_a_missing_source_holds_the_pod_until_it_is_there(node: OneNode) -> None:
    """Source: operation_generator.go (MountVolume); pkg/util/goroutinemap/exponentialbackoff: 0.5 s, doubled."""
    mounting(node, {"configMap": {"name": "colors"}}, settle=False)
    node.run(10)
    assert node.state("web") == "Pending ready=False restarts=0 waiting:ContainerCreating"
    (event,) = [e for e in node.client.list("Event") if e["reason"] == "FailedMount"]
    text = 'MountVolume.SetUp failed for volume "v" : configmap "colors" not found'
    assert (event["message"], event["count"]) == (text, 5)  # at 0, 0.5, 1.5, 3.5 and 7.5 s

    config_map(node)
    node.run(10)

    assert node.state("web").startswith("Running") and main(node).files["/v/sky"] == "blue"


def test_after_two_minutes_the_volumes_that_are_missing_are_listed(node: OneNode) -> None:
    """Source: pkg/kubelet/volumemanager/volume_manager.go, WaitForAttachAndMount (2m3s)."""
    mounting(node, {"secret": {"secretName": "nope"}}, settle=False)
    node.run(122.5)
    before = node.said("web")

    node.run(1)

    rest = "unmounted volumes=[v], unattached volumes=[], failed to process volumes=[]: context deadline exceeded"
    assert set(node.said("web")) - set(before) == {f"FailedMount: Unable to attach or mount volumes: {rest}"}


def test_a_volume_that_no_container_mounts_is_not_set_up(node: OneNode) -> None:
    """Source: pkg/kubelet/volumemanager/populator, processPodVolumes (unused volumes are skipped)."""
    node.given("web", volumes=[{"name": "v", "configMap": {"name": "nope"}}])

    assert node.state("web").startswith("Running ready=True")


@pytest.mark.parametrize(("sub", "seen"), [({}, ["blue", "grey"]), ({"subPath": "sky"}, ["blue", "blue"])])
def test_a_changed_config_map_is_seen_after_the_next_look_but_not_through_a_sub_path(
    node: OneNode, sub: Any, seen: list[str]
) -> None:
    """Source: kubernetes.io, "ConfigMaps", "Mounted ConfigMaps are updated automatically"."""
    config_map(node)
    path = "/v/sky" if sub else "/v"
    mounting(node, {"configMap": {"name": "colors"}}, path=path, **sub)

    node.client.patch("ConfigMap", "colors", "default", {"data": {"sky": "grey"}})
    texts = []
    for wait_s in (0.5, 95):
        node.run(wait_s)
        texts.append(main(node).files["/v/sky"])

    assert texts == seen


def test_every_pod_takes_its_next_look_within_a_minute_and_a_half(node: OneNode) -> None:
    """Source: kubernetes.io, "ConfigMaps"; pkg/kubelet/pod_workers.go: every minute, and up to half of it later."""
    config_map(node)
    container = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    for number in range(12):
        node.given(f"web-{number}", volumes=[{"name": "v", "configMap": {"name": "colors"}}], container=container)

    node.client.patch("ConfigMap", "colors", "default", {"data": {"sky": "grey"}})
    counts = []
    for wait_s in (20, 71):
        node.run(wait_s)
        skies = [one.containers["main"].files["/v/sky"] for one in node.vm.runtime.sandboxes.values()]
        counts.append(skies.count("grey"))

    assert 0 < counts[0] < 10 and counts[1] == 12


def test_an_immutable_config_map_is_not_looked_at_again(node: OneNode) -> None:
    """Source: kubernetes.io, "ConfigMaps", "Immutable ConfigMaps"."""
    config_map(node, immutable=True)
    mounting(node, {"configMap": {"name": "colors"}})

    node.client.delete("ConfigMap", "colors", "default")
    config_map(node, data={"sky": "grey"})
    node.run(200)

    assert main(node).files["/v/sky"] == "blue"
    assert not [text for text in node.said("web") if text.startswith("FailedMount")]


def test_a_deleted_config_map_leaves_its_files_and_is_missed(node: OneNode) -> None:
    config_map(node)
    mounting(node, {"configMap": {"name": "colors"}})

    node.client.delete("ConfigMap", "colors", "default")
    node.run(95)

    text = 'FailedMount: MountVolume.SetUp failed for volume "v" : configmap "colors" not found'
    assert main(node).files["/v/sky"] == "blue" and text in node.said("web")


def test_a_changed_label_is_in_its_file_at_once(node: OneNode) -> None:
    """Source: pkg/kubelet/kubelet.go, HandlePodUpdates; pkg/volume/downwardapi (RequiresRemount)."""
    mounting(node, about(fieldRef={"fieldPath": "metadata.labels"}))

    node.client.patch("Pod", "web", "default", {"metadata": {"labels": {"tier": "front"}}})
    node.run(1)

    assert main(node).files["/v/it"] == 'tier="front"'


def test_files_of_the_machine_survive_the_pod(node: OneNode) -> None:
    """Source: kubernetes.io, "Volumes", "hostPath"."""
    mounting(node, {"hostPath": {"path": "/var/log"}})
    main(node).files["/v/app/1.log"] = "a line"

    node.client.delete("Pod", "web", "default")
    node.loop.settle()
    mounting(node, {"hostPath": {"path": "/var/log/app"}}, path="/w")

    assert node.vm.files["/var/log/app/1.log"] == main(node).files["/w/1.log"] == "a line"


@pytest.mark.parametrize(
    ("path", "kind", "problem"),
    [
        ("/data/new", "", ""),
        ("/data/new", "DirectoryOrCreate", ""),
        ("/data/new", "FileOrCreate", ""),
        ("/var/log", "Directory", ""),
        ("/etc/motd", "File", ""),
        ("/run/containerd/containerd.sock", "Socket", ""),
        ("/data/new", "Directory", "/data/new is not a directory"),
        ("/data/new", "File", "/data/new is not a file"),
        ("/etc/motd", "DirectoryOrCreate", "/etc/motd is not a directory"),
        ("/var/log", "FileOrCreate", "/var/log is not a file"),
        ("/etc/motd", "Socket", "/etc/motd is not a socket file"),
        ("/dev/sdb", "BlockDevice", "/dev/sdb is not a block device"),
        ("/dev/tty9", "CharDevice", "/dev/tty9 is not a character device"),
    ],
)
def test_a_path_of_the_machine_is_what_its_type_says(node: OneNode, path: str, kind: str, problem: str) -> None:
    """Source: kubernetes.io, "Volumes", "hostPath"; pkg/volume/hostpath/host_path.go, checkTypeInternal."""
    node.vm.files["/etc/motd"] = "hello"

    mounting(node, {"hostPath": {"path": path, "type": kind}})

    text = f'FailedMount: MountVolume.SetUp failed for volume "v" : hostPath type check failed: {problem}'
    assert node.state("web").startswith("Pending" if problem else "Running")
    assert not problem or text in node.said("web")


def test_a_sub_path_is_a_directory_of_the_volume_that_may_be_named_by_variables(node: OneNode) -> None:
    """Source: kubernetes.io, "Volumes", "Using subPath with expanded environment variables"."""
    env = [{"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    mount = {"name": "v", "mountPath": "/logs", "subPathExpr": "$(POD_NAME)"}
    node.given("web", volumes=[{"name": "v", "emptyDir": {}}], container={"env": env, "volumeMounts": [mount]})

    main(node).files["/logs/x"] = "a line"

    (files,) = node.vm.volumes.values()
    assert files["v"] == {"web/x": "a line"}


def test_a_kubelet_that_was_started_again_still_fills_the_volumes(node: OneNode) -> None:
    config_map(node)
    mounting(node, {"configMap": {"name": "colors"}})
    node.vm.stop_daemon("kubelet")
    node.client.patch("ConfigMap", "colors", "default", {"data": {"sky": "grey"}})

    node.vm.start_daemon("kubelet")
    node.run(95)

    assert main(node).files["/v/sky"] == "grey" and main(node).attempt == 0


def claim(node: OneNode, phase: str) -> None:
    """A claim, and the volume that it may be bound to."""
    spec: Any = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeName": "pv"}
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "default"}}
    made = node.client.create({**body, "spec": spec})
    node.client.update_status({**made, "status": {"phase": phase}})
    source = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/mnt/pv"}}
    node.client.create({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv"}, "spec": source})


@pytest.mark.parametrize(
    ("phase", "problem"),
    [
        ("Pending", "PVC is not bound"),
        ("", 'failed to fetch PVC from API server: persistentvolumeclaims "data" not found'),
    ],
)
def test_a_pod_waits_for_its_claim(node: OneNode, phase: str, problem: str) -> None:
    """Source: pkg/kubelet/volumemanager/populator/desired_state_of_world_populator.go, getPVCExtractPV."""
    if phase:
        claim(node, phase)

    mounting(node, {"persistentVolumeClaim": {"claimName": "data"}})

    lists = "unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]"
    text = f"Unable to attach or mount volumes: {lists}: error processing PVC default/data: {problem}"
    assert f"FailedMount: {text}" in node.said("web")
    assert node.state("web") == "Pending ready=False restarts=0 waiting:ContainerCreating"


def test_a_bound_claim_is_mounted_from_its_volume(node: OneNode) -> None:
    claim(node, "Bound")

    mounting(node, {"persistentVolumeClaim": {"claimName": "data"}})
    main(node).files["/v/rows"] = "1"

    assert node.vm.files["/mnt/pv/rows"] == "1"


TOKEN = {"projected": {"sources": [{"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}}]}}


def claims(token: str) -> Any:
    """What a token says of itself."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def account(node: OneNode) -> None:
    """The account in whose name pods run."""
    metadata = {"name": "default", "namespace": "default"}
    node.client.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})


def test_a_pod_finds_a_token_that_is_bound_to_it(node: OneNode) -> None:
    """Source: kubernetes.io, "Configure Service Accounts for Pods", "ServiceAccount token volume projection"."""
    account(node)

    mounting(node, TOKEN)

    said = claims(main(node).files["/v/token"])
    assert said["sub"] == "system:serviceaccount:default:default"
    assert said["kubernetes.io"]["pod"] == {"name": "web", "uid": node.pod("web")["metadata"]["uid"]}
    assert said["exp"] - said["iat"] == 3600


def test_a_token_is_made_anew_when_most_of_its_time_is_over(node: OneNode) -> None:
    """Source: pkg/kubelet/token/token_manager.go, requiresRefresh (80 % of its life)."""
    account(node)
    mounting(node, TOKEN)
    first = main(node).files["/v/token"]

    node.run(2800)
    before = main(node).files["/v/token"]
    node.run(200)

    assert before == first
    assert claims(main(node).files["/v/token"])["exp"] == pytest.approx(claims(first)["exp"] + 2880, abs=2)


def test_a_pod_without_its_account_waits_for_a_token(node: OneNode) -> None:
    """Source: pkg/volume/projected/projected.go, collectData."""
    mounting(node, TOKEN)

    text = 'MountVolume.SetUp failed for volume "v" : failed to fetch token: serviceaccounts "default" not found'
    assert f"FailedMount: {text}" in node.said("web")
    account(node)
    node.run(60)
    assert node.state("web").startswith("Running")


@pytest.mark.parametrize("leave", ["end", "delete"])
def test_sources_are_followed_no_longer_than_a_pod_needs_them(node: OneNode, leave: str) -> None:
    """Source: pkg/kubelet/util/manager/cache_based_manager.go, UnregisterPod."""
    config_map(node)
    mount = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    volumes = [{"name": "v", "configMap": {"name": "colors"}}]
    script = {"command": ["sleep", "5" if leave == "end" else "1000"]}
    node.given("web", "busybox:1", volumes=volumes, restartPolicy="Never", container={**mount, **script})
    followed = len(node.kubelet.sources._informers)

    if leave == "delete":
        node.client.delete("Pod", "web", "default", grace_s=1)
    node.run(30)
    node.vm.stop_daemon("kubelet")
    node.vm.start_daemon("kubelet")
    node.run(5)

    assert (followed, len(node.kubelet.sources._informers)) == (int(leave == "delete"), 0)
