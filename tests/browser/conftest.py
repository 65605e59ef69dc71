"""JupyterLab as a learner meets it: a server per session, in a headless Chromium.

Without Chromium these tests are skipped and say so; K8SLAB_REQUIRE_BROWSER=1 makes that a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyterlab_page import JupyterLabPage
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium of the module's own: while playwright runs, no other test could run an event loop."""
    if not CHROMIUM:
        if os.environ.get("K8SLAB_REQUIRE_BROWSER") == "1":
            pytest.fail("no Chromium on this machine, and K8SLAB_REQUIRE_BROWSER=1 asks for one")
        pytest.skip("no Chromium on this machine: the browser tests did not run")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that JupyterLab serves, with a copy of notebooks/."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", home / "notebooks")
    return home


@pytest.fixture(scope="session")
def lab_server(lab_home: Path) -> Iterator[str]:
    """The address of a JupyterLab that serves `lab_home`."""
    home = lab_home
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--port=0",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
    ]
    log = home / "server.log"
    environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(home / "run"), "JUPYTER_CONFIG_DIR": str(home / "config")}
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=home, env=environment, stdout=output, stderr=output)
        try:
            yield _address(home / "run", server, log)
        finally:
            server.terminate()
            server.wait(20)


def _address(runtime: Path, server: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the server has written down where it listens, and answers there."""
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        for info in runtime.glob("jpserver-*.json"):
            port = info.read_text().split('"port": ')[1].split(",")[0]
            address = f"http://127.0.0.1:{port}"
            try:
                urllib.request.urlopen(f"{address}/api", timeout=2).close()
            except OSError:
                continue
            return address
        time.sleep(0.1)
    raise AssertionError("JupyterLab did not start: " + log.read_text())


@pytest.fixture
def lab(browser: Browser, lab_server: str) -> Iterator[JupyterLabPage]:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    yield JupyterLabPage(page, lab_server)
    page.close()
