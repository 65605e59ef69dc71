"""Whether to pull, and how durations are written."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.kubelet.images import duration_text, pull_policy


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
