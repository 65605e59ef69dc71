"""The workloads of benchmarks/scheduling.py do what they are meant to do, at the smallest size that upstream has."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

PATH = Path(__file__).parents[2] / "benchmarks" / "scheduling.py"


def loaded() -> Any:
    """The benchmark as a module."""
    spec = importlib.util.spec_from_file_location("scheduling_workloads", PATH)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


scheduling = loaded()


@pytest.mark.parametrize("name", scheduling.WORKLOADS)
def test_every_workload_ends_with_its_pods_bound_or_tried(name: str) -> None:
    """Source: test/integration/scheduler_perf (integration-test, short)."""
    workload = scheduling.WORKLOADS[name]

    result = scheduling.run(name, small=True)

    assert result.pods == workload.small.pods
    assert result.bound == (workload.small.pods if workload.fits else 0)
