"""What things cost: one table, read from YAML, that a learner may edit.

Every price is in dollars; `won_per_dollar` is the one rate of exchange. An entry is named by its path, such as
`traffic.internet_gb`. What a table lacks, or has and should not have, is said when it is read, by the name of the
entry.

Source    the file prices.yaml beside this one, which says where its figures come from
Left out  steps, free allowances, discounts for a promise of years, taxes, prices that differ by region or by day
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from k8slab.objects import cpu_m, size_bytes

__all__ = [
    "HOURS_PER_MONTH",
    "PriceError",
    "Prices",
    "VmSize",
    "list_prices",
]

Table = dict[str, Any]

HOURS_PER_MONTH = 730.0
GIB = 1024**3
SIZE_LIMIT = 1_000_000
OPEN = {"vm": ("cpu", "memory", "hour"), "storage": ("gb_month", "read_gb", "write_gb")}  # rows of any name
TEXTS = ("date", "source")
AMOUNTS = ("cpu", "memory")


class PriceError(ValueError):
    """The table of prices cannot be used; the text names the entry."""


class VmSize(NamedTuple):
    """A size that a cloud lets VMs in, and the dollars of an hour."""

    name: str
    cpu_m: int
    memory_bytes: int
    dollars_per_hour: float


class Prices:
    """A whole table that has been looked through; `prices["line.gb"]` is a price in dollars."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        """Raises PriceError."""
        _check_rows(table)
        self._table = table
        self._flat = {path: _checked(path, value) for path, value in _leaves(table)}
        if not self._flat["won_per_dollar"]:
            raise PriceError('"won_per_dollar" in the table of prices must be more than 0')
        self._sizes = {name: self._size(name) for name in table["vm"]}

    def __getitem__(self, path: str) -> float:
        """The price of that path. Raises PriceError with the paths there are."""
        found = self._flat.get(path)
        if not isinstance(found, float):
            raise PriceError(f'the table of prices has no "{path}"; there are: {", ".join(self)}')
        return found

    def __iter__(self) -> Iterator[str]:
        return (path for path, value in self._flat.items() if isinstance(value, float))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Prices) and self._table == other._table

    def __hash__(self) -> int:
        return hash(tuple(self._flat.items()))

    def __repr__(self) -> str:
        rows = [f"{path:<28} {self[path]:>10.6g}" for path in self]
        return "\n".join([f"Dollars; {self.source}, {self.date}", *rows])

    @property
    def date(self) -> str:
        """When the prices held."""
        return str(self._table["date"])

    @property
    def source(self) -> str:
        """What kind of prices they are."""
        return str(self._table["source"])

    @property
    def won_per_dollar(self) -> float:
        """The rate of exchange."""
        return self["won_per_dollar"]

    @property
    def storage_classes(self) -> tuple[str, ...]:
        """The kinds of storage that have a price."""
        return tuple(self._table["storage"])

    def changed(self, changes: Mapping[str, Any] | str | Path | None) -> Prices:
        """This table with other entries: nested, or by path (`{"traffic.internet_gb": 0.12}`), or a file of YAML.

        Raises PriceError, and OSError for a file that cannot be read.
        """
        return Prices(_merged(self._table, _nested(_read(changes)))) if changes else self

    def differences(self, other: Prices) -> Table:
        """The entries that are not so in another table, by path."""
        return {path: value for path, value in self._flat.items() if other._flat.get(path) != value}

    def vm_size(self, name: str) -> VmSize:
        """The size of that name; `custom-4-8192` is one of 4 CPUs and 8,192 MiB. Raises PriceError."""
        found = self._sizes.get(name)
        if found is not None:
            return found
        kind, _, amounts = name.partition("-")
        cpu, _, mebibytes = amounts.partition("-")
        if kind == "custom" and cpu.isdecimal() and mebibytes.isdecimal() and int(cpu) and int(mebibytes):
            return self._custom(int(cpu) * 1000, int(mebibytes) * 1024**2)
        raise PriceError(f'there is no size "{name}" for a VM; there are: {", ".join(self._sizes)}, custom-CPUS-MIB')

    def vm_size_of(self, cpu_m: int, memory_bytes: int) -> VmSize:
        """The size of a VM of so much, by its name in the table, or one that is made to measure."""
        sizes = (size for size in self._sizes.values() if (size.cpu_m, size.memory_bytes) == (cpu_m, memory_bytes))
        return next(sizes, None) or self._custom(cpu_m, memory_bytes)

    def own_machine_hour(self, cpu_m: int, memory_bytes: int) -> float:
        """The dollars of an hour of a machine of one's own, which costs whether it runs or not."""
        return self._by_amount("own_machine", cpu_m, memory_bytes)

    def cpu_part(self, cpu_m: int, memory_bytes: int) -> float:
        """The part of a machine's price that is for its CPUs, the rest is for memory."""
        whole = self._by_amount("custom_vm", cpu_m, memory_bytes)
        return self["custom_vm.cpu_hour"] * cpu_m / 1000 / whole if whole else 0.5

    def _size(self, name: str) -> VmSize:
        row = self._table["vm"][name]
        return VmSize(name, cpu_m(row["cpu"]), size_bytes(row["memory"]), self[f"vm.{name}.hour"])

    def _custom(self, cpu_m: int, memory_bytes: int) -> VmSize:
        cpus = f"{cpu_m / 1000:g}"
        hour = self._by_amount("custom_vm", cpu_m, memory_bytes)
        return VmSize(f"custom-{cpus}-{memory_bytes // 1024**2}", cpu_m, memory_bytes, hour)

    def _by_amount(self, row: str, cpu_m: int, memory_bytes: int) -> float:
        return self[f"{row}.cpu_hour"] * cpu_m / 1000 + self[f"{row}.gib_hour"] * memory_bytes / GIB


@cache
def list_prices() -> Prices:
    """The table that comes with k8slab."""
    return Prices(_shape())


def _read(source: Mapping[str, Any] | str | Path | None) -> Table:
    if source is None or isinstance(source, Mapping):
        return dict(source or {})
    path = Path(source)
    if path.stat().st_size > SIZE_LIMIT:
        raise PriceError(f"{path} is too large for a table of prices")
    try:
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PriceError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(table, dict):
        raise PriceError(f"{path} is no table of prices")
    return table


def _nested(changes: Mapping[Any, Any]) -> Table:
    """The changes as a tree: `{"a.b": 1}` is `{"a": {"b": 1}}`."""
    tree: Table = {}
    for path, value in changes.items():
        *above, last = str(path).split(".")
        here = tree
        for name in above:
            here = here.setdefault(name, {})
        here[last] = _merged(here.get(last) or {}, _nested(value)) if isinstance(value, Mapping) else value
    return tree


def _merged(table: Mapping[str, Any], changes: Mapping[str, Any]) -> Table:
    merged = dict(table)
    for name, value in changes.items():
        before = table.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[name] = _merged(before, value) if both and before is not None else value
    return merged


def _leaves(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


@cache
def _shape() -> Mapping[str, Any]:
    """The entries that every table has, with their rows."""
    return _read(Path(__file__).with_name("prices.yaml"))


def _check_rows(table: Mapping[str, Any]) -> None:
    """Raises PriceError for a hole, an entry that nobody knows, and a number where rows should be."""
    shape = _shape()
    _check_names(table, shape, "")
    for name, wanted in shape.items():
        if name not in OPEN and isinstance(wanted, Mapping):
            _check_names(_row(table[name], name), wanted, f"{name}.")
    for name, fields in OPEN.items():
        for row in _row(table[name], name):
            _check_names(_row(table[name][row], f"{name}.{row}"), dict.fromkeys(fields), f"{name}.{row}.")


def _row(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not value:
        raise PriceError(f'"{path}" in the table of prices must have entries of its own, not {value!r}')
    return value


def _check_names(row: Mapping[str, Any], wanted: Mapping[str, Any], above: str) -> None:
    for name in wanted:
        if name not in row:
            raise PriceError(f'the table of prices has a hole: "{above}{name}" is missing')
    for name in row:
        if name not in wanted:
            names = ", ".join(f"{above}{each}" for each in wanted)
            raise PriceError(f'the table of prices knows no "{above}{name}"; there are: {names}')


def _checked(path: str, value: Any) -> float | str:
    """A leaf of the table: a price as a number, a text or an amount as text. Raises PriceError."""
    name, told = path.rpartition(".")[2], f'"{path}" in the table of prices'
    if value is None or value == "":
        raise PriceError(f"the table of prices has a hole: {told[: -len(' in the table of prices')]} is empty")
    if path in TEXTS:
        return str(value)
    if path.startswith("vm.") and name in AMOUNTS:
        return _amount(told, value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise PriceError(f"{told} must be a number, not {value!r}")
    if not math.isfinite(value) or value < 0:
        raise PriceError(f"{told} must be a number that is not negative, not {value!r}")
    return float(value)


def _amount(told: str, value: Any) -> str:
    try:
        if size_bytes(value) > 0:
            return str(value)
    except ValueError:
        pass
    raise PriceError(f'{told} must be an amount such as "4" or "8Gi", not {value!r}')
