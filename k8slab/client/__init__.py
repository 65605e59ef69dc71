"""Talking to an API server: reader, client, informers, work queues and the base of every controller."""

from k8slab.client.apply import LAST_APPLIED, apply_patch, patch_type, with_last_applied
from k8slab.client.client import Client
from k8slab.client.controller import After, Again, Controller, Failure, own_key, owner_key
from k8slab.client.events import Recorder
from k8slab.client.informer import Handler, Informer, Informers
from k8slab.client.leader_election import LeaderElector
from k8slab.client.manifests import MANIFEST_LIMIT_BYTES, compose_documents, load_document, load_manifests
from k8slab.client.mapper import Mapper, Resource
from k8slab.client.reader import ObjectList, Reader
from k8slab.client.reflector import Keeper, Reflector
from k8slab.client.transport import Impersonating, InProcess, Transport
from k8slab.client.workqueue import WorkQueue

__all__ = [
    "LAST_APPLIED",
    "MANIFEST_LIMIT_BYTES",
    "After",
    "Again",
    "Client",
    "Controller",
    "Failure",
    "Handler",
    "Impersonating",
    "InProcess",
    "Informer",
    "Informers",
    "Keeper",
    "LeaderElector",
    "Mapper",
    "ObjectList",
    "Reader",
    "Recorder",
    "Reflector",
    "Resource",
    "Transport",
    "WorkQueue",
    "apply_patch",
    "compose_documents",
    "load_document",
    "load_manifests",
    "own_key",
    "owner_key",
    "patch_type",
    "with_last_applied",
]
