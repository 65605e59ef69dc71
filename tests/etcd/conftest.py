"""A loop, an empty store on it, and a watcher's notebook."""

from __future__ import annotations

import pytest
from store_bench import Bench, Told

from k8slab.clock import Loop


@pytest.fixture
def loop() -> Loop:
    """Virtual time."""
    return Loop()


@pytest.fixture
def store(loop: Loop) -> Bench:
    """An empty store."""
    return Bench(loop)


@pytest.fixture
def told() -> Told:
    """A watcher's notebook."""
    return Told()
