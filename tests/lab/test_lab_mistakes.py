"""A manifest that cannot be applied: where, what, and what was probably meant."""

from __future__ import annotations

import pytest
from notebook_shell import Session

from k8slab.lab import Lab
from k8slab.lab.mistakes import ManifestMistakes
from k8slab.wire import ApiError, BadRequest, Invalid

WEB = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  port: PORT\n"


@pytest.fixture(scope="module")
def lab() -> Lab:
    """The API alone."""
    return Lab(agents=(), lang="en")


def said(lab: Lab, text: str) -> list[str]:
    """The lines of what is said about a manifest."""
    with pytest.raises(ApiError) as error:
        lab.apply(text)
    return str(error.value).splitlines()


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("replicas: 3", "replcas: 3", "line 6: unknown field spec.replcas; did you mean replicas?"),
        ("replicas: 3", "Replicas: 3", "line 6: unknown field spec.Replicas; did you mean replicas?"),
        ("        image: nginx", "        imge: nginx",
         "line 13: unknown field spec.template.spec.containers[0].imge; did you mean image?"),
        ("  replicas: 3", "  image: nginx",
         "line 6: unknown field spec.image; there is one at spec.template.spec.containers[].image"),
        ("  replicas: 3", "  whatever: 3", "line 6: unknown field spec.whatever"),
        ("replicas: 3", "replicas: three", "line 6: spec.replicas must be a whole number, and this is the text three"),
        ("replicas: 3", "replicas: [3]", "line 6: spec.replicas must be a whole number, and this is a list"),
        ("replicas: 3", "paused: 1", "line 6: spec.paused must be true or false, and this is the number 1"),
        ("- name: web", "  name: web",
         "line 12: spec.template.spec.containers must be a list (each of its entries begins with -), "
         "and this is an object"),
        ("app: web}}\n    spec", "app: 8}}\n    spec",
         "line 9: spec.template.metadata.labels.app must be a text, and this is the number 8; put it in quotes"),
        ("Deployment", "Deploymnt", "line 2: there is no kind Deploymnt; did you mean Deployment?"),
        ("Deployment", "deployment", "line 2: there is no kind deployment; did you mean Deployment?"),
        ("apps/v1", "v1", "line 1: Deployment is of apps/v1, not of v1"),
        ("apiVersion: apps/v1", "apiVersion:", "line 1: an object needs apiVersion"),
        ("  name: web\nspec", "   name: web\n  labels: {}\nspec", "line 5: this is no YAML: did not find expected key"),
        ("  name: web\nspec", "\tname: web\nspec",
         "line 4: this is no YAML: found character that cannot start any token; "
         "indent with spaces, never with tabs"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_was_meant(lab: Lab, right: str, wrong: str, line: str) -> None:
    assert WEB.count(right) >= 1

    told = said(lab, WEB.replace(right, wrong, 1))

    assert told[:2] == ["error: there is 1 mistake in the manifest; nothing was written", line]


def test_the_line_itself_is_shown_with_carets_below_the_mistake(lab: Lab) -> None:
    told = said(lab, WEB.replace("replicas", "replcas"))

    assert told[2:] == ["    6 |   replcas: 3", "      |   ^^^^^^^"]


def test_several_mistakes_in_several_documents_are_told_at_once(lab: Lab) -> None:
    dat = CONFIG.replace("data:", "dat:").replace("metadat:", "metadata:")
    text = f"{WEB.replace('replicas', 'replcas')}---\n{dat}"

    told = said(lab, text)

    assert told[0] == "error: there are 2 mistakes in the manifest; nothing was written"
    assert [line for line in told if line.startswith("line")] == [
        "line 6: unknown field spec.replcas; did you mean replicas?",
        "line 18: unknown field dat; did you mean data?",
    ]


def test_the_items_of_a_list_are_checked_too(lab: Lab) -> None:
    item = WEB.replace("replicas", "replcas").replace("\n", "\n  ")

    told = said(lab, f"apiVersion: v1\nkind: List\nitems:\n- {item}")

    assert told[1] == "line 9: unknown field spec.replcas; did you mean replicas?"


def test_what_only_the_server_refuses_keeps_its_words_and_gets_its_line(lab: Lab) -> None:
    with pytest.raises(Invalid, match="must be greater than or equal to 0") as error:
        lab.apply(WEB.replace("replicas: 3", "replicas: -3"))

    assert str(error.value).splitlines()[1:] == [
        "line 6: spec.replicas", "    6 |   replicas: -3", "      |   ^^^^^^^^"
    ]  # fmt: skip


def test_the_server_s_refusals_of_several_objects_are_told_at_once(lab: Lab) -> None:
    text = (
        f"{WEB.replace('replicas: 3', 'replicas: -3')}---\n{CONFIG.replace('PORT', 'a').replace('name: a', 'name: A')}"
    )

    told = said(lab, text)

    assert "line 6: spec.replicas" in told and "line 17: metadata.name" in told


@pytest.mark.parametrize("text", [WEB, CONFIG.replace("PORT", "'80'"), f"---\n{WEB}---\n", "# nothing\n"])
def test_what_is_right_is_applied(lab: Lab, text: str) -> None:
    lab.apply(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: Pod\n", "apiVersion"),
        ("- a\n- b\n", "cannot unmarshal array"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, name: b}\n", 'key "name" already set in map'),
        ("a: &a [*a]\n", "value contains itself"),
        ("kind: \x01\n", "control characters are not allowed"),
    ],
)
def test_what_is_no_manifest_at_all_is_said_as_ever(lab: Lab, text: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words.replace("(", r"\(")):
        lab.apply(text)


def test_a_kind_of_the_cluster_s_own_is_left_to_the_server(lab: Lab) -> None:
    names = {"plural": "boats", "singular": "boat", "kind": "Boat"}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    spec = {"group": "sea.example", "scope": "Namespaced", "names": names, "versions": [version]}
    crd = {"kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1"}
    lab.apply({**crd, "metadata": {"name": "boats.sea.example"}, "spec": spec})
    lab.settle()

    lab.apply("apiVersion: sea.example/v1\nkind: Boat\nmetadata: {name: a}\nspec: {}\n")
    (told,) = [
        line for line in said(lab, "apiVersion: sea.example/v1\nkind: Boot\nmetadata: {name: a}\n") if "no kind" in line
    ]

    assert told == "line 2: there is no kind Boot; did you mean Boat?"


def test_nothing_is_written_when_one_of_several_is_wrong(lab: Lab) -> None:
    before = lab.cluster.etcd.revision

    said(lab, f"{CONFIG.replace('name: a', 'name: fresh')}---\n{WEB.replace('replicas', 'replcas')}")

    assert lab.cluster.etcd.revision == before


def test_korean_learners_are_told_in_korean() -> None:
    told = said(Lab(agents=(), lang="ko"), WEB.replace("replicas", "replcas"))

    assert told[1] == "6번째 줄: spec.replcas라는 필드는 없습니다. 혹시 replicas인가요?"


def test_carets_stand_below_what_follows_korean_letters(lab: Lab) -> None:
    told = said(lab, CONFIG.replace("data:\n  port: PORT", 'data: {"값": 1}'))

    assert told[-2:] == ['    4 | data: {"값": 1}', "      |              ^"]


def test_a_cell_shows_it_as_one_alarm_and_the_lab_goes_on(session: Session) -> None:
    cell = session.run(f"%%manifest\n{WEB.replace('replicas', 'replcas')}")
    after = session.run(f"%%manifest\n{WEB}")

    assert "did you mean replicas?" in cell.mistakes[0] and isinstance(cell.error, ManifestMistakes)
    assert after.text == "deployment.apps/web created\n" and len(after.pictures) == 1
