"""The fixture `k8slab` as other projects see it, and the page that tells them about it."""

from __future__ import annotations

import os
import re
import ssl
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[1] / "docs" / "testing.md"
FILES = dict(re.findall(r"```\w+\n# (\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Somebody's project, with the programs of this environment on the path."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("KUBECONFIG", raising=False)
    return pytester


def test_every_example_of_the_page_works(project: pytest.Pytester) -> None:
    for path, text in FILES.items():
        (project.path / path).write_text(text, encoding="utf-8")

    result = project.runpytest_subprocess("--strict-markers", "-q")

    result.assert_outcomes(passed=sum(text.count("def test_") for text in FILES.values()))


def test_what_a_test_changes_is_gone_with_it(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import os, pathlib, threading
        from kubernetes import client, config
        from kubernetes.config import kube_config

        seen = []

        def test_one(k8slab):
            k8slab.kubectl("create namespace mine")
            seen.append(k8slab)
            assert os.environ["KUBECONFIG"] == str(k8slab.kubeconfig)
            assert kube_config.KUBE_CONFIG_DEFAULT_LOCATION == str(k8slab.kubeconfig)

        def test_other(k8slab):
            assert k8slab.url != seen[0].url and not seen[0].kubeconfig.exists()
            config.load_config()
            api = client.CoreV1Api()
            assert "mine" not in [each.metadata.name for each in api.list_namespace().items]

        def test_none():
            assert "KUBECONFIG" not in os.environ
            assert kube_config.KUBE_CONFIG_DEFAULT_LOCATION == "~/.kube/config"
            assert not [each.name for each in threading.enumerate() if each.name.startswith("k8slab")]
    """)

    project.runpytest_subprocess().assert_outcomes(passed=3)


def test_the_cluster_around_the_tests_is_hidden(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    project.makepyfile("""
        import os

        def test_it(k8slab):
            assert not [name for name in os.environ if name.startswith("KUBERNETES_SERVICE")]
    """)

    project.runpytest_subprocess().assert_outcomes(passed=1)


def test_who_does_not_use_the_fixture_does_not_load_the_engine(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import sys

        def test_it():
            heavy = ("k8slab.kubeadm", "k8slab.http", "k8slab.api", "uvicorn", "starlette", "yaml")
            assert not [name for name in heavy if name in sys.modules]
    """)

    project.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_marker_that_makes_no_sense_is_told(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import pytest

        @pytest.mark.k8slab(nodes=-1)
        def test_nodes(k8slab): ...

        @pytest.mark.k8slab(speed=-1)
        def test_speed(k8slab): ...

        @pytest.mark.k8slab(size=3)
        def test_size(k8slab): ...
    """)

    result = project.runpytest_subprocess()

    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(["*nodes must be a number from 0 to 5,000, not -1", "*a speed is a number from 0*"])
    result.stdout.fnmatch_lines(["*unexpected keyword argument 'size'"])


@pytest.mark.k8slab(nodes=1, speed=0)
def test_a_standing_clock_moves_when_it_is_told_to(k8slab: Any) -> None:
    before = k8slab.cluster.now

    k8slab.run("5m")

    assert (k8slab.speed, k8slab.cluster.now - before) == (0, 300)


def test_the_server_writes_nothing_into_the_logs_of_a_test(k8slab: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")

    ssl_context = ssl.create_default_context()
    ssl_context.check_hostname, ssl_context.verify_mode = False, ssl.CERT_NONE
    handlers = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl_context)
    with urllib.request.build_opener(*handlers).open(f"{k8slab.url}/readyz") as answer:
        assert answer.status == 200

    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_makes_the_same_names(k8slab_factory: Callable[..., Any], seed: int) -> None:
    names = []
    for given in (seed, seed, seed + 2):
        slab = k8slab_factory(1, speed=0, seed=given)
        slab.kubectl("create deployment web --image=nginx")
        slab.settle()
        names.append(slab.kubectl("get pods -o name"))

    assert names[0] == names[1] != names[2]
