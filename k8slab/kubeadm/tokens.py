"""Bootstrap tokens: short-lived secrets with which a machine may ask to become a node.

Source    cmd/kubeadm/app/cmd/token.go; staging/src/k8s.io/cluster-bootstrap/token/{api/types.go,util/helpers.go};
          kubernetes.io, "Authenticating with Bootstrap Tokens"
Left out  the signature of the ConfigMap cluster-info; what is made by chance follows from the cluster's seed and time
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from k8slab.objects import parse_rfc3339, rfc3339

__all__ = [
    "TOKEN_TYPE",
    "data_of",
    "is_expired",
    "new_token",
    "token_id",
    "token_row",
    "token_secret",
]

Obj = dict[str, Any]

TOKEN_TYPE = "bootstrap.kubernetes.io/token"
BOOTSTRAPPERS = "system:bootstrappers:kubeadm:default-node-token"
ID, WHOLE = re.compile(r"[a-z0-9]{6}"), re.compile(r"([a-z0-9]{6})\.([a-z0-9]{16})")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
USAGES = ("authentication", "signing")


def new_token(origin: str) -> str:
    """A token that nobody guesses who does not know what it was made of."""
    digest = hashlib.sha256(origin.encode()).digest()
    letters = "".join(DIGITS[byte % len(DIGITS)] for byte in digest[:22])
    return f"{letters[:6]}.{letters[6:]}"


def token_id(text: str) -> str:
    """The public part of a token, or of what is this part alone. Raises ValueError."""
    whole = WHOLE.fullmatch(text)
    if whole is None and ID.fullmatch(text) is None:
        raise ValueError(f'given token didn\'t match pattern "\\\\A([a-z0-9]{{6}})\\\\z" or "{_quoted(WHOLE)}"')
    return whole[1] if whole else text


def token_secret(token: str, expires: float | None, description: str) -> Obj:
    """The Secret that makes a token known. Raises ValueError for what is no token."""
    whole = WHOLE.fullmatch(token)
    if whole is None:
        raise ValueError(f'the bootstrap token is not of the form "{_quoted(WHOLE)}"')
    data = {"token-id": whole[1], "token-secret": whole[2], "auth-extra-groups": BOOTSTRAPPERS}
    data |= {f"usage-bootstrap-{usage}": "true" for usage in USAGES}
    if description:
        data["description"] = description
    if expires is not None:
        data["expiration"] = rfc3339(expires)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"bootstrap-token-{whole[1]}", "namespace": "kube-system"},
        "type": TOKEN_TYPE,
        "data": {name: base64.b64encode(text.encode()).decode() for name, text in data.items()},
    }


def data_of(secret: Obj) -> dict[str, str]:
    """What a token's Secret says, decoded."""
    return {name: base64.b64decode(text).decode() for name, text in (secret.get("data") or {}).items()}


def is_expired(secret: Obj, now: float) -> bool:
    """The token is of no use any more."""
    expiration = data_of(secret).get("expiration", "")
    return bool(expiration) and parse_rfc3339(expiration) <= now


def token_row(secret: Obj, now: float) -> tuple[str, ...]:
    """What `kubeadm token list` tells of a token."""
    data = data_of(secret)
    expiration = data.get("expiration", "")
    left = _human(parse_rfc3339(expiration) - now) if expiration else "<forever>"
    usages = ",".join(usage for usage in USAGES if data.get(f"usage-bootstrap-{usage}") == "true")
    token = f"{data.get('token-id', '')}.{data.get('token-secret', '')}"
    description, groups = data.get("description") or "<none>", data.get("auth-extra-groups") or "<none>"
    return (token, left, expiration or "<never>", usages or "<none>", description, groups)


def _human(seconds: float) -> str:
    """Source: apimachinery/pkg/util/duration, ShortHumanDuration."""
    if seconds < -1:
        return "<invalid>"
    if seconds < 0:
        return "0s"
    for unit, size, most in (("s", 1, 60), ("m", 60, 60), ("h", 3600, 24), ("d", 86400, 365)):
        if seconds // size < most:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds // (86400 * 365))}y"


def _quoted(pattern: re.Pattern[str]) -> str:
    return f"\\\\A{pattern.pattern}\\\\z".replace("\\.", "\\\\.")
