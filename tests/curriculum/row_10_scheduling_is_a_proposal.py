"""Row 10: a pod that wants a disk and would like zone-b. The number: each node's score, and why the losers lost."""

from __future__ import annotations

from k8slab import Cluster

POD = """
apiVersion: v1
kind: Pod
metadata: {name: choosy}
spec:
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [ssd]}]}]
      preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 50
        preference: {matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [zone-b]}]}
  containers: [{name: main, image: "nginx:1.27", resources: {requests: {cpu: 500m}}}]
"""


def number() -> tuple[str, dict[str, int], dict[str, str]]:
    cluster = Cluster(nodes=3)
    cluster.kubectl("label nodes node-1 node-2 disk=ssd")
    cluster.apply(POD)
    cluster.settle()
    attempt = cluster.client.list("schedulingattempts", "default", fields="spec.podName=choosy")[-1]["status"]
    scores = {node["name"]: node["total"] for node in attempt["nodes"] if "total" in node}
    losers = {node["name"]: node["reasons"][0] for node in attempt["nodes"] if "reasons" in node}
    return attempt["nodeName"], scores, losers
