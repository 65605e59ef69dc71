"""Row 21: where the builder stands. The number: won a month and minutes a release, for each place.

A shop's image is tried three times and then released, from a laptop with a slow line, from a server of the company on a
leased line, from a pod beside the registry, and with a builder on both sides. A bank's rule forbids two of them.
"""

from __future__ import annotations

from k8slab import Cluster
from k8slab.kubeadm.places import Place, table

IMAGE, RELEASES = "registry.shop.example/shop/web", 200
DOCKERFILE = """
FROM golang:1.24 AS build
WORKDIR /src
COPY go.mod go.sum ./
# cost: cpu 20s, writes 150M
RUN go mod download
COPY . .
# cost: cpu 160s, threads 8, writes 60M /app
RUN go build -o /app ./cmd/web
FROM debian:trixie-slim
COPY assets /assets
COPY --from=build /app /app
CMD ["/app"]
"""
FILES = {"go.mod": "2k", "go.sum": "8k", "cmd/web/main.go": "30k", "assets/": "40M"}
BUILDKIT = """
apiVersion: v1
kind: Pod
metadata: {name: buildkitd}
spec:
  containers:
  - name: buildkitd
    image: moby/buildkit:v0.26.2
    resources: {requests: {cpu: "2", memory: 4Gi}, limits: {cpu: "2"}}
"""
PLACES = {"laptop": "laptop", "company": "office", "pod": "pod", "both": ["office", "pod"]}


def shop() -> Cluster:
    """A cluster in a cloud, the company with its leased line, and a laptop at home."""
    cluster = Cluster(nodes=3, zones=["zone-a"], cloud="seoul")
    cluster.site("seoul", "cloud", ["zone-a"])
    cluster.site("office", "company")
    cluster.site("laptop", "laptop")
    cluster.site("hub", "registry")
    cluster.link("office", "seoul", latency="5ms", bandwidth="50M", price="line")
    cluster.link("laptop", "seoul", latency="10ms", bandwidth="2.5M", back="12M", price="internet")
    cluster.link("laptop", "office", latency="10ms", bandwidth="2.5M", back="12M", price="internet")
    for name in ("seoul", "office", "laptop"):
        cluster.link("hub", name, latency="50ms", bandwidth="12M", price="internet")
    cluster.registry("docker.io", at="hub")
    cluster.registry("registry.shop.example", at="seoul")
    cluster.builder("laptop", at="laptop", cores=4)
    cluster.builder("office", at="office", cores=8)
    cluster.builder("pod", pod="default/buildkitd")
    cluster.source("shop", FILES, at="office")
    cluster.apply(BUILDKIT)
    cluster.kubectl("create deployment web --image=nginx --replicas=6")
    cluster.settle()
    return cluster


def number(rule: list[str] | None = None) -> list[Place]:
    """Won a month and minutes a release for each place; `rule`: the only sites where source may be."""
    cluster = shop()
    if rule is not None:
        cluster.rule("source", rule)
    release = {"deployment": "web", "image": f"{IMAGE}:2", "dockerfile": DOCKERFILE, "source": "shop"}
    return cluster.compare_places(PLACES, RELEASES, edit=["cmd/web/main.go"], tries=3, **release)


if __name__ == "__main__":
    print(table(number()))
    print(table(number(rule=["company"])))
