"""Another range for the addresses of Services."""

from __future__ import annotations

import pytest

from k8slab import Cluster


def test_every_service_has_its_address_in_the_range_of_the_cluster() -> None:
    """Source: kubeadm, `networking.serviceSubnet`: the API server has the first address, the DNS the tenth."""
    cluster = Cluster(nodes=1, service_cidr="10.7.0.0/24")

    cluster.kubectl("create service clusterip web --tcp=80")

    services = cluster.client.list("Service", namespace=None)
    address = {obj["metadata"]["name"]: obj["spec"]["clusterIP"] for obj in services}
    assert (address["kubernetes"], address["kube-dns"]) == ("10.7.0.1", "10.7.0.10")
    assert address["web"].startswith("10.7.0.")


def test_names_are_asked_of_the_range_s_tenth_address() -> None:
    cluster = Cluster(nodes=1, service_cidr="10.7.0.0/24")
    cluster.kubectl("run shell --image=busybox -- sleep infinity")
    cluster.settle()

    found = cluster.kubectl("exec shell -- nslookup kubernetes")

    assert "Server:\t\t10.7.0.10\n" in found and "Address: 10.7.0.1\n" in found


def test_a_small_range_is_given_away_to_its_last_address() -> None:
    """Source: ipallocator.go: 14 addresses of a /28, of which two are taken from the beginning."""
    cluster = Cluster(agents=(), service_cidr="10.7.0.0/28")

    answers = [cluster.kubectl(f"create service clusterip s{i} --tcp=80") for i in range(14)]

    assert [answer.endswith("created\n") for answer in answers] == [True] * 13 + [False]
    assert "range is full" in answers[-1]


@pytest.mark.parametrize("text", ["10.7.0.0/8", "10.7.0.0/29", "10.7.0.1/24", "fd00::/112", "ten"])
def test_a_range_that_will_not_do_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="range"):
        Cluster(agents=(), service_cidr=text)
