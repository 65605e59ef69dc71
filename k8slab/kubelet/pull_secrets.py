"""The credentials that a pod brings for its images, and which of them a node has pulled an image with.

Source    pkg/kubelet/kubelet_pods.go (getPullSecretsForPod), pkg/credentialprovider (keyring.go, secrets/secrets.go),
          pkg/kubelet/images/pullmanager (MustAttemptImagePull)
Left out  credential providers of clouds, wildcards in registry names, tokens of service accounts as credentials
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from k8slab.wire import ApiError
from k8slab.world import Login

__all__ = [
    "Credential",
    "credentials_for",
    "pull_secrets_of",
]

Obj = dict[str, Any]
Lookup = Callable[[str, str, str], Obj | None]


class Credential(NamedTuple):
    """A login from a Secret; `marks` are what an image is remembered by that was pulled with it."""

    login: Login
    marks: frozenset[str]


def pull_secrets_of(pod: Obj, lookup: Lookup) -> tuple[list[Obj], list[str]]:
    """The Secrets that a pod names for its images, and the names of those that are not to be had."""
    found, missing = [], []
    for reference in pod["spec"].get("imagePullSecrets") or ():
        name = reference.get("name") or ""
        try:
            secret = lookup("Secret", pod["metadata"]["namespace"], name) if name else None
        except ApiError:
            secret = None
        if secret is not None:
            found.append(secret)
        elif name:
            missing.append(name)
    return found, missing


def credentials_for(repository: str, secrets: list[Obj]) -> list[Credential]:
    """The logins in Secrets that are good for a repository (`registry.shop.example/shop/web`), in order."""
    found = []
    for secret in secrets:
        for place, entry in _auths(secret).items():
            if f"{repository}/".startswith(_place(place) + "/"):
                found.append(_credential(secret, entry))
    return found


def _auths(secret: Obj) -> Obj:
    data = secret.get("data") or {}
    text = data.get(".dockerconfigjson") or data.get(".dockercfg") or ""
    try:
        parsed = json.loads(base64.b64decode(text)) if text else {}
    except (binascii.Error, ValueError):
        return {}
    auths = parsed.get("auths") if ".dockerconfigjson" in data and isinstance(parsed, dict) else parsed
    entries = auths.items() if isinstance(auths, dict) else ()
    return {place: entry for place, entry in entries if isinstance(entry, dict)}


def _place(text: str) -> str:
    """The registry that an entry is for: `https://index.docker.io/v1/` is docker.io."""
    place = text.partition("://")[2] or text
    host, _, path = place.rstrip("/").partition("/")
    host = "docker.io" if host in ("index.docker.io", "registry-1.docker.io") else host
    return host if path in ("", "v1", "v2") else f"{host}/{path}"


def _credential(secret: Obj, entry: Obj) -> Credential:
    username, password = str(entry.get("username") or ""), str(entry.get("password") or "")
    if not username and entry.get("auth"):
        try:
            username, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
        except (binascii.Error, ValueError):
            pass
    metadata = secret["metadata"]
    hashed = hashlib.sha256(f"{username}:{password}".encode()).hexdigest()
    place = f"{metadata['namespace']}/{metadata['name']}/{metadata['uid']}"
    return Credential(Login(username, password), frozenset((hashed, place)))
