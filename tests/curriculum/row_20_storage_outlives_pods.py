"""Row 20: what customers did is kept, or not. The number: bytes lost with a pod, of an emptyDir and of a claim."""

from __future__ import annotations

from k8slab import Cluster

WRITER = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  containers:
  - name: main
    image: busybox
    command: [sh, -c, "echo 'order 1: two books' >> /data/orders; sleep 360000"]
    volumeMounts: [{{name: data, mountPath: /data}}]
  volumes: [{{name: data, {volume}}}]
"""
CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: orders}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


def number() -> tuple[int, int]:
    cluster = Cluster(nodes=2)
    cluster.storage_farm()
    forgets = WRITER.format(name="forgets", volume="emptyDir: {}")
    keeps = WRITER.format(name="keeps", volume="persistentVolumeClaim: {claimName: orders}")
    cluster.apply("---".join((CLAIM, forgets, keeps)))
    cluster.settle()
    cluster.kubectl("delete pod forgets keeps")
    cluster.settle()
    lost = {told.kind: told.lost_bytes for told in cluster.stored_bytes()}
    return lost["emptyDir"], lost["claim"]
