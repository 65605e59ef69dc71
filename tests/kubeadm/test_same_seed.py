"""Same seed and same inputs: the same bytes, in whatever process."""

from __future__ import annotations

import json
import os
import subprocess
import sys

LIFE = """
import json, sys, k8slab
sys.path.insert(0, "tests/kubeadm")
from kubeadm_bench import manifest
cluster = k8slab.Cluster(nodes=3, seed=int(sys.argv[1]))
cluster.apply(manifest(5))
cluster.run("20s")
cluster.apply(manifest(4, image="nginx:1.28"))
cluster.fail("node-2")
cluster.run("8m")
cluster.recover("node-2")
cluster.settle()
kinds = [resource.kind for resource in cluster.client.resources() if "list" in resource.verbs]
print(json.dumps({kind: cluster.client.list(kind) for kind in kinds}))
"""


def live(seed: int, hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", LIFE, str(seed)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_the_same_seed_gives_the_same_history_byte_for_byte() -> None:
    one, other = live(7, "1"), live(7, "2")

    assert one == other and len(json.loads(one)["AuditRecord"]) > 300


def test_another_seed_gives_other_names() -> None:
    def names(text: str) -> set[str]:
        return {pod["metadata"]["name"] for pod in json.loads(text)["Pod"]}

    assert names(live(7, "1")) != names(live(8, "1"))
