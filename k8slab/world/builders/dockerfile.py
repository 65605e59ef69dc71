"""Reading a Dockerfile: its stages, their steps, and what each step costs.

It is a real one: a real builder takes it unchanged. What a `RUN` costs here stands in a comment above it, because
nothing is really run:

    # cost: cpu 90s, threads 4, writes 45M /app, fetches 120M
    RUN go build -o /app ./cmd/web

`cpu` is CPU time in all, `threads` how many cores it can use, `writes` what it adds to the image (and where, for a
later COPY --from; sizes are those of compressed layers), `fetches` what it loads from the Internet, `exit 1` that it
fails.

Source    docs.docker.com, Dockerfile reference; github.com/moby/buildkit, frontend/dockerfile/parser and instructions
Left out  heredocs, ADD of URLs and archives, RUN --mount and --network, ONBUILD, parser directives, platforms
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from k8slab.clock import parse_duration
from k8slab.objects import size_bytes

__all__ = [
    "Cost",
    "Recipe",
    "RecipeError",
    "Stage",
    "Step",
    "read_recipe",
]

LAYERED = ("COPY", "ADD", "RUN", "WORKDIR")  # what makes a layer, and is a step of its own
SETTINGS = ("ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "SHELL", "STOPSIGNAL",
            "USER", "VOLUME")  # fmt: skip
VARIABLE = re.compile(r"\\?\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")
NO_COST = 'RUN needs a comment above it that says what it costs, such as "# cost: cpu 20s, writes 180M"'


class RecipeError(ValueError):
    """The Dockerfile cannot be read, as BuildKit says it."""


class Cost(NamedTuple):
    """What running a step takes; `writes` are paths (or "") with bytes."""

    cpu_s: float = 0.0
    threads: float = 1.0
    writes: tuple[tuple[str, int], ...] = ()
    fetches_bytes: int = 0
    exit_code: int = 0


class Step(NamedTuple):
    """An instruction that makes a layer, and the settings that it sees."""

    word: str
    text: str
    cost: Cost
    settings: str

    @property
    def told(self) -> str:
        """The step as it is shown."""
        return f"{self.word} {self.text}"

    @property
    def words(self) -> tuple[str, ...]:
        """What follows the flags: the sources and the destination of a COPY."""
        return tuple(word for word in _listed(self.text) if not word.startswith("--"))

    def flag(self, name: str) -> str:
        """The value of a flag such as --from, "" without it."""
        found = (word for word in self.text.split() if word.startswith(f"--{name}="))
        return next(found, "=").partition("=")[2]


class Stage(NamedTuple):
    """One FROM and what follows it. `base` is an image, an earlier stage, or scratch."""

    name: str
    base: str
    steps: tuple[Step, ...]


class Recipe(NamedTuple):
    """All stages in order, and the size of the text."""

    stages: tuple[Stage, ...]
    size_bytes: int

    def stage(self, name: str) -> Stage | None:
        """The stage of that name or number."""
        found = next((stage for stage in self.stages if stage.name.lower() == name.lower()), None)
        if found is None and name.isdecimal() and int(name) < len(self.stages):
            return self.stages[int(name)]
        return found


class Line(NamedTuple):
    """An instruction with everything that continues it, and what the comment above it says of its cost."""

    number: int
    word: str
    text: str
    cost: str


def read_recipe(text: str, args: Mapping[str, str] | None = None) -> Recipe:
    """The recipe in a Dockerfile's text, with build arguments. Raises RecipeError."""
    stages: list[Stage] = []
    values: dict[str, str] = {}
    settings: list[str] = []
    given = dict(args or {})
    for line in _lines(text):
        told = _expanded(line.text, values) if line.word not in ("RUN", "CMD", "ENTRYPOINT") else line.text
        if line.word == "ARG":
            _declare(told, given, values, settings)
        elif line.word == "FROM":
            stages.append(_stage(line, told, len(stages)))
            settings = []
        elif not stages:
            raise _problem(line.number, "no build stage in current context")
        elif line.word in LAYERED:
            step = Step(line.word, told, _checked_cost(line), "\n".join(settings))
            stages[-1] = stages[-1]._replace(steps=(*stages[-1].steps, _checked_step(line, step)))
        else:
            settings.append(f"{line.word} {told}")
            if line.word == "ENV":
                values.update(_pairs(told))
    if not stages:
        raise RecipeError("the Dockerfile cannot be empty" if not text.strip() else "no build stage in current context")
    unknown = [name for name in given if name not in values]
    if unknown:
        raise RecipeError(f"[Warning] One or more build-args {unknown} were not consumed")
    return Recipe(tuple(stages), len(text.encode()))


def _lines(text: str) -> Iterator[Line]:
    pending, number, cost = "", 0, ""
    for at, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith("#") or not line:
            cost = line.partition("cost:")[2].strip() if re.match(r"#\s*cost:", line) else cost
            continue
        number = number if pending else at
        pending += line
        if pending.endswith("\\"):
            pending = pending[:-1].rstrip() + " "
            continue
        yield _line(number, pending, cost)
        pending, cost = "", ""
    if pending:
        yield _line(number, pending, cost)


def _line(number: int, text: str, cost: str) -> Line:
    word, _, rest = text.strip().partition(" ")
    if word.upper() not in (*LAYERED, *SETTINGS, "FROM"):
        raise _problem(
            number, f"unknown instruction: {word}" if word.upper() != "ONBUILD" else "ONBUILD is left out here"
        )
    if "<<" in rest and word.upper() in ("RUN", "COPY"):
        raise _problem(number, f"heredocs are left out here: {word} {rest}")
    if not rest.strip():
        raise _problem(number, f"{word.upper()} requires at least one argument")
    return Line(number, word.upper(), " ".join(rest.split()), cost)


def _stage(line: Line, text: str, number: int) -> Stage:
    words = [word for word in text.split() if not word.startswith("--")]
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].upper() != "AS"):
        raise _problem(line.number, "FROM requires either one or three arguments")
    return Stage(words[2] if len(words) == 3 else "", words[0], ())


def _declare(text: str, given: Mapping[str, str], values: dict[str, str], settings: list[str]) -> None:
    """ARG NAME[=default]: what is given wins."""
    for name, default in _pairs(text).items():
        values[name] = given.get(name, default or values.get(name, ""))
        settings.append(f"ARG {name}={values[name]}")


def _checked_step(line: Line, step: Step) -> Step:
    if step.word in ("COPY", "ADD"):
        if len(step.words) < 2:
            told = f"{step.word} requires at least two arguments, but only one was provided"
            raise _problem(line.number, f"{told}. Destination could not be determined")
        if any("://" in word for word in step.words):
            raise _problem(line.number, f"ADD of a URL is left out here: {step.text}")
    if step.word == "RUN" and (step.flag("mount") or step.flag("network")):
        raise _problem(line.number, f"RUN --mount and --network are left out here: {step.text}")
    if step.word == "RUN" and not line.cost:
        raise _problem(line.number, NO_COST)
    return step


def _checked_cost(line: Line) -> Cost:
    """What the comment above an instruction says. Raises RecipeError."""
    cost = Cost()
    for part in filter(None, (part.strip() for part in line.cost.split(","))):
        name, *values = part.split()
        try:
            cost = _with(cost, name, values)
        except (ValueError, IndexError):
            there = "cpu 90s, threads 4, writes 45M /app, fetches 120M, exit 1"
            raise _problem(line.number, f'cannot read the cost "{part}"; write: {there}') from None
    return cost


def _with(cost: Cost, name: str, values: list[str]) -> Cost:
    if name == "cpu":
        return cost._replace(cpu_s=parse_duration(values[0]))
    if name == "threads" and float(values[0]) > 0:
        return cost._replace(threads=float(values[0]))
    if name == "writes" and size_bytes(values[0]) >= 0:
        path = values[1] if len(values) > 1 else ""
        return cost._replace(writes=(*cost.writes, (path, size_bytes(values[0]))))
    if name == "fetches" and size_bytes(values[0]) >= 0:
        return cost._replace(fetches_bytes=size_bytes(values[0]))
    if name == "exit":
        return cost._replace(exit_code=int(values[0]))
    raise ValueError(name)


def _expanded(text: str, values: Mapping[str, str]) -> str:
    """The text with $NAME, ${NAME} and ${NAME:-default} replaced; \\$NAME stays."""

    def value(match: re.Match[str]) -> str:
        if match[0].startswith("\\"):
            return match[0][1:]
        return values.get(match[1] or match[3], "") or match[2] or ""

    return VARIABLE.sub(value, text)


def _pairs(text: str) -> dict[str, str]:
    """`A=1 B="two words"` or the old `A 1`."""
    found = re.findall(r'(\w+)=("[^"]*"|\S*)', text)
    if found:
        return {name: value.strip('"') for name, value in found}
    name, _, value = text.partition(" ")
    return {name: value}


def _listed(text: str) -> list[str]:
    """The words of an instruction, also where they are written as a JSON list."""
    flags = [word for word in text.split() if word.startswith("--")]
    rest = text[text.index("[") :] if text.rstrip().endswith("]") and "[" in text else ""
    return [*flags, *re.findall(r'"([^"]*)"', rest)] if rest else text.split()


def _problem(number: int, text: str) -> RecipeError:
    return RecipeError(f"dockerfile parse error on line {number}: {text}")
