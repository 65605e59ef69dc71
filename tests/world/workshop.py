"""A map with three places to build at, a registry, and an order for each of them."""

from __future__ import annotations

from typing import Any

from k8slab.clock import Loop
from k8slab.world import World
from k8slab.world.builders import Build, Builder, MachineHost, PodHost, Source

MB = 1_000_000
IMAGE = "registry.shop.example/shop/web"
DOCKERFILE = """
FROM golang:1.24 AS build
WORKDIR /src
COPY go.mod go.sum ./
# cost: cpu 10s, writes 150M, fetches 120M
RUN go mod download
COPY . .
# cost: cpu 80s, threads 4, writes 40M /app
RUN go build -o /app ./cmd/web
FROM alpine:3.23
COPY --from=build /app /app
CMD ["/app"]
"""
FILES = {"go.mod": "2k", "go.sum": "8k", "cmd/web/main.go": "30k", "assets/": "4M", "README.md": "5k"}


class Workshop:
    """A laptop, a company and a cloud; docker.io is near all of them, the registry of the shop in the cloud."""

    def __init__(self) -> None:
        self.loop = Loop(seed=1)
        self.world = World(self.loop)
        self.sites, self.registries = self.world.sites, self.world.registries
        for name, kind, zones in (("home", "laptop", ()), ("office", "company", ()), ("seoul", "cloud", ["zone-a"])):
            self.sites.add(name, kind, zones)
        self.sites.add("hub", "registry")
        self.line = self.sites.links.join("home", "seoul", 0.02, 2 * MB, 10 * MB, price="internet")
        self.sites.links.join("office", "seoul", 0.005, 100 * MB, price="line")
        for name in ("home", "office", "seoul"):
            self.sites.links.join("hub", name, 0.05, 50 * MB, price="internet")
        self.registries.put("docker.io", "hub")
        self.registries.put("registry.shop.example", "seoul")
        self.source = Source("shop", "office", FILES)
        self.vm = self.world.create_vm("node-1", "zone-a", 4000)
        self.vm.runtime.use_pod_cidr("10.244.1.0/24")

    def builder(self, place: str = "office", cores: float = 4) -> Builder:
        host = MachineHost(self.loop, place, cores)
        return Builder(place, self.sites.site(place).kind, cores, host, self.loop, self.registries)

    def pod_builder(self) -> Builder:
        host = PodHost("default/buildkitd", lambda: list(self.world.vms.values()), self.sites.place_of)
        return Builder("pod", "pod", 4, host, self.loop, self.registries)

    def build(self, builder: Builder, tag: str = "1", dockerfile: str = DOCKERFILE, **options: Any) -> Build:
        build = builder.begin(builder.order(f"{IMAGE}:{tag}", dockerfile, self.source, **options))
        self.loop.settle(quiet_s=2000)
        return build

    def carried(self, source: str, target: str) -> int:
        links = self.sites.links.carried()
        return next(one.size_bytes for one in links if (one.source, one.target) == (source, target))
