"""Having a container's image on the node: pull it or not, and how often to try again.

Source    pkg/kubelet/images/image_manager.go (EnsureImageExists), pkg/kubelet/images/puller.go
Left out  parallel pulls; which of several credentials a registry took (all that fit are remembered)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from k8slab.clock import Scope
from k8slab.kubelet.backoff import BackOff
from k8slab.kubelet.environment import Lookup
from k8slab.kubelet.pull_secrets import Credential, credentials_for, pull_secrets_of
from k8slab.kubelet.status import Waiting
from k8slab.world import Image, ImageError, Pulled, Runtime, parse_reference

__all__ = [
    "ImageManager",
    "duration_text",
    "pull_policy",
]

Obj = dict[str, Any]
Say = Callable[[str, str, str], None]
Done = Callable[[Image | Waiting], None]

MISSING_SECRET = "FailedToRetrieveImagePullSecret"
SYNC_S = 12.0  # how soon a pod is looked at again that cannot go on
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


class Wish(NamedTuple):
    """An image that a container of a pod needs, and how to speak about it."""

    key: str
    image: str
    policy: str
    credentials: tuple[Credential, ...]
    say: Say
    done: Done


class ImageManager:
    """Gets images for one node, and remembers which of them failed."""

    def __init__(self, runtime: Runtime, scope: Scope, lookup: Lookup) -> None:
        self._runtime = runtime
        self._scope = scope
        self._lookup = lookup
        self._back_off = BackOff()
        self._failures: dict[str, tuple[float, str]] = {}

    def ensure(self, pod: Obj, spec: Obj, say: Say, done: Done) -> bool:
        """Have the image of a container, or the reason why not, passed to `done`; True when that is over at once.

        `say(type, reason, message)` records an event about the container.
        """
        name, policy = spec.get("image", ""), pull_policy(spec)
        reference = parse_reference(name)
        if isinstance(reference, ImageError):
            done(self._invalid(reference.message, say))
            return True
        credentials = self._credentials(pod, reference.repository, say) if pod["spec"].get("imagePullSecrets") else ()
        wish = Wish(f"{pod['metadata']['uid']}_{name}", name, policy, credentials, say, done)
        present = self._runtime.image_present(name) if policy != "Always" else None
        if present is not None and self._may_use(wish):
            message = f'Container image "{name}" already present on machine and can be accessed by the pod'
            say("Normal", "Pulled", message)
            done(present)
            return True
        waiting = self._refusal(wish)
        if waiting is not None:
            done(waiting)
            return True
        say("Normal", "Pulling", f'Pulling image "{name}"')
        logins = [credential.login for credential in credentials]
        self._runtime.pull_image(name, lambda pulled: self._pulled(wish, pulled), logins)
        return False

    def _credentials(self, pod: Obj, repository: str, say: Say) -> tuple[Credential, ...]:
        secrets, missing = pull_secrets_of(pod, self._lookup)
        if missing:
            text = f"Unable to retrieve some image pull secrets ({', '.join(missing)}); "
            say("Warning", MISSING_SECRET, text + "attempting to pull the image may not succeed.")
        return tuple(credentials_for(repository, secrets))

    def _invalid(self, message: str, say: Say) -> Waiting:
        say("Warning", "InspectFailed", message)
        say("Warning", "Failed", "Error: InvalidImageName")
        return Waiting("InvalidImageName", message, self._scope.now + SYNC_S, background=True)

    def _may_use(self, wish: Wish) -> bool:
        """The image was pulled without credentials, or with such as the pod has."""
        marks = self._runtime.pull_records.get(wish.image)
        return marks is None or any(credential.marks & marks for credential in wish.credentials)

    def _refusal(self, wish: Wish) -> Waiting | None:
        """Why it is not even tried to pull."""
        now, name = self._scope.now, wish.image
        if wish.policy == "Never":
            message = f'Container image "{name}" is not present with pull policy of Never'
            wish.say("Warning", "ErrImageNeverPull", message)
            wish.say("Warning", "Failed", "Error: ErrImageNeverPull")
            return Waiting("ErrImageNeverPull", message, now + SYNC_S, background=True)
        failed_at, problem = self._failures.get(wish.key, (0.0, ""))
        until = self._back_off.ready_at(wish.key, failed_at)
        if not problem or until <= now:
            return None
        message = f'Back-off pulling image "{name}"'
        wish.say("Normal", "BackOff", message)
        wish.say("Warning", "Failed", "Error: ImagePullBackOff")
        return Waiting("ImagePullBackOff", f"{message}: {problem}", until)

    def _pulled(self, wish: Wish, pulled: Pulled) -> None:
        if not self._scope.is_alive:
            return
        image = pulled.image
        if isinstance(image, ImageError):
            wish.done(self._failed(wish.key, wish.image, image, wish.say))
            return
        self._failures.pop(wish.key, None)
        if self._runtime.is_private(wish.image):
            marks = frozenset().union(*(credential.marks for credential in wish.credentials))
            self._runtime.pull_records.setdefault(wish.image, set()).update(marks)
        else:
            self._runtime.pull_records.pop(wish.image, None)
        took, in_all = duration_text(pulled.took_s), duration_text(pulled.with_waiting_s)
        text = f'Successfully pulled image "{wish.image}" in {took} ({in_all} including waiting). '
        wish.say("Normal", "Pulled", text + f"Image size: {image.size_bytes} bytes.")
        wish.done(image)

    def _failed(self, key: str, name: str, error: ImageError, say: Say) -> Waiting:
        now = self._scope.now
        self._back_off.note(key, now, now)
        self._failures[key] = (now, f"{error.reason}: {error.message}")
        say("Warning", "Failed", f'Failed to pull image "{name}": {error.message}')
        say("Warning", "Failed", f"Error: {error.reason}")
        return Waiting(error.reason, error.message, now + NOTICE_S)
