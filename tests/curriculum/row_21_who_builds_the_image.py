"""Row 21: where the builder stands. The number: won a month and minutes a release, for each place.

A shop's image is tried three times and then released, from a laptop with a slow line, from a server of the company on a
leased line, from a pod beside the registry, and with a builder on both sides. A bank's rule forbids two of them.
"""

from __future__ import annotations

from k8slab import Cluster
from k8slab.kubeadm.building import RuleBroken
from k8slab.kubeadm.releasing import won_per_month

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
PLACES = {"laptop": ["laptop"], "company": ["office"], "pod": ["pod"], "both": ["office", "pod"]}


def shop(place: str) -> Cluster:
    """The cluster in its cloud, what is needed to build at a place, and the source where it is written."""
    builders, home = PLACES[place], "laptop" if place == "laptop" else "office"
    cluster = Cluster(nodes=3, zones=["zone-a"], cloud="seoul")
    cluster.site("seoul", "cloud", ["zone-a"])
    cluster.site("hub", "registry")
    cluster.site(home, "laptop" if home == "laptop" else "company")
    cluster.link("hub", "seoul", latency="50ms", bandwidth="125M", price="internet")
    cluster.link("hub", home, latency="50ms", bandwidth="12M", price="internet")
    fast = {"bandwidth": "50M", "price": "line"} if "office" in builders else {"bandwidth": "2.5M", "price": "internet"}
    cluster.link(home, "seoul", latency="10ms", **fast)
    cluster.registry("docker.io", at="hub")
    cluster.registry("registry.shop.example", at="seoul")
    if home in builders:
        cluster.builder(home, at=home, cores=8)
    if "pod" in builders:
        cluster.builder("pod", pod="default/buildkitd")
        cluster.apply(BUILDKIT)
    cluster.source("shop", FILES, at=home)
    cluster.kubectl("create deployment web --image=nginx --replicas=6")
    cluster.settle()
    return cluster


def measure(place: str) -> tuple[float, float]:
    """Won a month and minutes a release, once the caches are warm."""
    cluster, builders = shop(place), PLACES[place]
    cluster.release("web", f"{IMAGE}:1", builders, DOCKERFILE, "shop", tries=1)
    release = cluster.release("web", f"{IMAGE}:2", builders, DOCKERFILE, "shop", ["cmd/web/main.go"], tries=3)
    return won_per_month(release, RELEASES, pod="default/buildkitd"), release.minutes


def refusal(place: str) -> str:
    """How the rule that source stays in the company speaks about a place, "" when it says nothing."""
    cluster = shop(place)
    cluster.rule("source", ["company"])
    try:
        cluster.release("web", f"{IMAGE}:1", PLACES[place], DOCKERFILE, "shop")
    except RuleBroken as broken:
        return str(broken)
    return ""


def number() -> dict[str, tuple[float, float]]:
    """For each place: won a month, minutes a release."""
    return {place: measure(place) for place in PLACES}


if __name__ == "__main__":
    for name, (won, minutes) in number().items():
        print(f"{name:<8} {won:>10,.0f} won a month {minutes:6.2f} minutes a release   {refusal(name)}")
