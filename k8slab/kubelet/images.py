"""Having a container's image on the node: pull it or not, and how often to try again.

Source    pkg/kubelet/images/image_manager.go (EnsureImageExists), pkg/kubelet/images/puller.go
Left out  pull secrets, parallel pulls
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.clock import Scope
from k8slab.kubelet.backoff import BackOff
from k8slab.kubelet.status import Waiting
from k8slab.world import Image, ImageError, Pulled, Runtime

__all__ = [
    "ImageManager",
    "duration_text",
    "pull_policy",
]

Obj = dict[str, Any]
Say = Callable[[str, str, str], None]
Done = Callable[[Image | Waiting], None]

NOTICE_S = 1.0  # after a failed pull the next look at the pod finds it in back-off


def pull_policy(spec: Obj) -> str:
    """Always, IfNotPresent or Never; a manifest without one pulls `latest` always."""
    policy: str = spec.get("imagePullPolicy") or ""
    if policy:
        return policy
    tag = spec.get("image", "").rpartition("/")[2].partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def duration_text(seconds: float) -> str:
    """A duration as Go writes it, to the millisecond: 312ms, 1.5s, 1m20s, 5m0s."""
    millis = int(seconds * 1000 + 1e-6)
    if millis < 1000:
        return f"{millis}ms" if millis else "0s"
    minutes, rest = divmod(millis, 60_000)
    text = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text


class ImageManager:
    """Gets images for one node, and remembers which of them failed."""

    def __init__(self, runtime: Runtime, scope: Scope) -> None:
        self._runtime = runtime
        self._scope = scope
        self._back_off = BackOff()
        self._failures: dict[str, tuple[float, str]] = {}

    def ensure(self, uid: str, spec: Obj, say: Say, done: Done) -> bool:
        """Have the image of a container, or the reason why not, passed to `done`; True when that is over at once.

        `say(type, reason, message)` records an event about the container.
        """
        name, policy = spec.get("image", ""), pull_policy(spec)
        present = self._runtime.image_present(name)
        if present is not None and policy != "Always":
            message = f'Container image "{name}" already present on machine and can be accessed by the pod'
            say("Normal", "Pulled", message)
            done(present)
            return True
        waiting = self._refusal(uid, name, policy, say)
        if waiting is not None:
            done(waiting)
            return True
        say("Normal", "Pulling", f'Pulling image "{name}"')
        self._runtime.pull_image(name, lambda pulled: self._pulled(uid, name, pulled, say, done))
        return False

    def _refusal(self, uid: str, name: str, policy: str, say: Say) -> Waiting | None:
        """Why it is not even tried to pull."""
        now = self._scope.now
        if policy == "Never":
            message = f'Container image "{name}" is not present with pull policy of Never'
            say("Warning", "ErrImageNeverPull", message)
            say("Warning", "Failed", "Error: ErrImageNeverPull")
            return Waiting("ErrImageNeverPull", message, now + 10.0, background=True)
        failed_at, problem = self._failures.get(f"{uid}_{name}", (0.0, ""))
        until = self._back_off.ready_at(f"{uid}_{name}", failed_at)
        if not problem or until <= now:
            return None
        message = f'Back-off pulling image "{name}"'
        say("Normal", "BackOff", message)
        say("Warning", "Failed", "Error: ImagePullBackOff")
        return Waiting("ImagePullBackOff", f"{message}: {problem}", until)

    def _pulled(self, uid: str, name: str, pulled: Pulled, say: Say, done: Done) -> None:
        if not self._scope.is_alive:
            return
        image = pulled.image
        if isinstance(image, ImageError):
            done(self._failed(f"{uid}_{name}", name, image, say))
            return
        self._failures.pop(f"{uid}_{name}", None)
        took, in_all = duration_text(pulled.took_s), duration_text(pulled.with_waiting_s)
        text = f'Successfully pulled image "{name}" in {took} ({in_all} including waiting). '
        say("Normal", "Pulled", text + f"Image size: {image.size_bytes} bytes.")
        done(image)

    def _failed(self, key: str, name: str, error: ImageError, say: Say) -> Waiting:
        now = self._scope.now
        self._back_off.note(key, now, now)
        self._failures[key] = (now, f"{error.reason}: {error.message}")
        if error.reason == "InvalidImageName":
            say("Warning", "InspectFailed", error.message)
            say("Warning", "Failed", "Error: InvalidImageName")
            return Waiting("InvalidImageName", error.message, self._back_off.ready_at(key, now))
        say("Warning", "Failed", f'Failed to pull image "{name}": {error.message}')
        say("Warning", "Failed", f"Error: {error.reason}")
        return Waiting(error.reason, error.message, now + NOTICE_S)
