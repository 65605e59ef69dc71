"""The machines that most tests of this room need."""

from __future__ import annotations

import pytest
from proxy_bench import ProxyBench


@pytest.fixture
def bench() -> ProxyBench:
    """Three machines with kube-proxy, without a DNS pod."""
    return ProxyBench()
