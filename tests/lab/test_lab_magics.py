"""%kubectl, %%kubectl and %%manifest."""

from __future__ import annotations

import pytest
from notebook_shell import Session

from k8slab.objects import Key

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: colors\n  namespace: default\ndata:\n  sky: blue\n"


def names(session: Session, kind: str) -> set[str]:
    return {obj["metadata"]["name"] for obj in session["lab"].client.list(kind, "default")}


@pytest.mark.parametrize("line", ["%kubectl get nodes", "%kubectl kubectl get nodes", "%kubectl   get nodes  "])
def test_a_line_is_a_command(session: Session, line: str) -> None:
    lines = session.run(line).text.splitlines()

    assert lines[0].split() == ["NAME", "STATUS", "ROLES", "AGE", "VERSION"]
    assert [row.split()[0] for row in lines[1:]] == ["control-plane", "node-1"]


def test_names_of_python_are_filled_in(session: Session) -> None:
    session.run("name, copies = 'shop', 2")
    session.run("%kubectl create deployment {name} --image=nginx --replicas={copies}")

    assert session["lab"].client.get("Deployment", "shop", "default")["spec"]["replicas"] == 2


def test_other_braces_stay_as_they_are(session: Session) -> None:
    cell = session.run("%kubectl get nodes -o jsonpath={.items[*].metadata.name}")

    assert cell.text.split() == ["control-plane", "node-1"]


def test_a_cell_is_a_command_a_line(session: Session) -> None:
    cell = session.run(
        "%%kubectl\n# first the deployment\ncreate deployment web --image=nginx\n\n  # then its size\n"
        "kubectl scale deployment web --replicas=3\n"
    )

    assert cell.text.splitlines() == [
        "$ kubectl create deployment web --image=nginx",
        "deployment.apps/web created",
        "$ kubectl scale deployment web --replicas=3",
        "deployment.apps/web scaled",
    ]
    assert len(cell.pictures) == 1


def test_a_cell_with_one_command_prints_its_answer_alone(session: Session) -> None:
    assert (
        session.run("%%kubectl\n# only one\ncreate deployment web --image=nginx").text
        == "deployment.apps/web created\n"
    )


def test_the_answer_of_kubectl_to_a_mistake_is_text(session: Session) -> None:
    cell = session.run("%kubectl get pod nope")

    assert (cell.text.strip(), cell.mistakes) == ('Error from server (NotFound): pods "nope" not found', [])


def test_a_manifest_is_applied(session: Session) -> None:
    cell = session.run(f"%%manifest\n{CONFIG}")

    assert cell.text == "configmap/colors created\n"
    assert session["lab"].client.get("ConfigMap", "colors", "default")["data"] == {"sky": "blue"}


def test_a_dry_run_changes_nothing(session: Session) -> None:
    before = session["lab"].cluster.etcd.revision

    cell = session.run(f"%%manifest --dry-run\n{CONFIG}")

    assert (session["lab"].cluster.etcd.revision, cell.pictures, cell.mistakes) == (before, [], [])
    assert "colors" not in names(session, "ConfigMap")


def test_a_dry_run_finds_mistakes(session: Session) -> None:
    (said,) = session.run("%%manifest --dry-run\n" + CONFIG.replace("data:", "dat:")).mistakes

    assert "dat" in said


def test_what_a_manifest_made_is_in_the_picture_of_its_cell(session: Session) -> None:
    session.run(f"%%manifest\n{CONFIG}")

    stories = session["lab"].last.diff.stories
    assert ("ConfigMap", Key("default", "colors"), "new") in [(story.kind, story.key, story.mark) for story in stories]
    (write,) = next(story.writes for story in stories if story.key.name == "colors")
    assert write.writer == "you"
