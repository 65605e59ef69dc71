"""A lab that real clients reach from a cell."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from notebook_shell import Session

CREATE = "_ = lab.client.create({'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'shop'}})"


@pytest.fixture
def served(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session whose lab is served, and whose clock stands."""
    monkeypatch.setenv("KUBECONFIG", "/dev/null")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    session.run("server = lab.serve()\nlab.pause()")
    yield session
    session.run("lab.close()")


def test_the_cells_that_follow_know_where_the_server_is(served: Session) -> None:
    assert Path(os.environ["KUBECONFIG"]) == served["server"].kubeconfig
    assert shutil.which("python") is not None


def test_time_that_passes_by_itself_is_no_touch(served: Session) -> None:
    before = served["lab"].cluster.etcd.revision

    cell = served.run("lab.cluster.run('1m')")

    assert cell.pictures == [] and served["lab"].cluster.etcd.revision > before


def test_what_a_client_writes_is_shown_after_its_cell(served: Session) -> None:
    assert len(served.run(CREATE).pictures) == 1


def test_a_paused_clock_holds_though_cells_end(served: Session) -> None:
    now = served["lab"].now

    served.run("%kubectl create deployment web --image=nginx")

    assert served["lab"].now == now


def test_what_waited_for_the_clock_is_shown_when_it_runs_again(served: Session) -> None:
    served.run("%kubectl create deployment web --image=nginx")

    cell = served.run("_ = lab.serve()")

    assert [len(cell.pictures), "Pod web" in served["lab"].last.text] == [1, True]


def test_what_was_known_before_is_known_again_at_the_end(served: Session) -> None:
    served.run("lab.close()")

    assert os.environ["KUBECONFIG"] == "/dev/null"


def test_serving_twice_is_serving_once(served: Session) -> None:
    served.run("again = lab.serve()")

    assert served["again"] is served["server"] and served["server"].pacer.speed == 1


def test_a_paused_clock_runs_again_as_fast_as_before(served: Session) -> None:
    served.run("_ = lab.serve(speed=30)")
    served.run("lab.pause()\nlab.pause()")
    assert served["server"].pacer.speed == 0

    served.run("lab.resume()")

    assert served["server"].pacer.speed == 30
