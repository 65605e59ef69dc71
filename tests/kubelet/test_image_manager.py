"""Whether to pull, and how durations are written."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from k8slab.kubelet.images import duration_text, pull_policy
from k8slab.kubelet.pull_secrets import credentials_for
from k8slab.world import Login


@pytest.mark.parametrize(
    ("spec", "policy"),
    [
        ({"image": "nginx"}, "Always"),
        ({"image": "nginx:latest"}, "Always"),
        ({"image": "localhost:5000/nginx"}, "Always"),
        ({"image": "nginx:1.27"}, "IfNotPresent"),
        ({"image": "nginx:1.27", "imagePullPolicy": "Never"}, "Never"),
    ],
)
def test_latest_is_pulled_always(spec: Any, policy: str) -> None:
    """Source: kubernetes.io, "Images", "Default image pull policy"."""
    assert pull_policy(spec) == policy


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.3124, "312ms"),
        (1.5, "1.5s"),
        (2.0019, "2.001s"),
        (10, "10s"),
        (80, "1m20s"),
        (300, "5m0s"),
        (3661, "1h1m1s"),
    ],
)
def test_durations_are_written_as_go_does(seconds: float, text: str) -> None:
    """Source: go.dev, time.Duration.String."""
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("key", "config", "logins"),
    [
        (".dockerconfigjson", {"auths": {"shop.example": {"username": "a", "password": "b"}}}, [Login("a", "b")]),
        (".dockerconfigjson", {"auths": {"shop.example": {"auth": b64encode(b"a:b:c").decode()}}}, [Login("a", "b:c")]),
        (".dockercfg", {"https://shop.example/v1/": {"username": "a", "password": "b"}}, [Login("a", "b")]),
        (".dockerconfigjson", {"auths": {"shop.example/team": {"username": "a", "password": "b"}}}, [Login("a", "b")]),
        (".dockerconfigjson", {"auths": {"shop.example/other": {"username": "a", "password": "b"}}}, []),
        (".dockerconfigjson", {"auths": {"shop.exampl": {"username": "a", "password": "b"}}}, []),
        (".dockerconfigjson", {"auths": {"shop.example/tea": {"username": "a", "password": "b"}}}, []),
        (".dockerconfigjson", {"auths": {"shop.example": {"auth": "?"}}}, [Login("", "")]),
        (".dockerconfigjson", {"auths": []}, []),
        (".dockerconfigjson", "nonsense", []),
        ("password", {"auths": {"shop.example": {"username": "a", "password": "b"}}}, []),
    ],
)
def test_a_secret_holds_logins_for_parts_of_registries(key: str, config: Any, logins: list[Login]) -> None:
    """Source: kubernetes.io, "Images", "Interpretation of config.json"; pkg/credentialprovider/keyring.go."""
    data = {key: b64encode(json.dumps(config).encode()).decode()}
    secret = {"metadata": {"namespace": "default", "name": "s", "uid": "u"}, "data": data}

    found = credentials_for("shop.example/team/web", [secret])

    assert [credential.login for credential in found] == logins
