"""What callers are told when the store refuses or is away.

Source    staging/src/k8s.io/apiserver/pkg/storage/errors.go
Left out  the real server answers 500 for most errors of etcd; here all say ServiceUnavailable, which clients try again
"""

from __future__ import annotations

from k8slab.etcd import RequestTooLarge, StoreUnavailable
from k8slab.wire import ApiError, RequestEntityTooLarge, ServiceUnavailable

__all__ = [
    "STORE_ERRORS",
    "as_answer",
]

STORE_ERRORS = (RequestTooLarge, StoreUnavailable)
RETRY_AFTER_S = 1


def as_answer(error: Exception) -> ApiError:
    """The answer for an error of the store, or of the server's own."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, RequestTooLarge):
        return RequestEntityTooLarge(str(error))
    return ServiceUnavailable(str(error), {"retryAfterSeconds": RETRY_AFTER_S})
