"""Delete bootstrap tokens whose time is over.

Watches   Secrets of type bootstrap.kubernetes.io/token in kube-system.
Compares  their expiration with now.
Writes    deletes the Secret.
Source    pkg/controller/bootstrap/tokencleaner.go, evalSecret
Left out  the signature of cluster-info, which a token's end takes away (bootstrapsigner)
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from k8slab.client import After, Client, Controller, Informers
from k8slab.clock import Scheduling
from k8slab.objects import Key, key_of, parse_rfc3339

__all__ = ["TokenCleaner"]

Obj = dict[str, Any]

TOKEN_TYPE = "bootstrap.kubernetes.io/token"


def _token_key(secret: Obj) -> Iterable[Key]:
    is_token = secret.get("type") == TOKEN_TYPE and secret["metadata"]["namespace"] == "kube-system"
    return (key_of(secret),) if is_token else ()


class TokenCleaner(Controller):
    """Keeps the door shut that `kubeadm token create` has opened for a day."""

    name = "token-cleaner"
    watches = {"Secret": _token_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.secrets = self.informer("Secret")

    def reconcile(self, key: Key) -> After | None:
        """Delete the token if its time is over, or come back when it will be."""
        secret = self.secrets.get(key)
        expires = _expiration(secret) if secret is not None else None
        if secret is None or expires is None:
            return None
        if expires > self.loop.now:
            return After(expires - self.loop.now, background=True)
        self.client.delete("Secret", key.name, key.namespace, uid=secret["metadata"]["uid"])
        return None


def _expiration(secret: Obj) -> float | None:
    """When the token ends; None for one without an end, 0 for one that cannot be read."""
    text = (secret.get("data") or {}).get("expiration")
    try:
        return parse_rfc3339(base64.b64decode(text).decode()) if text else None
    except (ValueError, binascii.Error):
        return 0.0
