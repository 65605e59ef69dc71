"""Looking at a part of a lab's cluster, from one cell to the next."""

from __future__ import annotations

import pytest

from k8slab import Lab
from k8slab.view.scene import Scene


def shown(scene: Scene) -> set[str]:
    return {tile.card.key.name.partition("-")[0] for tile in scene.tiles}


def test_a_focus_lasts_until_the_next() -> None:
    lab = Lab(2, lang="en")
    for name in ("web", "api"):
        lab.kubectl(f"create deployment {name} --image=nginx:1.27")
    lab.picture()

    narrow = lab.focus(app="web").scene
    lab.kubectl("scale deployment api --replicas=2")
    later = lab.picture().scene
    wide = lab.focus().scene

    assert (shown(narrow), shown(later), shown(wide)) == ({"web"}, {"web"}, {"web", "api"})


def test_nothing_is_no_focus() -> None:
    with pytest.raises(ValueError, match=r"there is no node .node-3.; did you mean .node-[12]."):
        Lab(2, lang="en").focus(node="node-3")
