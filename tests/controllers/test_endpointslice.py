"""EndpointSlices: who answers for a Service, and who will do so no longer."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, node, pod

from k8slab.controllers import EndpointSliceController
from k8slab.objects import owner_reference

Obj = dict[str, Any]

CONTROLLER = EndpointSliceController


def service(**spec: Any) -> Obj:
    """A Service in front of app=web."""
    ports = [{"port": 80, "targetPort": 8080}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "default", "labels": {"team": "shop"}},
        "spec": {"selector": {"app": "web"}, "ports": ports, **spec},
    }


def backend(name: str = "web-0", ip: str = "10.244.1.2", *, ready: bool = True, **spec: Any) -> Obj:
    """A Pod of app=web with an address."""
    made = pod(name, ready=ready, node="n1", app="web")
    made["spec"] |= spec
    made["status"] |= {"podIP": ip, "podIPs": [{"ip": ip}]}
    return made


def slices(bench: Bench) -> list[Obj]:
    """The Service's slices, after one look."""
    bench.reconcile("default/web")
    return bench.client.list("EndpointSlice")


@pytest.mark.parametrize(
    ("ready", "leaving", "publish", "conditions"),
    [
        (True, False, False, (True, True, False)),
        (False, False, False, (False, False, False)),
        (True, True, False, (False, True, True)),
        (False, True, False, (False, False, True)),
        (False, False, True, (True, False, False)),
        (True, True, True, (True, True, True)),
        (False, True, True, (True, False, True)),
    ],
)
def test_an_endpoint_is_ready_serving_terminating(
    bench: Bench, ready: bool, leaving: bool, publish: bool, conditions: tuple[bool, bool, bool]
) -> None:
    """Source: endpointslice/utils.go, podToEndpoint; kubernetes.io, "EndpointSlices", Conditions."""
    bench.given(service(publishNotReadyAddresses=publish), backend(ready=ready))
    if leaving:
        bench.client.delete("po", "web-0", "default")

    ((endpoint,),) = [each["endpoints"] for each in slices(bench)]

    assert tuple(endpoint["conditions"][name] for name in ("ready", "serving", "terminating")) == conditions


def test_a_slice_belongs_to_its_service(bench: Bench) -> None:
    """Source: endpointslice/utils.go, newEndpointSlice; setEndpointSliceLabels."""
    made = bench.given(service())

    (found,) = slices(bench)

    assert found["metadata"]["name"].startswith("web-") and found["addressType"] == "IPv4"
    assert found["metadata"]["ownerReferences"] == [owner_reference(made)]
    assert found["metadata"]["labels"] == {
        "team": "shop",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }


def test_an_endpoint_tells_its_pod_node_and_zone(bench: Bench) -> None:
    """Source: endpointslice/utils.go, podToEndpoint."""
    home = node("n1")
    home["metadata"]["labels"] = {"topology.kubernetes.io/zone": "a"}
    made = bench.given(service(), home, backend())

    ((endpoint,),) = [each["endpoints"] for each in slices(bench)]

    about = {"kind": "Pod", "namespace": "default", "name": "web-0", "uid": made["metadata"]["uid"]}
    assert (endpoint["addresses"], endpoint["nodeName"], endpoint["zone"]) == (["10.244.1.2"], "n1", "a")
    assert endpoint["targetRef"] == about and "hostname" not in endpoint


@pytest.mark.parametrize(
    ("subdomain", "hostname", "expected"),
    [("web", "first", "first"), ("other", "first", None), ("", "first", None), ("web", "", None)],
)
def test_a_pod_of_the_services_subdomain_brings_its_hostname(
    bench: Bench, subdomain: str, hostname: str, expected: str | None
) -> None:
    """Source: endpoint/util.go, ShouldSetHostname."""
    names = {"subdomain": subdomain, "hostname": hostname}
    bench.given(service(clusterIP="None"), backend(**{key: value for key, value in names.items() if value}))

    ((endpoint,),) = [each["endpoints"] for each in slices(bench)]

    assert endpoint.get("hostname") == expected


@pytest.mark.parametrize(
    ("phase", "ip", "app", "counts"),
    [
        ("Running", "10.244.1.2", "web", True),
        ("Pending", "10.244.1.2", "web", True),
        ("Running", "", "web", False),
        ("Succeeded", "10.244.1.2", "web", False),
        ("Failed", "10.244.1.2", "web", False),
        ("Running", "10.244.1.2", "db", False),
    ],
)
def test_who_is_an_endpoint(bench: Bench, phase: str, ip: str, app: str, counts: bool) -> None:
    """Source: endpoint/util.go, ShouldPodBeInEndpoints."""
    made = backend()
    made["metadata"]["labels"] = {"app": app}
    made["status"] |= {"phase": phase, "podIP": ip}
    bench.given(service(), made)

    (found,) = slices(bench)

    assert bool(found.get("endpoints")) is counts


def listening(**port: Any) -> Obj:
    """A container with one port."""
    return {"name": "main", "image": "nginx", "ports": [port]}


@pytest.mark.parametrize(
    ("target", "spec", "number"),
    [
        (8080, {}, 8080),
        (None, {}, 80),
        ("http", {"containers": [listening(name="http", containerPort=8000)]}, 8000),
        ("http", {"containers": [listening(name="http", containerPort=8000, protocol="UDP")]}, None),
        ("http", {"containers": [listening(name="https", containerPort=8000)]}, None),
        (
            "http",
            {
                "initContainers": [
                    {**listening(name="http", containerPort=7), "name": "mesh", "restartPolicy": "Always"}
                ]
            },
            7,
        ),
        ("http", {"initContainers": [{**listening(name="http", containerPort=7), "name": "init"}]}, None),
    ],
)
def test_a_port_is_found_by_number_or_name(
    bench: Bench, target: int | str | None, spec: Obj, number: int | None
) -> None:
    """Source: endpointslice/utils.go, getEndpointPorts; FindPort (sidecars have ports, init containers not)."""
    port: Obj = {"port": 80, "name": "web", "appProtocol": "http", **({"targetPort": target} if target else {})}
    bench.given(service(ports=[port]), backend(**spec))

    (found,) = slices(bench)

    expected = {"name": "web", "port": number, "protocol": "TCP", "appProtocol": "http"}
    assert (found.get("ports") or []) == ([expected] if number else [])


def test_pods_that_mean_different_numbers_by_a_name_get_different_slices(bench: Bench) -> None:
    """Source: endpointslice/reconciler.go: slices are grouped by the hash of their ports."""
    ports = [{"port": 80, "targetPort": "http"}]
    for n, number in enumerate((8000, 8000, 9000)):
        bench.given(backend(f"web-{n}", f"10.244.1.{n}", containers=[listening(name="http", containerPort=number)]))
    bench.given(service(ports=ports))

    found = {each["ports"][0]["port"]: len(each["endpoints"]) for each in slices(bench)}

    assert found == {8000: 2, 9000: 1}


@pytest.mark.parametrize(("cluster_ip", "headless"), [("None", True), (None, False)])
def test_a_headless_service_is_labelled(bench: Bench, cluster_ip: str | None, headless: bool) -> None:
    """Source: endpointslice/utils.go, setEndpointSliceLabels; v1.IsHeadlessService."""
    bench.given(service(**({"clusterIP": cluster_ip} if cluster_ip else {})), backend())

    (found,) = slices(bench)

    assert ("service.kubernetes.io/headless" in found["metadata"]["labels"]) is headless


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (1, [1]), (100, [100]), (101, [1, 100]), (250, [50, 100, 100])])
def test_a_slice_holds_a_hundred(bench: Bench, count: int, sizes: list[int]) -> None:
    """Source: --max-endpoints-per-slice, 100 by default."""
    bench.given(service())
    for n in range(count):
        bench.given(backend(f"web-{n}", f"10.244.{n // 200}.{n % 200 + 1}"))

    found = slices(bench)

    assert sorted(len(each.get("endpoints") or []) for each in found) == sizes
    assert len({e["addresses"][0] for each in found for e in each.get("endpoints") or []}) == count


@pytest.mark.parametrize(
    "spec", [{"selector": None}, {"selector": {}}, {"type": "ExternalName", "externalName": "a.b"}]
)
def test_a_service_without_a_selector_is_left_to_others(bench: Bench, spec: Obj) -> None:
    """Source: endpointslice_controller.go, syncService; kubernetes.io, "Service", without selectors."""
    bench.given(service(**spec), backend())

    assert slices(bench) == [] and bench.writes == []


def test_what_has_not_changed_is_not_written(bench: Bench) -> None:
    bench.given(service(), backend())
    slices(bench)

    slices(bench)

    assert bench.writes == []


def test_slices_that_are_no_longer_needed_go(bench: Bench) -> None:
    bench.given(service())
    for n in range(101):
        bench.given(backend(f"web-{n}", f"10.244.1.{n}"))
    small = min(slices(bench), key=lambda each: len(each["endpoints"]))
    bench.client.delete("po", small["endpoints"][0]["targetRef"]["name"], "default", grace_s=0)

    assert [len(each["endpoints"]) for each in slices(bench)] == [100]


def test_slices_of_others_are_left_alone(bench: Bench) -> None:
    """Source: endpointslice_controller.go: only slices that are managed-by this controller."""
    labels = {"kubernetes.io/service-name": "web", "endpointslice.kubernetes.io/managed-by": "me"}
    own = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": []}
    bench.given(service(), {**own, "metadata": {"name": "mine", "namespace": "default", "labels": labels}})

    assert len(slices(bench)) == 2
    assert bench.writes == ["create EndpointSlice"]
