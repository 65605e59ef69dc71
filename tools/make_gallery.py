"""Photograph the views for docs/gallery, as a notebook shows them: `make gallery`.

Needs Chromium. The pictures are of clusters with a seed, so that they change only when a view does.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from playwright.sync_api import Page, sync_playwright

import k8slab
from k8slab.lab.course import Progress

ROOT = Path(__file__).parent.parent
GALLERY = ROOT / "docs" / "gallery"
WIDTH_PX = 1024
LIGHT = {"layout-color0": "#fff", "layout-color1": "#fff", "layout-color2": "#eee", "ui-font-color1": "#1f2328",
         "ui-font-color2": "#555", "content-font-color1": "#1f2328", "border-color1": "#bdbdbd"}  # fmt: skip
DARK = {"layout-color0": "#111", "layout-color1": "#111", "layout-color2": "#222", "ui-font-color1": "#eee",
        "ui-font-color2": "#bbb", "content-font-color1": "#eee", "border-color1": "#616161"}  # fmt: skip

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: nginx, image: "nginx:1.27", resources: {requests: {cpu: 300m}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
CHOOSY = """
apiVersion: v1
kind: Pod
metadata: {name: choosy}
spec:
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [ssd]}]}]
      preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 50
        preference: {matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [zone-b]}]}
  containers: [{name: main, image: "nginx:1.27", resources: {requests: {cpu: 500m}}}]
"""


class Photo(NamedTuple):
    """One picture of the gallery: what is shown, in which theme."""

    name: str
    shown: Callable[[], Any]
    is_dark: bool = False


def lab_with_web(lang: str = "en") -> k8slab.Lab:
    """Three workers, four pods behind a Service."""
    lab = k8slab.Lab(nodes=3, lang=lang)
    lab.picture()
    lab.apply(WEB)
    lab.picture()
    return lab


def after_a_power_cut(lang: str = "en") -> k8slab.Lab:
    """The same, seven minutes after a worker has lost its power."""
    lab = lab_with_web(lang)
    lab.fail("node-2")
    lab.run("7m")
    return lab


def many() -> Any:
    """A hundred workers and a thousand pods."""
    lab = k8slab.Lab(nodes=100)
    lab.kubectl("create deployment web --image=nginx:1.27 --replicas=700")
    lab.kubectl("create deployment worker --image=busybox --replicas=300 -- sleep infinity")
    return lab.picture()


def choice_of_a_node() -> Any:
    """The scheduler's matrix of a pod with a condition and a wish."""
    lab = k8slab.Lab(nodes=3)
    lab.kubectl("label node node-1 node-2 disk=ssd")
    lab.apply(CHOOSY)
    lab.settle()
    return lab.scheduling("choosy")


def why_a_pod() -> Any:
    """The chain of writes that a pod owes its existence to."""
    lab = after_a_power_cut()
    newest = max(lab.client.list("Pod", "default"), key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    return lab.why(f"pod/{newest['metadata']['name']}")


def restart_under_load() -> Any:
    """The traffic of a Service whose pods are replaced."""
    lab = lab_with_web()
    load = lab.cluster.start_load("http://web/", 200, lasting="1m")
    lab.run("20s")
    lab.kubectl("rollout restart deployment web")
    lab.run("40s")
    return lab.traffic(load)


def the_course() -> Any:
    """The map of somebody who has done nothing yet."""
    with TemporaryDirectory() as home:
        return k8slab.Course("en", ROOT / "notebooks", Progress(Path(home) / "none.json"))


PHOTOS = (
    Photo("a-dead-node", lambda: after_a_power_cut().picture()),
    Photo("a-dead-node-korean-dark", lambda: after_a_power_cut("ko").picture(), is_dark=True),
    Photo("a-hundred-nodes", many),
    Photo("the-time-line", lambda: after_a_power_cut().timeline()),
    Photo("the-choice-of-a-node", choice_of_a_node),
    Photo("why-a-pod-is-there", why_a_pod),
    Photo("the-way-of-a-request", lambda: lab_with_web().path("http://web/", source="node-2")),
    Photo("a-restart-under-load", restart_under_load),
    Photo("who-talks-to-whom", lambda: after_a_power_cut().talks()),
    Photo("the-course", the_course),
)


@contextmanager
def browser_page() -> Iterator[Page]:
    """A page as wide as a notebook on a small screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": WIDTH_PX, "height": 300})
        browser.close()


def take(page: Page, photo: Photo) -> None:
    """Show what it shows, with the colours JupyterLab gives its outputs, and save a PNG."""
    colours = "".join(f"--jp-{name}:{value};" for name, value in (DARK if photo.is_dark else LIGHT).items())
    body = "background:var(--jp-layout-color0);color:var(--jp-ui-font-color1);font:13px sans-serif;margin:12px"
    theme = f'data-jp-theme-light="{str(not photo.is_dark).lower()}"'
    html = photo.shown()._repr_mimebundle_()["text/html"]
    page.set_content(
        f'<html {theme}><meta charset="utf-8"><style>:root{{{colours}}}</style>'
        f'<body {theme} style="{body}">{html}</body></html>'
    )
    page.screenshot(path=GALLERY / f"{photo.name}.png", full_page=True)


def main() -> int:
    """Take all photos, or those named on the command line."""
    wanted = sys.argv[1:]
    GALLERY.mkdir(parents=True, exist_ok=True)
    with browser_page() as page:
        for photo in PHOTOS:
            if not wanted or photo.name in wanted:
                take(page, photo)
    return 0


if __name__ == "__main__":
    sys.exit(main())
