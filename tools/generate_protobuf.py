"""Write the field numbers of `k8slab/http/protobuf.json` from the type information inside a kubectl.

The numbers of the `generated.proto` files are also tags of the Go structs, beside the names in JSON and
what is left out when empty, which the `.proto` files do not say. Go keeps both in every program, so the
table is read from the very program that sends the bodies. Kept are numbers, names and shapes. One line
per field, so that a change between two releases reads as a diff:

    "8": "resources? ResourceRequirements"

`?` may be left out when empty, `0` left out when zero, `*` a pointer, `[]` a list, `{}` a map from strings;
`~` in place of a name: the fields of that message are those of its parent.

Run     python tools/generate_protobuf.py KUBECTL   (Linux, amd64, of the release in the table)
Source  src/internal/abi/type.go of Go (the layout of types); the struct tags of k8s.io/api and apimachinery
"""

from __future__ import annotations

import json
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).parent.parent / "k8slab" / "http" / "protobuf.json"
GROUP_VERSIONS = {
    "core/v1": "v1",
    "admissionregistration/v1": "admissionregistration.k8s.io/v1",
    "apps/v1": "apps/v1",
    "authentication/v1": "authentication.k8s.io/v1",
    "authorization/v1": "authorization.k8s.io/v1",
    "autoscaling/v1": "autoscaling/v1",
    "autoscaling/v2": "autoscaling/v2",
    "batch/v1": "batch/v1",
    "coordination/v1": "coordination.k8s.io/v1",
    "discovery/v1": "discovery.k8s.io/v1",
    "events/v1": "events.k8s.io/v1",
    "networking/v1": "networking.k8s.io/v1",
    "node/v1": "node.k8s.io/v1",
    "policy/v1": "policy/v1",
    "rbac/v1": "rbac.authorization.k8s.io/v1",
    "scheduling/v1": "scheduling.k8s.io/v1",
    "storage/v1": "storage.k8s.io/v1",
}
META = "k8s.io/apimachinery/pkg/apis/meta/v1"  # its kinds belong to every group
SPECIAL = {
    "k8s.io/apimachinery/pkg/api/resource.Quantity": "quantity",
    "k8s.io/apimachinery/pkg/util/intstr.IntOrString": "int-or-string",
    "k8s.io/apimachinery/pkg/runtime.RawExtension": "json",
    f"{META}.FieldsV1": "json",
    f"{META}.Time": "time",
    f"{META}.MicroTime": "microtime",
    f"{META}.Duration": "duration",
}
SCALARS = {1: "bool", 5: "int32", 6: "int64", 8: "byte", 14: "double", 24: "string"}
MAP, POINTER, SLICE, STRUCT = 21, 22, 23, 25


class Member(NamedTuple):
    """A field of a Go struct: its name, its tag, and the address of its type."""

    name: str
    tag: str
    type: int


class Program:
    """The types of a Go program."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        (headers,) = struct.unpack_from("<Q", data, 40)
        size, count, names = struct.unpack_from("<HHH", data, 58)
        sections = [struct.unpack_from("<IIQQQQ", data, headers + size * index) for index in range(count)]
        labels = data[sections[names][4] :]
        self.base, start, length = next(s[3:6] for s in sections if labels[s[0] :].startswith(b".rodata\0"))
        self.bytes = data[start : start + length]

    def unpack(self, layout: str, address: int) -> tuple[int, ...]:
        """Read numbers at an address of the read-only data."""
        offset = address - self.base
        if not 0 <= offset < len(self.bytes):
            raise ValueError(f"{address:#x} is not read-only data")
        return struct.unpack_from(layout, self.bytes, offset)

    def text(self, offset: int) -> tuple[str, int]:
        """Read a text that is led by its length, and say where it ends."""
        length = shift = 0
        while (byte := self.bytes[offset]) & 128:
            length, shift, offset = length | (byte & 127) << shift, shift + 7, offset + 1
        length, offset = length | byte << shift, offset + 1
        return self.bytes[offset : offset + length].decode(), offset + length

    def label(self, address: int) -> tuple[str, str]:
        """Read a name and its tag."""
        (flags,) = self.unpack("<B", address)
        name, end = self.text(address - self.base + 1)
        return name, self.text(end)[0] if flags & 2 else ""

    def kind(self, address: int) -> int:
        """Say what a type is: a struct, a slice, a string."""
        return self.unpack("<B", address + 23)[0] & 31

    def element(self, address: int) -> int:
        """Return the type that a pointer, a slice or a map holds."""
        return self.unpack("<QQ", address + 48)[1 if self.kind(address) == MAP else 0]

    def full_name(self, address: int) -> str:
        """Return a struct's package path and name."""
        flags, name = self.unpack("<B", address + 20)[0], self.unpack("<i", address + 40)[0]
        if not flags & 1:
            return ""
        (path,) = self.unpack("<i", address + 80)
        return f"{self.label(self.base + path)[0]}.{self.label(self.base + name)[0].rpartition('.')[2]}"

    def members(self, address: int) -> list[Member]:
        """Return the fields of a struct."""
        first, count = self.unpack("<QQ", address + 56)
        rows = (self.unpack("<QQ", first + 24 * index) for index in range(count))
        return [Member(*self.label(name), type_) for name, type_ in rows]

    def structs(self) -> Iterator[tuple[str, int]]:
        """Find the structs with numbered fields: everything that reads like one."""
        for address in range(self.base, self.base + len(self.bytes) - 96, 8):
            if self.kind(address) != STRUCT:
                continue
            _, _, count, capacity = self.unpack("<QQQQ", address + 48)
            if not 0 < count == capacity < 200:
                continue
            try:
                if any("protobuf:" in member.tag for member in self.members(address)):
                    yield self.full_name(address), address
            except (ValueError, IndexError, struct.error):
                continue


class Tables:
    """The lines about the types that have been asked for, and about those that these are made of."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.types: dict[str, dict[str, str]] = {}

    def name_of(self, address: int) -> str:
        """Name a struct, and see to it that it is described."""
        full = self.program.full_name(address)
        if full in SPECIAL:
            return SPECIAL[full]
        name = re.sub(r"^k8s\.io/(api|apimachinery/pkg/apis)/", "", full)
        if name not in self.types:
            self.types[name] = {}
            self.types[name] = dict(sorted(self.lines(address), key=lambda line: int(line[0])))
        return name

    def lines(self, address: int) -> Iterator[tuple[str, str]]:
        """Describe the fields of a struct."""
        for member in self.program.members(address):
            tags = dict(re.findall(r'(\w+):"([^"]*)"', member.tag))
            if "protobuf" not in tags:
                assert member.name == "TypeMeta" or tags["json"] == "-", member
                continue
            number = tags["protobuf"].split(",")[1]
            name, *options = tags["json"].split(",")
            flag = "0" if "omitzero" in options else "?" if "omitempty" in options else ""
            yield number, f"{name or '~'}{flag} {self.shape(member.type)}"

    def shape(self, address: int) -> str:
        """Describe what a field holds. A list with a name of its own is a message of items."""
        program, kind = self.program, self.program.kind(address)
        if kind == POINTER:
            return f"*{self.shape(program.element(address))}"
        if kind == MAP:
            return f"{{}}{self.shape(program.element(address))}"
        if kind == STRUCT:
            return self.name_of(address)
        if kind != SLICE:
            return SCALARS[kind]
        inner = self.shape(program.element(address))
        is_named = program.unpack("<B", address + 20)[0] & 4
        return "bytes" if inner == "byte" else f"items:{inner}" if is_named else f"[]{inner}"


def main(path: Path) -> None:
    """Describe the kinds of the group versions, and everything in them."""
    program, kinds = Program(path), {}
    found, tables = dict(program.structs()), Tables(program)
    packages = {f"k8s.io/api/{folder}": group_version for folder, group_version in GROUP_VERSIONS.items()}
    for full, address in sorted(found.items()):
        package, _, kind = full.rpartition(".")
        names = [member.name for member in program.members(address)]
        is_sent = names[:2] == ["TypeMeta", "ObjectMeta"] or kind == "DeleteOptions"
        if package in {*packages, META} and is_sent and kind != "RangeAllocation":  # never on the wire
            kinds.setdefault(packages.get(package, META), {})[kind] = tables.name_of(address)
    facts = {"everywhere": kinds.pop(META), "kinds": kinds, "types": dict(sorted(tables.types.items()))}
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
