"""Webhooks: functions of a person's own that change or refuse what is written.

A webhook is asked with a Review. Nothing (None) and True let the write pass, a text refuses it, and a mutating
webhook may answer the object as it should be. Its copy of the object is its own: it may be changed in place.

Source    staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/{mutating/dispatcher,validating/dispatcher}.go,
          errors/statuserror.go
Left out  configuration objects (a webhook is registered from Python); timeouts, selectors, match conditions; the
          server's own plugins are not asked again after a webhook; subresources
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from k8slab.api.admission.attempt import Attempt
from k8slab.objects import thaw
from k8slab.schema import decode
from k8slab.wire import ApiError, Forbidden, InternalError

__all__ = [
    "Review",
    "Webhook",
    "Webhooks",
]

Obj = dict[str, Any]

POLICIES = ("Fail", "Ignore")
REINVOCATIONS = ("Never", "IfNeeded")
IDENTITY = ("name", "namespace", "uid", "creationTimestamp")


class Review(NamedTuple):
    """What a webhook is asked; `object` is None for a DELETE, `old_object` for a CREATE."""

    operation: str
    kind: str
    namespace: str
    name: str
    user: str
    object: Obj | None
    old_object: Obj | None
    is_dry_run: bool


class Webhook(NamedTuple):
    """A function, and when it is asked; `kinds` may contain `*`."""

    name: str
    call: Callable[[Review], Any]
    kinds: frozenset[str]
    operations: frozenset[str]
    mutating: bool
    failure_policy: str
    reinvocation: str


class Webhooks:
    """The registered webhooks, asked in the order of their names."""

    def __init__(self) -> None:
        self._hooks: dict[str, Webhook] = {}

    def register(
        self,
        name: str,
        call: Callable[[Review], Any],
        kinds: Iterable[str],
        *,
        operations: Iterable[str] = ("CREATE", "UPDATE"),
        mutating: bool = False,
        failure_policy: str = "Fail",
        reinvocation: str = "Never",
    ) -> None:
        """Add a webhook, in the place of one of the same name. Raises ValueError for an unknown policy."""
        if failure_policy not in POLICIES:
            raise ValueError(f"failure_policy must be Fail or Ignore, not {failure_policy!r}")
        if reinvocation not in REINVOCATIONS:
            raise ValueError(f"reinvocation must be Never or IfNeeded, not {reinvocation!r}")
        hook = Webhook(name, call, frozenset(kinds), frozenset(operations), mutating, failure_policy, reinvocation)
        self._hooks = dict(sorted({**self._hooks, name: hook}.items()))

    def remove(self, name: str) -> None:
        """Ask this webhook no more. Raises KeyError when there is none."""
        del self._hooks[name]

    def mutated(self, attempt: Attempt, new: Obj, old: Obj | None) -> Obj:
        """The object as the mutating webhooks want it. Raises Forbidden, InternalError."""
        left_by: dict[str, Obj] = {}
        for hook in self._asked(attempt, mutating=True):
            new = left_by[hook.name] = _changed(hook, attempt, new, old)
        for hook in self._asked(attempt, mutating=True):
            if hook.reinvocation == "IfNeeded" and left_by[hook.name] != new:
                new = _changed(hook, attempt, new, old)
        return new

    def check(self, attempt: Attempt, new: Obj | None, old: Obj | None) -> None:
        """Raises Forbidden when a validating webhook says no, InternalError when one fails."""
        for hook in self._asked(attempt, mutating=False):
            _answer(hook, attempt, new, old)

    def _asked(self, attempt: Attempt, *, mutating: bool) -> list[Webhook]:
        kind = attempt.kind.kind
        return [
            hook
            for hook in self._hooks.values()
            if hook.mutating == mutating and attempt.verb in hook.operations and hook.kinds & {kind, "*"}
        ]

    def __bool__(self) -> bool:
        return bool(self._hooks)


def _changed(hook: Webhook, attempt: Attempt, new: Obj, old: Obj | None) -> Obj:
    answer = _answer(hook, attempt, new, old)
    if not isinstance(answer, dict):
        return new
    kept = {name: new["metadata"][name] for name in IDENTITY if name in new["metadata"]}
    return {**answer, "metadata": {**(answer.get("metadata") or {}), **kept}}


def _answer(hook: Webhook, attempt: Attempt, new: Obj | None, old: Obj | None) -> Any:
    """What the webhook says. Raises Forbidden for a no, InternalError when it fails and failing counts as a no."""
    kind = attempt.kind
    review = Review(attempt.verb, kind.kind, attempt.namespace, attempt.name, attempt.user, thaw(new), thaw(old),
                    attempt.is_dry_run)  # fmt: skip
    try:
        answer = hook.call(review)
        if isinstance(answer, dict) and hook.mutating:
            answer = decode(answer, kind.api_version, kind.kind, "Ignore").obj
    except Exception as error:
        return _failed(hook, error)
    if answer is False or isinstance(answer, str):
        text = f'admission webhook "{hook.name}" denied the request'
        raise Forbidden(f"{text}: {answer}" if answer else f"{text} without explanation")
    return answer


def _failed(hook: Webhook, error: Exception) -> None:
    """Let the write pass, or not. Raises InternalError."""
    if hook.failure_policy == "Ignore":
        return
    told = error.message if isinstance(error, ApiError) else f"{type(error).__name__}: {error}"
    text = f'failed calling webhook "{hook.name}": failed to call webhook: {told}'
    causes = [{"message": text}]
    raise InternalError(f"Internal error occurred: {text}", {"causes": causes})
