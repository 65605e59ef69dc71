"""Making many things at once: a few first, and ever more as long as all goes well.

Source    pkg/controller/replicaset/replica_set.go, slowStartBatch, manageReplicas
"""

from __future__ import annotations

from collections.abc import Callable

from k8slab.wire import ApiError

__all__ = [
    "is_place_closing",
    "slow_start",
]


def slow_start(count: int, act: Callable[[int], object]) -> ApiError | None:
    """Do something `count` times: once, twice, four times …, as long as all of a batch goes well; else the error.

    Where every try must fail, as with a quota, only one is made and not five hundred.
    """
    done, batch = 0, 1
    while done < count:
        failures = []
        for i in range(done, min(done + batch, count)):
            try:
                act(i)
            except ApiError as error:
                failures.append(error)
        if failures:
            return failures[0]
        done, batch = done + batch, batch * 2
    return None


def is_place_closing(error: ApiError) -> bool:
    """Nothing can be made any more because the namespace is going: nobody needs to hear of it."""
    return any(cause.get("reason") == "NamespaceTerminating" for cause in error.details.get("causes") or ())
