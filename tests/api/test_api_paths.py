"""What the server says of itself: its version, its health, its metrics, its paths."""

from __future__ import annotations

import re

import pytest
from api_bench import ApiBench, sample
from custom_bench import GROUP, define

from k8slab.etcd import DictStore, RangeResult, StoreUnavailable
from k8slab.wire import NotFound, Request, Response

HEALTH = ("/healthz", "/livez", "/readyz")


def ask(api: ApiBench, path: str, **params: str) -> Response:
    return api.api.handle(Request("get", path=path, params=params, user="alice"))


@pytest.mark.parametrize("path", ["/version", "/version/"])
def test_the_version_is_the_target_release(api: ApiBench, path: str) -> None:
    """Source: staging/src/k8s.io/apimachinery/pkg/version/types.go, Info."""
    version = ask(api, path).body

    assert list(version) == [
        "major", "minor", "emulationMajor", "emulationMinor", "minCompatibilityMajor", "minCompatibilityMinor",
        "gitVersion", "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform",
    ]  # fmt: skip
    assert (version["major"], version["minor"], version["gitVersion"][:5]) == ("1", "37", "v1.37")
    assert all(isinstance(text, str) for text in version.values())


@pytest.mark.parametrize("path", [*HEALTH, *(f"{path}/{name}" for path in HEALTH for name in ("ping", "etcd"))])
def test_the_server_is_well(api: ApiBench, path: str) -> None:
    """Source: apiserver/pkg/server/healthz/healthz.go (handleRootHealth, adaptCheckToHandler)."""
    answer = ask(api, path)

    assert (answer.code, answer.text, answer.body) == (200, "ok", {})


@pytest.mark.parametrize(
    ("path", "params", "text"),
    [
        ("/livez", {"verbose": ""}, "[+]ping ok\n[+]etcd ok\nlivez check passed\n"),
        ("/healthz", {"verbose": "true"}, "[+]ping ok\n[+]etcd ok\nhealthz check passed\n"),
        ("/readyz", {"exclude": "clock"}, "ok"),
        ("/livez", {"verbose": "", "exclude": "etcd"}, "[+]ping ok\n[+]etcd excluded: ok\nlivez check passed\n"),
        (
            "/livez",
            {"verbose": "", "exclude": "moon"},
            "[+]ping ok\n[+]etcd ok\nwarn: some health checks cannot be excluded: no matches for \"moon\"\n"
            "livez check passed\n",
        ),
    ],
)  # fmt: skip
def test_every_check_is_told_when_asked(api: ApiBench, path: str, params: dict[str, str], text: str) -> None:
    """Source: apiserver/pkg/server/healthz/healthz.go (handleRootHealth)."""
    api.api.paths.readiness["clock"] = lambda: "the clock stands still"

    answer = ask(api, path, **params)

    assert (answer.code, answer.text) == (200, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/readyz", "[+]ping ok\n[+]etcd ok\n[-]clock failed: reason withheld\nreadyz check failed\n"),
        ("/readyz/clock", "internal server error: the clock stands still\n"),
    ],
)
def test_what_is_wrong_is_told_unasked(api: ApiBench, path: str, text: str) -> None:
    """Source: apiserver/pkg/server/healthz/healthz.go: the reason is withheld from the list."""
    api.api.paths.readiness["clock"] = lambda: "the clock stands still"

    answer = ask(api, path)

    assert (answer.code, answer.text) == (500, text)


class LostStore(DictStore):
    """A store that nobody reaches any more once it is lost."""

    loss: Exception | None = None

    def range(self, prefix: str, *, revision: int = 0, limit: int = 0, after: str = "") -> RangeResult:
        """Raises what it was lost by."""
        if self.loss:
            raise self.loss
        return super().range(prefix, revision=revision, limit=limit, after=after)


@pytest.mark.parametrize("loss", [ConnectionError, StoreUnavailable])
def test_a_store_out_of_reach_is_a_failing_check(loss: type[Exception]) -> None:
    api = ApiBench(LostStore)
    api.store.loss = loss("connection refused")  # type: ignore[attr-defined]

    assert ask(api, "/livez/etcd").text == "internal server error: error getting data from etcd: connection refused\n"


def test_requests_are_counted_by_what_they_were(api: ApiBench) -> None:
    """Source: endpoints/metrics/metrics.go: the labels of apiserver_request_total, CleanScope, CleanVerb."""
    for _ in range(3):
        api.send("list", "ConfigMap")
    api.given(sample("ConfigMap"))
    api.send("get", "ConfigMap", "ghost")
    api.send("patch", "Deployment", "ghost", subresource="scale", params={"dryRun": "All"})
    api.send("list", "Pod", namespace="")

    text = ask(api, "/metrics").text or ""

    name, tail = "apiserver_request_total", 'version="v1"}'
    for line in (
        f'{name}{{code="200",component="apiserver",dry_run="",group="",resource="configmaps",scope="namespace",'
        f'subresource="",verb="LIST",{tail} 3',
        f'{name}{{code="201",component="apiserver",dry_run="",group="",resource="configmaps",scope="resource",'
        f'subresource="",verb="POST",{tail} 1',
        f'{name}{{code="404",component="apiserver",dry_run="",group="",resource="configmaps",scope="resource",'
        f'subresource="",verb="GET",{tail} 1',
        f'{name}{{code="404",component="apiserver",dry_run="All",group="apps",resource="deployments",'
        f'scope="resource",subresource="scale",verb="PATCH",{tail} 1',
        f'{name}{{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="cluster",'
        f'subresource="",verb="LIST",{tail} 1',
    ):
        assert line in text.splitlines()


@pytest.mark.parametrize(
    ("verb", "fields", "told"),
    [
        ("watch", {}, "WATCH"),
        ("update", {}, "PUT"),
        ("delete", {}, "DELETE"),
        ("deletecollection", {}, "DELETECOLLECTION"),
        ("patch", {"content_type": "application/apply-patch+yaml"}, "APPLY"),
        ("patch", {"content_type": "application/merge-patch+json"}, "PATCH"),
        ("create", {"subresource": "exec", "name": "web"}, "CONNECT"),
        ("zap", {}, "other"),
    ],
)
def test_verbs_are_counted_under_the_names_of_methods(
    api: ApiBench, verb: str, fields: dict[str, str], told: str
) -> None:
    """Source: endpoints/metrics/metrics.go (CleanVerb, cleanVerb)."""
    api.request(verb, "pods", namespace="default", **fields)

    assert f'verb="{told}"' in (ask(api, "/metrics").text or "")


def test_objects_are_counted_by_resource(api: ApiBench) -> None:
    """Source: pkg/storage/etcd3/metrics/metrics.go (apiserver_storage_objects)."""
    define(api)
    api.given(*(sample("ConfigMap", name) for name in "abc"), sample("Deployment"))

    lines = (ask(api, "/metrics").text or "").splitlines()

    counts = {"configmaps": 3, "deployments.apps": 1, "pods": 0, f"orders.{GROUP}": 0, "namespaces": 1}
    assert {f'apiserver_storage_objects{{resource="{name}"}} {count}' for name, count in counts.items()} <= set(lines)


def test_the_text_is_that_of_prometheus(api: ApiBench) -> None:
    """Source: prometheus.io, "Exposition formats", "Text-based format"."""
    api.request("get", 'a"b\\c\nd', name="x")
    sample_line = r'[a-z_]+(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\})? \d+(\.\d+)?'

    text = ask(api, "/metrics").text or ""

    assert text.endswith("\n") and 'resource="a\\"b\\\\c\\nd"' in text
    for line in text.splitlines():
        assert re.fullmatch(rf"# (HELP|TYPE) .+|{sample_line}", line), line
    assert f"process_start_time_seconds {int(api.loop.start_s)}" in text.splitlines()


def test_junk_does_not_fill_the_memory(api: ApiBench) -> None:
    for number in range(10_050):
        api.request("get", f"junk{number}", name="x")

    assert (ask(api, "/metrics").text or "").count("apiserver_request_total{") == 10_000


def test_the_root_lists_what_is_there(api: ApiBench) -> None:
    """Source: apiserver/pkg/server/routes/index.go."""
    define(api)

    paths = ask(api, "/").body["paths"]

    assert paths == sorted(paths)
    assert {"/api", "/api/v1", "/apis", "/apis/", "/apis/apps", "/apis/apps/v1", f"/apis/{GROUP}/v1"} <= set(paths)
    assert {"/healthz", "/livez/ping", "/readyz/etcd", "/metrics", "/openapi/v3", "/version"} <= set(paths)
    assert {ask(api, path).code for path in paths} == {200}


@pytest.mark.parametrize(
    "path", ["/metrics/slis", "/.well-known/openid-configuration", "/healthz/moon", "/healthzz", "/nowhere", "/openapi"]
)
def test_other_paths_are_not_found(api: ApiBench, path: str) -> None:
    answer = ask(api, path)

    assert (answer.code, answer.body["message"]) == (404, "the server could not find the requested resource")


def test_a_reader_gets_text_where_there_is_no_object(api: ApiBench) -> None:
    assert api.client.raw("/readyz") == "ok"
    assert api.client.raw("/version")["minor"] == "37"
    with pytest.raises(NotFound):
        api.client.raw("/nowhere")
