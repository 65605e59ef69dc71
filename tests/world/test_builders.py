"""Builders: what is done again after a change, what travels, how long it takes, and what is lost with a pod."""

from __future__ import annotations

from typing import Any

import pytest
from workshop import DOCKERFILE, IMAGE, MB, Workshop

from k8slab.world import ContainerConfig, Image


@pytest.fixture
def shop() -> Workshop:
    return Workshop()


def steps(names: list[str]) -> str:
    """The numbers of steps, as `build 5, stage-1 2`."""
    return ", ".join(name.partition("]")[0].lstrip("[").partition("/")[0] for name in names)


# docs.docker.com, "Docker build cache": what each change lays open of what follows it
EDITS = [
    (lambda shop: None, {}, ""),
    (lambda shop: shop.source.edit("cmd/web/main.go"), {}, "build 5, build 6, stage-1 2"),
    (lambda shop: shop.source.edit("go.sum"), {}, "build 3, build 4, build 5, build 6, stage-1 2"),
    (lambda shop: shop.source.edit("new.go", "1k"), {}, "build 5, build 6, stage-1 2"),
    (lambda shop: shop.source.delete("README.md"), {}, "build 5, build 6, stage-1 2"),
    (lambda shop: None, {"no_cache": True}, "build 2, build 3, build 4, build 5, build 6, stage-1 2"),
    (lambda shop: None, {"dockerfile": DOCKERFILE.replace("WORKDIR /src", "WORKDIR /go")},
     "build 2, build 3, build 4, build 5, build 6, stage-1 2"),
    (lambda shop: None, {"dockerfile": DOCKERFILE.replace("RUN go build", "RUN go build -v")}, "build 6, stage-1 2"),
    (lambda shop: None, {"dockerfile": DOCKERFILE.replace("COPY . .", "ENV A=1\nCOPY . .")}, "build 6, stage-1 2"),
    (lambda shop: None, {"dockerfile": DOCKERFILE.replace('CMD ["/app"]', "EXPOSE 80")}, ""),
    (lambda shop: None, {"dockerfile": DOCKERFILE.replace("alpine:3.23", "alpine:3.22")}, "stage-1 2"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "options", "ran"), EDITS)
def test_a_change_lays_open_what_follows_it(shop: Workshop, change: Any, options: dict[str, Any], ran: str) -> None:
    builder = shop.builder()
    shop.build(builder)
    change(shop)

    again = shop.build(builder, "2", **options)

    assert (steps(again.ran), again.problem) == (ran, "")


def test_an_ignored_file_is_not_sent_and_changes_nothing(shop: Workshop) -> None:
    builder = shop.builder()
    shop.source.ignore = ("*.md", "assets", "!assets/logo.svg")
    shop.source.edit("assets/logo.svg", "3k")
    first = shop.build(builder)
    shop.source.edit("README.md")

    again = shop.build(builder, "2")

    assert (first.sent_bytes, again.sent_bytes, again.ran) == (43_000, 0, [])


def test_only_what_changed_of_the_source_is_sent(shop: Workshop) -> None:
    builder = shop.builder()
    first = shop.build(builder)
    shop.source.edit("go.sum")

    again = shop.build(builder, "2")

    assert (first.sent_bytes, again.sent_bytes) == (4_045_000, 8_000)


def test_only_layers_that_the_registry_lacks_are_pushed(shop: Workshop) -> None:
    """The first time the base goes along: its registry is another one."""
    builder = shop.builder()
    first, same = shop.build(builder), shop.build(builder, "2")
    shop.source.edit("go.mod")

    third = shop.build(builder, "3")

    assert first.pushed_bytes == 40 * MB + first.layers[0].size_bytes + sum(
        one.size_bytes for one in first.layers[1:-1]
    )
    assert (same.pushed_bytes, third.pushed_bytes) == (0, 40 * MB)
    assert same.image is not None and first.image is not None and same.image.digest == first.image.digest


def test_a_step_that_is_done_again_makes_another_layer_unless_its_files_bear_no_time(shop: Workshop) -> None:
    """Source: docs.docker.com, "Reproducible builds with GitHub Actions" (SOURCE_DATE_EPOCH)."""
    dockerfile = "FROM scratch\nCOPY go.mod /\n# cost: cpu 1s, writes 1M\nRUN make"
    first, again = (shop.build(shop.builder(), "1", dockerfile) for _ in range(2))

    same, alike = (shop.build(shop.builder(), "1", dockerfile, reproducible=True) for _ in range(2))

    assert (first.layers[0], same.layers) == (again.layers[0], alike.layers)
    assert first.layers[1] != again.layers[1]


@pytest.mark.parametrize(("cores", "took_s"), [(1, 90), (2, 50), (4, 30), (8, 30)])  # 10 s on one core, 80 s on up to 4
def test_more_cores_are_faster_as_far_as_the_step_can_use_them(shop: Workshop, cores: int, took_s: float) -> None:
    build = shop.build(shop.builder(cores=cores))

    assert took_s < build.build_s < took_s + 3


def test_stages_that_do_not_need_each_other_are_built_at_the_same_time(shop: Workshop) -> None:
    dockerfile = """
FROM scratch AS a
# cost: cpu 20s, writes 1M /a
RUN make a
FROM scratch AS b
# cost: cpu 30s, writes 1M /b
RUN make b
FROM scratch
COPY --from=a /a /
COPY --from=b /b /
"""
    apart, shared = (shop.build(shop.builder(cores=cores), "1", dockerfile) for cores in (2, 1))

    assert 30 < apart.build_s < 31 and 50 < shared.build_s < 51


def test_the_links_decide_how_long_a_push_takes_and_count_it(shop: Workshop) -> None:
    shop.source.place = "home"

    build = shop.build(shop.builder("home"))

    assert build.push_s == pytest.approx(build.pushed_bytes / (2 * MB), rel=0.03)
    assert shop.carried("home", "seoul") == build.pushed_bytes
    assert shop.carried("hub", "home") == build.fetched_bytes


def test_another_builder_knows_what_a_cache_in_the_registry_tells(shop: Workshop) -> None:
    shop.build(shop.builder(), cache_to=f"{IMAGE}:cache")
    shop.source.edit("cmd/web/main.go")

    cold = shop.build(shop.builder("home"), "2")
    warm = shop.build(shop.builder("home"), "3", cache_from=f"{IMAGE}:cache")

    assert steps(cold.ran) == "build 2, build 3, build 4, build 5, build 6, stage-1 2"
    assert steps(warm.ran) == "build 5, build 6, stage-1 2"
    assert "importing cache manifest" in warm.log and "150MB from registry.shop.example" in warm.log


def test_what_is_all_in_a_foreign_cache_is_neither_fetched_nor_pushed(shop: Workshop) -> None:
    first = shop.build(shop.builder(), cache_to=f"{IMAGE}:cache")

    other = shop.build(shop.builder("home"), "2", cache_from=f"{IMAGE}:cache")

    assert (other.ran, other.fetched_bytes, other.pushed_bytes) == ([], 0, 0)
    assert other.layers == first.layers


def test_a_copy_of_the_same_files_is_the_same_layer_whatever_it_lies_upon(shop: Workshop) -> None:
    """Its step is taken again, because what it follows has changed; its bytes need not be pushed again."""
    dockerfile = f"{DOCKERFILE}COPY assets /assets"
    builder = shop.builder()
    shop.build(builder, "1", dockerfile)
    shop.source.edit("cmd/web/main.go")

    again = shop.build(builder, "2", dockerfile)

    assert again.ran[-1].endswith("COPY assets /assets") and again.pushed_bytes == 40 * MB


def test_a_copy_from_a_stage_that_was_built_again_is_another_layer(shop: Workshop) -> None:
    first, again = shop.build(shop.builder()), shop.build(shop.builder(), "2")

    same, alike = (shop.build(shop.builder(), "3", reproducible=True) for _ in range(2))

    assert first.layers[-1] != again.layers[-1] and same.layers == alike.layers


def test_a_link_that_fails_while_pushing_fails_the_build(shop: Workshop) -> None:
    shop.source.place = "home"
    build = shop.builder("home").begin(shop.builder("home").order(f"{IMAGE}:1", DOCKERFILE, shop.source))
    shop.loop.run_until(shop.loop.now + 40)
    shop.sites.links.fail(shop.line)

    shop.loop.settle(quiet_s=2000)

    assert build.problem == f"failed to push {IMAGE}:1: connection timed out" and build.image is None


def test_a_step_that_fails_is_told_of_and_nothing_is_pushed(shop: Workshop) -> None:
    build = shop.build(shop.builder(), "1", DOCKERFILE.replace("cpu 80s", "exit 2, cpu 80s"))

    assert build.problem.startswith('process "/bin/sh -c go build -o /app ./cmd/web" did not complete successfully')
    assert "#11 ERROR: process" in build.log and build.log.endswith("exit code: 2\n")
    assert shop.registries.images.resolve(f"{IMAGE}:1").reason == "ErrImagePull"  # type: ignore[union-attr]


def test_what_a_step_loads_from_the_internet_travels_over_its_link(shop: Workshop) -> None:
    shop.sites.add("internet", "registry")
    shop.sites.join("internet", "office", 0.02, 10 * MB)

    build = shop.build(shop.builder())

    assert shop.carried("internet", "office") == 120 * MB and build.build_s > 12 + 30
    assert [flow.what for flow in shop.sites.flows if flow.kind == "packages"] == ["[build 4/6] RUN go mod download"]


class Pod:
    """A pod with BuildKit in it; its cache lies in a volume where one is given."""

    def __init__(self, shop: Workshop, **config: Any) -> None:
        self.shop = shop
        self.config = ContainerConfig("buildkitd", "moby/buildkit:v0.26.2", **config)
        done: list[Any] = []
        shop.vm.runtime.run_pod_sandbox("u1", "default", "buildkitd-0", False, done.append)
        shop.loop.settle(quiet_s=5)
        self.sandbox = done[0]
        self.start()

    def start(self, attempt: int = 0) -> None:
        image = self.shop.world.images.resolve(self.config.image)
        assert isinstance(image, Image)
        runtime = self.shop.vm.runtime
        self.container = runtime.create_container(self.sandbox, self.config, image, attempt)
        runtime.start_container(self.container, lambda _: None)
        self.shop.loop.settle(quiet_s=5)


def test_a_builder_in_a_pod_takes_its_time_within_the_pods_limit(shop: Workshop) -> None:
    from k8slab.world import Limits

    Pod(shop, limits=Limits(cpu_limit_m=2000))

    build = shop.build(shop.pod_builder())

    assert build.place == "seoul/zone-a" and 50 < build.build_s < 53 and shop.carried("seoul", "office") == 0


@pytest.mark.parametrize("has_volume", [False, True])
def test_the_cache_goes_with_the_pod_unless_it_lies_in_a_volume(shop: Workshop, has_volume: bool) -> None:
    from k8slab.world import Mount, Volume

    mounts = (Mount("/var/lib/buildkit", Volume(shop.loop, shop.vm.disk)),) if has_volume else ()
    pod, builder = Pod(shop, mounts=mounts), shop.pod_builder()
    shop.build(builder)
    pod.container.kill()
    pod.start(1)

    again = shop.build(builder, "2")

    assert (again.ran == []) is has_volume


def test_a_build_ends_with_its_pod(shop: Workshop) -> None:
    pod, builder = Pod(shop), shop.pod_builder()
    build = builder.begin(builder.order(f"{IMAGE}:1", DOCKERFILE, shop.source))
    shop.loop.run_until(shop.loop.now + 15)

    pod.container.kill()
    shop.loop.settle()

    assert build.problem == "rpc error: code = Unavailable desc = error reading from server: EOF"
    assert builder.minutes == pytest.approx(0.25)
    with pytest.raises(ValueError, match='there is no running pod "default/buildkitd" with a builder in it'):
        builder.begin(build.order)
