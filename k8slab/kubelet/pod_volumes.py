"""The volumes of one pod on its node: set up before its containers, filled anew when their sources change.

What cannot be set up is tried again after half a second, then twice as long each time, up to 122 s. A change of a
ConfigMap or Secret is in the files after the next look at the pod, which kubelets take every 60 to 90 s.

Source    pkg/kubelet/volumemanager (WaitForAttachAndMount, desired_state_of_world_populator.go),
          pkg/volume/util/operationexecutor/operation_generator.go (MountVolume),
          pkg/volume/hostpath/host_path.go (checkType), pkg/kubelet/kubelet_pods.go (makeMounts); csi.py,
          pkg/util/goroutinemap/exponentialbackoff; pkg/volume/emptydir/empty_dir.go
Left out  the time a mount takes; block devices (volumeMode Block is mounted like a file system); mountPropagation,
          recursiveReadOnly; an emptyDir in memory counts for the machine, not for its container; any file server (NFS)
          that is named is there; the other kinds of volumes that need a driver; image volumes
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from k8slab.client import Client
from k8slab.clock import Timer
from k8slab.kubelet.backoff import BackOff
from k8slab.kubelet.csi import NotYet
from k8slab.kubelet.environment import expanded
from k8slab.kubelet.host_paths import host_path
from k8slab.kubelet.volumes import FILLED, MountError, Place, contents, needed_volumes, references
from k8slab.objects import size_bytes
from k8slab.wire import ApiError
from k8slab.world import Mount, Volume

if TYPE_CHECKING:
    from k8slab.kubelet.pod_worker import PodWorker

__all__ = [
    "Below",
    "PodVolumes",
]

Obj = dict[str, Any]

FIRST_S, MOST_S = 0.5, 122.0  # initialDurationBeforeRetry and maxDurationBeforeRetry
TIMEOUT_S, RETRY_S = 123.0, 12.0  # podAttachAndMountTimeout, and how long the worker then rests
SYNC_S, JITTER = 60.0, 0.5  # syncFrequency, workerResyncIntervalJitterFactor
PATIENCE_S = 30.0  # how long a missing source keeps a cluster from resting
TOKEN_S, TOKEN_AGE = 3600, 0.8  # how long a token holds, and the part of it after which a new one is asked for


class Below(MutableMapping[str, Any]):
    """What lies below a directory of other files, seen and written through."""

    def __init__(self, files: MutableMapping[str, Any], directory: str) -> None:
        self._files = files
        self._base = directory.rstrip("/") + "/"

    def __getitem__(self, path: str) -> Any:
        return self._files[self._base + path]

    def __setitem__(self, path: str, text: Any) -> None:
        self._files[self._base + path] = text

    def __delitem__(self, path: str) -> None:
        del self._files[self._base + path]

    def __iter__(self) -> Iterator[str]:
        at = len(self._base)
        return iter([path[at:] for path in self._files if path.startswith(self._base) and len(path) > at])

    def __len__(self) -> int:
        return sum(1 for _ in self)


class PodVolumes:
    """Sets up what the pod's containers mount; asks its worker to go on once everything is there."""

    def __init__(self, worker: PodWorker) -> None:
        self._worker = worker
        self._needed = needed_volumes(worker.pod)
        self._mounted: dict[str, MutableMapping[str, Any]] = {}
        self._single: dict[str, str] = {}
        self._mounts, self._claims = BackOff(FIRST_S, MOST_S), BackOff(RETRY_S, RETRY_S)
        self._failed_at: dict[str, float] = {}
        self._since = worker.kubelet.scope.now
        self._timers: dict[str, Timer] = {}
        self._found: set[str] = set()
        self._unattached: set[str] = set()
        self._is_following = False

    def mount(self) -> bool:
        """Set up what is missing; True when all is there. If it is not, the worker is called when to look again."""
        if self._worker.pod["spec"].get("ephemeralContainers"):
            self._look_again()
        missing = [volume for volume in self._needed if volume["name"] not in self._mounted]
        if missing and not self._is_following:
            self._follow()
        for volume in missing:
            self._try(volume)
        missing = [volume for volume in missing if volume["name"] not in self._mounted]
        if missing:
            self._call_again(missing)
        else:
            self._cancel("retry", "timeout")
        return not missing

    def mounts_of(self, spec: Obj, env: Mapping[str, str]) -> tuple[Mount, ...]:
        """What one container mounts; its variables may be part of a subPathExpr."""
        volumes = {volume["name"]: volume for volume in self._needed}
        mounts = [mount for mount in spec.get("volumeMounts") or () if mount["name"] in volumes]
        return tuple(self._mount(volumes[mount["name"]], mount, env) for mount in mounts)

    def source_changed(self) -> None:
        """A ConfigMap or Secret is another: the next look at the pod will show it."""
        scope = self._worker.kubelet.scope
        if self._mounted and "sync" not in self._timers:
            until_next_s = scope.random.random() * SYNC_S * (1 + JITTER * scope.random.random())
            self._timers["sync"] = scope.call_later(until_next_s, self.refresh, background=True)

    def refresh(self) -> None:
        """Fill the volumes anew that the kubelet fills; one that cannot be keeps what it has."""
        self._cancel("sync")
        for volume in self._needed:
            if volume["name"] in self._mounted and any(volume.get(field) for field in FILLED):
                try:
                    self._fill(self._mounted[volume["name"]], volume)
                except MountError as problem:
                    self._say(volume, problem)

    def stop(self) -> None:
        """The pod needs no volumes any more: what lies only in them is gone."""
        kubelet = self._worker.kubelet
        self._cancel(*self._timers)
        self._mounted.clear()
        kubelet.sources.release(self._worker.uid)
        kubelet.csi.release(self._worker.uid)
        for files in kubelet.vm.volumes.pop(self._worker.uid, {}).values():
            files.lose()

    def _look_again(self) -> None:
        """A container that was added later may mount what no other does."""
        needed = needed_volumes(self._worker.pod)
        self._is_following = self._is_following and needed == self._needed
        self._needed = needed

    def _follow(self) -> None:
        """Hear of the ConfigMaps and Secrets from now on."""
        self._is_following, worker = True, self._worker
        namespace = worker.pod["metadata"]["namespace"]
        for kind, name in sorted({ref for volume in self._needed for ref in references(volume)}):
            worker.kubelet.sources.follow(worker.uid, kind, namespace, name)

    def _try(self, volume: Obj) -> None:
        name, now = volume["name"], self._worker.kubelet.scope.now
        back_off = self._back_off(volume)
        if name in self._failed_at and back_off.ready_at(name, self._failed_at[name]) > now:
            return
        try:
            self._unattached.discard(name)
            self._mounted[name] = self._set_up(volume)
        except MountError as problem:
            if isinstance(problem, NotYet):
                self._unattached.add(name)
            elif str(problem).startswith("MountVolume."):
                self._worker.say_pod("Warning", "FailedMount", str(problem))
            elif not _claim_of(self._worker.pod, volume):
                self._say(volume, problem)
            else:
                self._say_unmounted([volume], f"[{name}]: {problem}")
            back_off.note(name, now, now)
            self._failed_at[name] = now

    def _back_off(self, volume: Obj) -> BackOff:
        is_unbound = _claim_of(self._worker.pod, volume) and volume["name"] not in self._found
        return self._claims if is_unbound else self._mounts

    def _set_up(self, volume: Obj) -> MutableMapping[str, Any]:
        """The files of a volume. Raises MountError."""
        kubelet, name = self._worker.kubelet, volume["name"]
        claim_name = _claim_of(self._worker.pod, volume)
        if claim_name:
            return self._claimed(name, claim_name)
        if "hostPath" in volume:
            return self._at_host(name, volume["hostPath"])
        vm = kubelet.vm
        there = vm.volumes.setdefault(self._worker.uid, {})
        if name not in there:
            in_memory = (volume.get("emptyDir") or {}).get("medium") == "Memory"
            parent = vm.memory if in_memory else vm.disk_of(self._worker.uid)
            kind = "emptyDir" if volume.get("emptyDir") is not None else ""
            tally = vm.tally if kind else None
            there[name] = Volume(vm.loop, parent, is_in_memory=in_memory, kind=kind, tally=tally)
        limit = size_bytes((volume.get("emptyDir") or {}).get("sizeLimit") or 0)
        if limit:
            kubelet.pressure.watch(there[name].used, limit)
        if "emptyDir" not in volume:
            self._fill(there[name], volume)
        return there[name]

    def _at_host(self, name: str, source: Obj) -> MutableMapping[str, Any]:
        files = self._worker.kubelet.vm.files
        path = host_path(files, source)
        if path.endswith("/"):
            return Below(files, path)
        self._single[name] = path
        return files

    def _claimed(self, volume_name: str, name: str) -> MutableMapping[str, Any]:
        """What is in the volume that is bound to a claim. Raises MountError."""
        kubelet, namespace = self._worker.kubelet, self._worker.pod["metadata"]["namespace"]
        try:
            claim = kubelet.client.get("PersistentVolumeClaim", name, namespace)
            if claim["metadata"].get("deletionTimestamp"):
                raise MountError(f"error processing PVC {namespace}/{name}: PVC is being deleted")
            if (claim.get("status") or {}).get("phase") != "Bound":
                raise MountError(f"error processing PVC {namespace}/{name}: PVC is not bound")
            volume = kubelet.client.get("PersistentVolume", claim["spec"]["volumeName"])
        except ApiError as error:
            text = f"error processing PVC {namespace}/{name}: failed to fetch PVC from API server: {error}"
            raise MountError(text) from None
        self._found.add(volume_name)
        spec = volume["spec"]
        if spec.get("csi"):
            files = kubelet.csi.open(self._worker.uid, volume)
            with suppress(ApiError):
                kubelet.csi.expand(claim, volume)
            return files
        if spec.get("nfs"):
            return kubelet.vm.share(spec["nfs"]["server"], spec["nfs"]["path"])
        at = spec.get("hostPath") or spec.get("local")
        try:
            if not at:
                raise MountError("no volume plugin matched")
            return self._at_host(volume_name, at)
        except MountError as problem:
            start = f'MountVolume.SetUp failed for volume "{volume["metadata"]["name"]}" : '
            raise MountError(f"{start}{problem}") from None

    def _fill(self, files: MutableMapping[str, Any], volume: Obj) -> None:
        kubelet = self._worker.kubelet
        place = Place(self._worker.pod, kubelet.sources.get, self._token, kubelet.allocatable)
        found = contents(volume, place)
        for path in [path for path in files if path not in found]:
            del files[path]
        files.update(found)

    def _token(self, source: Obj) -> str:
        """A token for the pod's account, and a new one before it ends. Raises MountError."""
        kubelet, lasts_s = self._worker.kubelet, source.get("expirationSeconds") or TOKEN_S
        try:
            token = pod_token(kubelet.client, self._worker.pod, source.get("audience", ""), lasts_s)
        except ApiError as error:
            raise MountError(f"failed to fetch token: {error}") from None
        self._cancel("token")
        self._timers["token"] = kubelet.scope.call_later(lasts_s * TOKEN_AGE, self.refresh, background=True)
        return token

    def _mount(self, volume: Obj, mount: Obj, env: Mapping[str, str]) -> Mount:
        name, path = volume["name"], mount["mountPath"]
        files, sub = self._mounted[name], mount.get("subPath") or expanded(mount.get("subPathExpr", ""), env)
        is_filled = any(volume.get(field) for field in FILLED)
        given = volume.get("persistentVolumeClaim") or {}
        read_only = is_filled or bool(mount.get("readOnly") or given.get("readOnly"))
        if not sub:
            return Mount(path, files, read_only, self._single.get(name, ""))
        if is_filled:
            files = dict(files)  # a subPath stays what it was when the container started
        if sub in files:
            return Mount(path, files, read_only, sub)
        return Mount(path, Below(files, sub), read_only)

    def _call_again(self, missing: list[Obj]) -> None:
        scope = self._worker.kubelet.scope
        until = min(self._back_off(one).ready_at(one["name"], self._failed_at[one["name"]]) for one in missing)
        background = scope.now - self._since >= PATIENCE_S
        self._cancel("retry")
        self._timers["retry"] = scope.call_at(until, self._worker.sync, background=background)
        if "timeout" not in self._timers:
            self._timers["timeout"] = scope.call_later(TIMEOUT_S, self._timed_out, background=True)

    def _timed_out(self) -> None:
        missing = [volume for volume in self._needed if volume["name"] not in self._mounted]
        pod = self._worker.pod
        known = [volume for volume in missing if not _claim_of(pod, volume) or volume["name"] in self._found]
        if known:
            self._say_unmounted(known, "[]: context deadline exceeded")
        scope = self._worker.kubelet.scope
        self._timers["timeout"] = scope.call_later(RETRY_S + TIMEOUT_S, self._timed_out, background=True)

    def _say(self, volume: Obj, problem: MountError) -> None:
        text = f'MountVolume.SetUp failed for volume "{volume["name"]}" : {problem}'
        self._worker.say_pod("Warning", "FailedMount", text)

    def _say_unmounted(self, volumes: list[Obj], rest: str) -> None:
        names = " ".join(sorted(volume["name"] for volume in volumes))
        waiting = " ".join(sorted(volume["name"] for volume in volumes if volume["name"] in self._unattached))
        lists = f"unmounted volumes=[{names}], unattached volumes=[{waiting}], failed to process volumes={rest}"
        self._worker.say_pod("Warning", "FailedMount", f"Unable to attach or mount volumes: {lists}")

    def _cancel(self, *names: str) -> None:
        for name in names:
            timer = self._timers.pop(name, None)
            if timer is not None:
                timer.cancel()


def _claim_of(pod: Obj, volume: Obj) -> str:
    """The claim behind a volume, "" for none; an ephemeral one is called after the pod."""
    if volume.get("ephemeral"):
        return f"{pod['metadata']['name']}-{volume['name']}"
    name: str = (volume.get("persistentVolumeClaim") or {}).get("claimName", "")
    return name


def pod_token(client: Client, pod: Obj, audience: str, lasts_s: int) -> str:
    """A token for the pod's account that ends with the pod. Raises ApiError."""
    metadata = pod["metadata"]
    bound = {"kind": "Pod", "apiVersion": "v1", "name": metadata["name"], "uid": metadata["uid"]}
    spec = {"audiences": [audience] if audience else [], "expirationSeconds": lasts_s, "boundObjectRef": bound}
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    account = pod["spec"].get("serviceAccountName") or "default"
    token: str = client.create_token(account, metadata["namespace"], request)["status"]["token"]
    return token
