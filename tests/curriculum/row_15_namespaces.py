"""Row 15: two teams. The number: what team b reaches of team a's two services, before and after a NetworkPolicy."""

from __future__ import annotations

from k8slab import Cluster

ONLY_OWN = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: only-own, namespace: team-a}
spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}
"""


def number() -> tuple[int, int]:
    cluster = Cluster(nodes=2)
    for team in ("team-a", "team-b"):
        cluster.kubectl(f"create namespace {team}")
        for name in ("front", "db"):
            cluster.kubectl(f"run {name} -n {team} --image=nginx:1.27 --port=80")
            cluster.kubectl(f"expose pod {name} -n {team} --port=80")
    cluster.settle()
    hosts = ("front.team-a", "db.team-a")
    reached = lambda: sum(cluster.request(f"http://{host}/", source="team-b/front").ok for host in hosts)  # noqa: E731
    before = reached()
    cluster.apply(ONLY_OWN)
    cluster.settle()
    return before, reached()
