"""Have every node get the volumes that its Pods mount, and lose those that none of them mounts any more.

Watches   Pods on nodes, their claims and volumes, Nodes, VolumeAttachments, CSIDrivers.
Compares  the nodes whose Pods mount a volume with the nodes to which it is attached.
Writes    creates and deletes VolumeAttachments; volumesAttached in the status of Nodes; Events about Pods.
Source    pkg/controller/volume/attachdetach/reconciler/reconciler.go, attach_detach_controller.go,
          pkg/volume/csi/csi_attacher.go (Attach, waitForVolumeAttachment)
Left out  volumes that are no CSI volumes (nobody attaches them); --disable-force-detach-on-timeout
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.client import After, Client, Controller, Informers, Recorder
from k8slab.clock import Scheduling
from k8slab.controllers.attachments import (
    attachment,
    has_ended,
    is_out_of_service,
    multi_attach_text,
    unique_name,
)
from k8slab.controllers.persistent_volume_match import is_multi_attachable
from k8slab.controllers.persistent_volumes import (
    claims_of,
)
from k8slab.objects import Key, is_leaving, is_ready

__all__ = ["AttachDetachController"]

Obj = dict[str, Any]

MOST_PATIENT_S = 360.0  # ReconcilerMaxWaitForUnmountDuration
FOREVER_S = float("inf")
ATTACH_TIMEOUT_S = 120.0  # csiTimeout, of one wait for a driver


class AttachDetachController(Controller):
    """Its keys are volumes."""

    name = "attachdetach-controller"

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.volumes = self.informer("PersistentVolume")
        self.claims = self.informer("PersistentVolumeClaim")
        self.attachments = self.informer("VolumeAttachment")
        self.drivers = self.informer("CSIDriver")
        self.nodes = self.informer("Node")
        self.pods = self.informer("Pod")
        self.recorder = Recorder(client, loop, "attachdetach-controller")
        self._unwanted_since: dict[tuple[str, str], float] = {}
        self._asked_at: dict[tuple[str, str], float] = {}
        self._said: set[tuple[str, str, str]] = set()
        self.pods.add_index("claim", claims_of)
        self.attachments.add_index("volume", lambda one: (_volume_of(one),))
        self.attachments.add_index("attached node", lambda one: (one["spec"]["nodeName"],))
        self.watch("VolumeAttachment", lambda one: (Key("", _volume_of(one)),))
        self.watch("PersistentVolumeClaim", lambda claim: _key(claim["spec"].get("volumeName")))
        self.watch("Pod", self._volumes_of_pod)
        self.nodes.on_change(self._node_changed)

    def reconcile(self, key: Key) -> After | None:
        """Detach a volume where nobody wants it, then attach it where it is wanted."""
        volume, attached = self.volumes.get(key), self.attachments.by_index("volume", key.name)
        if volume is None:
            for one in [one for one in attached if not is_leaving(one)]:
                self.client.delete("VolumeAttachment", one["metadata"]["name"])
            return None
        if not volume["spec"].get("csi") or not self._is_attachable(volume):
            return None
        users, waits, is_moving = self._users(volume), [FOREVER_S], False
        for one in attached:
            node = one["spec"]["nodeName"]
            wait = self._follow(volume, one, users[node]) if node in users else self._must_wait(volume, one)
            if node not in users and wait is None:
                self._detach(volume, one)
            is_moving = is_moving or is_leaving(one) or (node not in users and wait is None)
            waits.append(FOREVER_S if wait is None else wait)
        self._attach(volume, users, {one["spec"]["nodeName"] for one in attached}, is_moving)
        return After(min(waits), background=True) if min(waits) < FOREVER_S else None

    # Who wants what

    def _users(self, volume: Obj) -> dict[str, list[Obj]]:
        """The Pods that mount a volume, by their node."""
        ref = volume["spec"].get("claimRef") or {}
        found: dict[str, list[Obj]] = {}
        for pod in self.pods.by_index("claim", f"{ref.get('namespace')}/{ref.get('name')}"):
            node = pod["spec"].get("nodeName")
            if node and not has_ended(pod):
                found.setdefault(node, []).append(pod)
        return found

    def _is_attachable(self, volume: Obj) -> bool:
        driver = self.drivers.get(Key("", volume["spec"]["csi"]["driver"]))
        return driver is None or bool(driver["spec"].get("attachRequired", True))

    # Attaching

    def _attach(self, volume: Obj, users: dict[str, list[Obj]], there: set[str], is_moving: bool) -> None:
        """Ask for what is wanted; what is elsewhere cannot be had, unless it `is_moving` and free in a moment."""
        for node in [node for node in users if node not in there]:
            if is_multi_attachable(volume) or not there:
                self.client.create(attachment(volume, node))
                there.add(node)
            elif not is_moving:
                self._refuse(volume, users[node], [pod for name in there for pod in users.get(name, ())])

    def _refuse(self, volume: Obj, pods: list[Obj], others: list[Obj]) -> None:
        for pod in pods:
            text = multi_attach_text(volume["metadata"]["name"], pod, others)
            self._say_once(volume, pod, "Warning", "FailedAttachVolume", text)

    def _follow(self, volume: Obj, one: Obj, pods: list[Obj]) -> float | None:
        """Pass on what the driver says of an attachment that is wanted; answers when to look again, in seconds."""
        node_name, name = one["spec"]["nodeName"], volume["metadata"]["name"]
        self._unwanted_since.pop((name, node_name), None)
        status, start = one.get("status") or {}, f'AttachVolume.Attach failed for volume "{name}" : '
        if status.get("attached"):
            self._asked_at.pop((name, node_name), None)
            self._tell_node(volume, node_name, is_attached=not is_leaving(one))
            for pod in pods:
                text = f'AttachVolume.Attach succeeded for volume "{name}" '
                self._say_once(volume, pod, "Normal", "SuccessfulAttachVolume", text)
            return None
        problem = (status.get("attachError") or {}).get("message")
        if problem:
            for pod in pods:
                self.recorder.event(pod, "Warning", "FailedAttachVolume", start + problem)
            return None
        left_s = self._asked_at.setdefault((name, node_name), self.loop.now) + ATTACH_TIMEOUT_S - self.loop.now
        if left_s > 0:
            return left_s
        self._asked_at[name, node_name] = self.loop.now
        driver = one["spec"]["attacher"]
        text = f"timed out waiting for external-attacher of {driver} CSI driver to attach volume {_handle(volume)}"
        for pod in pods:
            self.recorder.event(pod, "Warning", "FailedAttachVolume", start + text)
        return ATTACH_TIMEOUT_S

    # Detaching

    def _must_wait(self, volume: Obj, one: Obj) -> float | None:
        """How many seconds an attachment stays that nobody wants (for ever: until the node tells); None: no more."""
        node_name, name = one["spec"]["nodeName"], volume["metadata"]["name"]
        node = self.nodes.get(Key("", node_name))
        since = self._unwanted_since.setdefault((name, node_name), self.loop.now)
        left_s = since + MOST_PATIENT_S - self.loop.now
        is_mounted = node is not None and unique_name(volume) in ((node.get("status") or {}).get("volumesInUse") or ())
        if not is_mounted or (node is not None and is_out_of_service(node)):
            return None
        if node is not None and is_ready(node):
            return FOREVER_S
        return left_s if left_s > 0 else None

    def _detach(self, volume: Obj, one: Obj) -> None:
        node_name, name = one["spec"]["nodeName"], volume["metadata"]["name"]
        self._tell_node(volume, node_name, is_attached=False)
        if not is_leaving(one):
            self.client.delete("VolumeAttachment", one["metadata"]["name"])
        self._unwanted_since.pop((name, node_name), None)
        self._said = {what for what in self._said if what[0] != name}

    # What is told, and to whom

    def _tell_node(self, volume: Obj, node_name: str, *, is_attached: bool) -> None:
        """Have the status of a node say whether it has the volume."""
        node, unique = self.nodes.get(Key("", node_name)), unique_name(volume)
        if node is None:
            return
        known = (node.get("status") or {}).get("volumesAttached") or []
        wanted = [one for one in known if one["name"] != unique]
        if is_attached:
            wanted = [*wanted, {"name": unique, "devicePath": ""}] if len(wanted) == len(known) else known
        if wanted != known:
            self.client.patch_status(node, {"volumesAttached": wanted or None})

    def _say_once(self, volume: Obj, pod: Obj, type_: str, reason: str, text: str) -> None:
        """Events about a Pod and a volume, each one time until the volume is detached."""
        what = (volume["metadata"]["name"], pod["metadata"]["uid"], reason)
        if what not in self._said:
            self._said.add(what)
            self.recorder.event(pod, type_, reason, text)

    # What happens

    def _volumes_of_pod(self, pod: Obj) -> Iterable[Key]:
        if not pod["spec"].get("nodeName"):
            return
        for name in claims_of(pod):
            claim = self.claims.get(Key(*name.split("/")))
            yield from _key(claim["spec"].get("volumeName")) if claim is not None else ()

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        """Of a node counts what it says of its volumes, whether it is heard of, and whether it is out of service."""
        if _matters(old) != _matters(new):
            name = (new or old or {})["metadata"]["name"]
            for one in self.attachments.by_index("attached node", name):
                self.queue.add(Key("", _volume_of(one)))


def _matters(node: Obj | None) -> tuple[Any, ...]:
    if node is None:
        return ()
    status = node.get("status") or {}
    return status.get("volumesInUse"), status.get("volumesAttached"), is_ready(node), is_out_of_service(node)


def _volume_of(one: Obj) -> str:
    name: str = one["spec"]["source"].get("persistentVolumeName") or ""
    return name


def _handle(volume: Obj) -> str:
    handle: str = volume["spec"]["csi"]["volumeHandle"]
    return handle


def _key(name: str | None) -> Iterable[Key]:
    return (Key("", name),) if name else ()
