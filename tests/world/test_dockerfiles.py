"""Reading Dockerfiles: what is understood, and how one is told of what is not."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.clock import Loop
from k8slab.world import World
from k8slab.world.builders import RecipeError, read_recipe
from k8slab.world.builders.planning import make_plan
from k8slab.world.builders.sources import File, Source, matches

FILES = {"go.mod": File(1), "a/b/x.go": File(2), "a/y.go": File(3), "docs/": File(4), "z.md": File(5)}

# docs.docker.com, Dockerfile reference, COPY: pattern, files by where they come to lie below the destination
PATTERNS = [
    (".", {"go.mod", "a/b/x.go", "a/y.go", "docs/", "z.md"}),
    ("go.mod", {"go.mod"}),
    ("a", {"b/x.go", "y.go"}),
    ("./a/", {"b/x.go", "y.go"}),
    ("a/b", {"x.go"}),
    ("*.md", {"z.md"}),
    ("a/*.go", {"y.go"}),
    ("**/*.go", {"x.go", "y.go"}),
    ("docs", {""}),
    ("nothing", set()),
]


@pytest.mark.parametrize(("pattern", "taken"), PATTERNS)
def test_a_copy_takes_what_its_pattern_says(pattern: str, taken: set[str]) -> None:
    assert set(matches(FILES, pattern)) == taken


def test_lines_go_on_after_a_backslash_and_comments_may_stand_between() -> None:
    text = "FROM scratch\n# cost: cpu 1s, writes 2M /a, writes 3M\nRUN one && \\\n  # why\n  two"

    (step,) = read_recipe(text).stages[0].steps

    assert step.told == "RUN one && two"
    assert step.cost.writes == (("/a", 2_000_000), ("", 3_000_000)) and step.cost.cpu_s == 1


def test_arguments_and_variables_are_put_in() -> None:
    text = "ARG GO=1.24\nFROM golang:${GO} AS b\nENV DIR=/src\nWORKDIR $DIR\nCOPY ${X:-go.mod} \\$DIR"

    stage = read_recipe(text, {"GO": "1.25"}).stages[0]

    assert (stage.name, stage.base) == ("b", "golang:1.25")
    assert [step.told for step in stage.steps] == ["WORKDIR /src", "COPY go.mod $DIR"]


# github.com/moby/buildkit, frontend/dockerfile/instructions and dockerfile2llb: their texts
WRONG = [
    ("", "the Dockerfile cannot be empty"),
    ("# nothing", "no build stage in current context"),
    ("RUN x", "dockerfile parse error on line 1: no build stage in current context"),
    ("FORM alpine", "dockerfile parse error on line 1: unknown instruction: FORM"),
    ("FROM alpine AS", "dockerfile parse error on line 1: FROM requires either one or three arguments"),
    ("FROM alpine\nCOPY a", "line 2: COPY requires at least two arguments, but only one was provided. Destination"),
    ("FROM alpine\nRUN make", "line 2: RUN needs a comment above it that says what it costs"),
    ("FROM alpine\n# cost: disk 3\nRUN make", 'line 3: cannot read the cost "disk 3"; write: cpu 90s, threads 4'),
    ("FROM alpine\n# cost: cpu soon\nRUN make", 'line 3: cannot read the cost "cpu soon"'),
    ("FROM alpine\nONBUILD RUN x", "line 2: ONBUILD is left out here"),
    ("FROM alpine\nADD https://x/y /", "line 2: ADD of a URL is left out here"),
    ("FROM alpine\n# cost: cpu 1s\nRUN <<EOF", "line 3: heredocs are left out here"),
    ("FROM alpine\n# cost: cpu 1s\nRUN --mount=type=cache,target=/x make", "RUN --mount and --network are left out"),
    ("FROM alpine\nCOPY missing.go /", 'failed to calculate checksum of ref: "/missing.go": not found'),
    ("FROM alpine AS a\n# cost: cpu 1s, writes 1M\nRUN make\nFROM alpine\nCOPY --from=a /app /",
     '"/app": not found; a RUN says what it writes'),
    ("FROM alpine AS a\nCOPY --from=b /x /\nFROM alpine AS b\nCOPY --from=a /x /",
     "circular dependency detected on stage"),
    ("FROM doesnotexist:1", "failed to resolve source metadata for docker.io/library/doesnotexist:1: not found"),
    ("FROM Alpine", 'failed to parse stage name "Alpine": invalid reference format'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), WRONG)
def test_a_dockerfile_that_cannot_be_built_is_told_of(text: str, problem: str) -> None:
    world = World(Loop())
    builder = _builder(world)

    with pytest.raises(RecipeError) as caught:
        builder.order("registry.shop.example/web:1", text, Source("shop", "", {"go.mod": "1k"}))

    assert problem in str(caught.value)


def test_a_target_that_is_no_stage_is_told_of() -> None:
    with pytest.raises(RecipeError, match="target stage 'x' could not be found"):
        make_plan(read_recipe("FROM scratch"), {}, lambda name: None, "x")  # type: ignore[arg-type,return-value]


def test_an_argument_that_nobody_asked_for_is_told_of() -> None:
    with pytest.raises(RecipeError, match=r"One or more build-args \['Y'\] were not consumed"):
        read_recipe("FROM scratch", {"Y": "1"})


def test_a_stage_that_is_not_needed_is_not_planned() -> None:
    text = "FROM scratch AS a\nWORKDIR /a\nFROM scratch AS b\nWORKDIR /b"

    plan = make_plan(read_recipe(text), {}, lambda name: None)  # type: ignore[arg-type,return-value]

    assert [vertex.name for vertex in plan.vertices] == ["[b 2/2] WORKDIR /b"]


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        (lambda: Source("shop", "", {}), "the source shop has no files"),
        (lambda: Source("shop", "", {"a": "much"}), "the size of a must be an amount"),
        (lambda: Source("shop", "", {"../a": 1}), "'../a' is no path in a source tree"),
        (lambda: Source("shop", "", {"a": 1}).edit("b"), "shop has no file b; there are: a"),
        (lambda: Source("shop", "", {"a": 1}).delete("b"), "shop has no file b; there are: a"),
    ],
)
def test_a_source_that_cannot_be_is_refused(act: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        act()


def _builder(world: World) -> Any:
    from k8slab.world.builders import Builder, MachineHost

    return Builder("here", "laptop", 1, MachineHost(world.loop, "", 1), world.loop, world.registries)
