"""The asynchronous half of the official Python client."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from kubernetes.aio import client, config, stream, watch

pytestmark = [pytest.mark.k8slab(nodes=1, speed=20)]

SLEEPER = {"name": "main", "image": "busybox:1.37", "command": ["sleep", "infinity"]}


def config_map(name: str, **data: str) -> dict[str, Any]:
    """A ConfigMap of this test."""
    return {"metadata": {"name": name, "labels": {"mine": "yes"}}, "data": {"k": "v", **data}}


async def changes(core: client.CoreV1Api, count: int) -> list[tuple[str, str]]:
    """The first changes of the ConfigMaps of this test."""
    seen: list[tuple[str, str]] = []
    async with watch.Watch().stream(core.list_namespaced_config_map, "default", label_selector="mine") as arriving:
        async for change in arriving:
            seen.append((change["type"], change["object"].metadata.name))
            if len(seen) == count:
                break
    return seen


def test_objects_are_made_watched_and_deleted(k8slab: Any) -> None:
    async def main() -> list[tuple[str, str]]:
        await config.load_config()
        async with client.ApiClient() as api:
            core = client.CoreV1Api(api)
            await core.create_namespaced_config_map("default", config_map("a"))
            watching = asyncio.create_task(changes(core, 3))
            await core.patch_namespaced_config_map("a", "default", {"data": {"k": "w"}})
            await core.create_namespaced_config_map("default", config_map("b"))
            await core.delete_namespaced_config_map("b", "default")
            assert (await core.read_namespaced_config_map("a", "default")).data == {"k": "w"}
            return await watching

    seen = asyncio.run(main())

    assert [name for _, name in seen] in (["a", "a", "b"], ["a", "b", "b"])  # it began before the patch, or after it


def test_errors_are_exceptions(k8slab: Any) -> None:
    async def main() -> None:
        await config.load_kube_config()
        async with client.ApiClient() as api:
            await client.CoreV1Api(api).read_namespaced_pod("none", "default")

    with pytest.raises(client.ApiException) as error:
        asyncio.run(main())

    assert (error.value.status, error.value.reason) == (404, "Not Found")


def test_commands_are_run(k8slab: Any) -> None:
    k8slab.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [SLEEPER]}})
    k8slab.run("10s")

    async def main() -> str:
        await config.load_kube_config()
        async with stream.WsApiClient() as api:
            run = client.CoreV1Api(api).connect_get_namespaced_pod_exec
            words = ["sh", "-c", "echo out; echo err >&2"]
            return str(await run("a", "default", command=words, stderr=True, stdin=False, stdout=True, tty=False))

    assert sorted(asyncio.run(main()).split()) == ["err", "out"]
