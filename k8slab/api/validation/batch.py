"""The rules for Jobs and CronJobs.

Source    pkg/apis/batch/validation/validation.go; pkg/registry/batch/{job,cronjob}/strategy.go
Left out  the success policy's indexes; the rules for a Job's status; the words `Too many` count no items;
          TZ= in a schedule that was stored before it was forbidden
"""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

from k8slab.api.validation.failure_policy import failure_policy
from k8slab.api.validation.meta import (
    Errors,
    immutable,
    invalid,
    label_selector,
    labels,
    not_negative,
    not_supported,
    required,
)
from k8slab.api.validation.pods import pod_spec
from k8slab.api.validation.rules import Rules, rules
from k8slab.objects import is_dns1123_label, is_dns1123_subdomain, matches, parse_schedule
from k8slab.wire import FieldError

__all__ = ["RULES"]

Obj = dict[str, Any]

COUNTS = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")
COMPLETION_MODES = ("NonIndexed", "Indexed")
REPLACEMENT_POLICIES = ("Failed", "TerminatingOrFailed")
RESTART_POLICIES = ("OnFailure", "Never")
CONCURRENCY_POLICIES = ("Allow", "Forbid", "Replace")
MOST_INDEXES = 100_000
LONGEST_MANAGER = 63
LONGEST_CRON_JOB = 52
ZONE_PART = re.compile(r"[A-Za-z.\-_0-9+]{1,14}")
STARTED_STAYS = ("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy")
SCHEDULING = ("nodeSelector", "tolerations", "schedulingGates")


def _job(job: Obj) -> Errors:
    spec, metadata = job["spec"], job["metadata"]
    yield from _unique_selector(job)
    yield from _job_spec(spec, "spec")
    yield from _selector(spec)
    if spec.get("completionMode") == "Indexed" and (spec.get("completions") or 0) > 0:
        last = f"{metadata['name']}-{spec['completions'] - 1}"
        if is_dns1123_label(last):
            text = f"will not able to create pod with invalid DNS label: {last}"
            yield invalid("metadata.name", metadata["name"], text)


def _unique_selector(job: Obj) -> Errors:
    """The labels that the server has added are the Job's own."""
    spec, metadata = job["spec"], job["metadata"]
    if spec.get("manualSelector") or not spec.get("selector"):
        return
    given = (spec["template"].get("metadata") or {}).get("labels") or {}
    own = {"controller-uid": metadata["uid"], "job-name": metadata["name"]}
    own |= {f"batch.kubernetes.io/{name}": value for name, value in own.items()}
    for name, value in own.items():
        place = f"spec.template.metadata.labels[{name}]"
        if name not in given:
            yield required(place, f"must be '{value}'")
        elif given[name] != value:
            yield invalid(place, given, f"must be '{value}'")
    if not matches(spec["selector"], own):
        yield invalid("spec.selector", spec["selector"], "`selector` not auto-generated")


def _selector(spec: Obj) -> Errors:
    selector = spec.get("selector")
    if selector is None:
        yield required("spec.selector")
        return
    problems = list(label_selector(selector, "spec.selector"))
    yield from problems
    given = (spec["template"].get("metadata") or {}).get("labels") or {}
    if not problems and not matches(selector, given):
        yield invalid("spec.template.metadata.labels", given, "`selector` does not match template `labels`")


def _job_spec(spec: Obj, place: str) -> Errors:
    """What holds for a Job and for a CronJob's template of Jobs."""
    for name in (*COUNTS, "backoffLimitPerIndex", "maxFailedIndexes"):
        if spec.get(name) is not None:
            yield from not_negative(spec[name], f"{place}.{name}")
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        yield required(f"{place}.backoffLimitPerIndex", "when maxFailedIndexes is specified")
    yield from _manager(spec.get("managedBy"), f"{place}.managedBy")
    yield from _indexes(spec, place)
    if spec.get("podFailurePolicy") is not None:
        yield from failure_policy(spec, f"{place}.podFailurePolicy")
    if spec.get("successPolicy") is not None and spec["completionMode"] != "Indexed":
        yield invalid(f"{place}.successPolicy", spec["successPolicy"], "requires indexed completion mode")
    policy = spec["podReplacementPolicy"]
    known = REPLACEMENT_POLICIES if spec.get("podFailurePolicy") is None else ("Failed",)
    if policy not in known:
        yield not_supported(f"{place}.podReplacementPolicy", policy, known)
    yield from _template(spec, f"{place}.template")


def _manager(name: str | None, field: str) -> Errors:
    if name is None:
        return
    domain, slash, path = name.partition("/")
    if not slash or not path or is_dns1123_subdomain(domain):
        yield invalid(field, name, 'must be a domain-prefixed path (such as "acme.io/foo")')
    if len(name) > LONGEST_MANAGER:
        yield FieldError("FieldValueTooLong", field, f"may not be more than {LONGEST_MANAGER} bytes")


def _indexes(spec: Obj, place: str) -> Errors:
    """The completion mode, and what goes only with Indexed."""
    mode, per_index, failed = (spec.get(n) for n in ("completionMode", "backoffLimitPerIndex", "maxFailedIndexes"))
    if mode not in COMPLETION_MODES:
        yield not_supported(f"{place}.completionMode", mode, COMPLETION_MODES)
    if mode == "NonIndexed":
        for name, value in (("backoffLimitPerIndex", per_index), ("maxFailedIndexes", failed)):
            if value is not None:
                yield invalid(f"{place}.{name}", value, "requires indexed completion mode")
    if mode != "Indexed":
        return
    completions = spec.get("completions")
    if completions is None:
        yield required(f"{place}.completions", "when completion mode is Indexed")
    if spec["parallelism"] > MOST_INDEXES:
        text = f"must be less than or equal to {MOST_INDEXES} when completion mode is Indexed"
        yield invalid(f"{place}.parallelism", spec["parallelism"], text)
    if failed is not None and completions is not None and failed > completions:
        yield invalid(f"{place}.maxFailedIndexes", failed, "must be less than or equal to completions")


def _template(spec: Obj, place: str) -> Errors:
    template = spec["template"]
    yield from labels((template.get("metadata") or {}).get("labels") or {}, f"{place}.labels")
    yield from pod_spec(template.get("spec"), f"{place}.spec")
    policy, field = (template.get("spec") or {}).get("restartPolicy") or "Always", f"{place}.spec.restartPolicy"
    if policy == "Always":
        yield required(field, 'valid values: "OnFailure", "Never"')
    elif policy not in RESTART_POLICIES:
        yield not_supported(field, policy, RESTART_POLICIES)
    elif spec.get("podFailurePolicy") is not None and policy != "Never":
        yield invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified')


def _job_update(new: Obj, old: Obj) -> Errors:
    after, before = new["spec"], old["spec"]
    completions = after.get("completions")
    if after.get("completionMode") != "Indexed":
        yield from immutable("spec.completions", completions, before.get("completions"))
    elif completions not in (None, before.get("completions"), after["parallelism"]):
        yield invalid("spec.completions", completions, "can only be modified in tandem with spec.parallelism")
    yield from immutable("spec.selector", after.get("selector"), before.get("selector"))
    template = before["template"]
    if before.get("suspend") and not (old.get("status") or {}).get("active"):
        template = _with_resources_of(after["template"], _with_directives_of(after["template"], template))
    yield from immutable("spec.template", after["template"], template)
    for name in STARTED_STAYS:
        yield from immutable(f"spec.{name}", after.get(name), before.get(name))


def _with_resources_of(new: Obj, old: Obj) -> Obj:
    """The old template with the new one's requests and limits: while a Job rests these may change."""
    spec = dict(old["spec"])
    for part in ("initContainers", "containers"):
        wanted = {one["name"]: one.get("resources") or {} for one in new["spec"].get(part) or ()}
        if spec.get(part):
            spec[part] = [{**one, "resources": wanted.get(one["name"], {})} for one in spec[part]]
    return {**old, "spec": spec}


def _with_directives_of(new: Obj, old: Obj) -> Obj:
    """The old template with the new one's scheduling directives: these may change, too."""
    metadata, spec = dict(old.get("metadata") or {}), dict(old["spec"])
    for target, source, names in (
        (metadata, new.get("metadata") or {}, ("labels", "annotations")),
        (spec, new["spec"], SCHEDULING),
    ):
        for name in names:
            target.pop(name, None)
            if name in source:
                target[name] = source[name]
    affinity = {name: rule for name, rule in (spec.pop("affinity", None) or {}).items() if name != "nodeAffinity"}
    wanted = new["spec"].get("affinity")
    if wanted and "nodeAffinity" in wanted:
        affinity["nodeAffinity"] = wanted["nodeAffinity"]
    if affinity or wanted is not None:
        spec["affinity"] = affinity
    return {**old, "metadata": metadata, "spec": spec}


def _cron_job(cron_job: Obj) -> Errors:
    spec = cron_job["spec"]
    yield from _schedule(spec.get("schedule") or "")
    if spec.get("startingDeadlineSeconds") is not None:
        yield from not_negative(spec["startingDeadlineSeconds"], "spec.startingDeadlineSeconds")
    if spec.get("timeZone") is not None:
        yield from _time_zone(spec["timeZone"])
    if spec["concurrencyPolicy"] not in CONCURRENCY_POLICIES:
        yield not_supported("spec.concurrencyPolicy", spec["concurrencyPolicy"], CONCURRENCY_POLICIES)
    job, place = spec["jobTemplate"]["spec"], "spec.jobTemplate.spec"
    yield from _job_spec(job, place)
    if job.get("selector") is not None:
        yield invalid(f"{place}.selector", job["selector"], "`selector` will be auto-generated")
    if job.get("manualSelector"):
        yield not_supported(f"{place}.manualSelector", True, ("nil", "false"))
    for name in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        yield from not_negative(spec[name], f"spec.{name}")


def _schedule(schedule: str) -> Errors:
    field = "spec.schedule"
    if not schedule:
        yield required(field)
        return
    if "TZ" in schedule:
        yield invalid(field, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
        return
    try:
        parse_schedule(schedule)
    except ValueError as error:
        yield invalid(field, schedule, str(error))


def _time_zone(zone: str) -> Errors:
    field, unknown = "spec.timeZone", f"unknown time zone {zone}"
    if not zone:
        yield invalid(field, zone, "timeZone must be nil or non-empty string")
        return
    if any(part in (".", "..") or part[:1] == "-" or not ZONE_PART.fullmatch(part) for part in zone.split("/")):
        yield invalid(field, zone, unknown)
        return
    if zone.lower() == "local":
        text = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        yield invalid(field, zone, text)
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, KeyError):
        yield invalid(field, zone, unknown)


def _new_cron_job(cron_job: Obj) -> Errors:
    yield from _cron_job(cron_job)
    if len(cron_job["metadata"]["name"]) > LONGEST_CRON_JOB:
        text = f"must be no more than {LONGEST_CRON_JOB} characters"
        yield invalid("metadata.name", cron_job["metadata"]["name"], text)


RULES: dict[tuple[str, str], Rules] = {
    ("batch/v1", "CronJob"): rules(is_dns1123_subdomain, _cron_job)._replace(
        create=rules(is_dns1123_subdomain, _new_cron_job).create
    ),
    ("batch/v1", "Job"): rules(is_dns1123_subdomain, _job, _job_update, change_first=False),
}
