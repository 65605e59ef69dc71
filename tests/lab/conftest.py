"""A notebook without a browser: a fresh IPython shell, and what its cells show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell
from notebook_shell import Session


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No trace of the notebook that these tests may be started from; no history on disk."""
    for name in ("JPY_SESSION_NAME", "K8SLAB_LANG", "K8SLAB_STATIC", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path_factory.getbasetemp() / "ipython"))


@pytest.fixture
def bare() -> Iterator[Session]:
    """A session that has no Lab yet."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(user_module=None, user_ns={})
    shell.history_manager.enabled = False
    yield Session(shell)
    InteractiveShell.clear_instance()


@pytest.fixture
def session(bare: Session) -> Session:
    """A session whose first cell has made a Lab of one worker, and shown it."""
    bare.run("import k8slab.lab\nlab = k8slab.lab.Lab(1)")
    return bare
