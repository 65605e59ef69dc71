"""Jobs and CronJobs at the server: what is filled in, generated, shown, refused, and what may still change."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import JOB, SERVED, ApiBench, Obj, refused, sample
from bad_batch import BAD_BATCH, INDEXED

MAIN = ["main", "nginx"]
OWN = ("batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name")


def job(**spec: Any) -> Obj:
    return sample("Job", spec={**JOB["spec"], **spec})


def cron_job(**spec: Any) -> Obj:
    return sample("CronJob", spec={"schedule": "@hourly", "jobTemplate": JOB, **spec})


def cells(table: Obj) -> list[Any]:
    (row,) = table["rows"]
    found: list[Any] = row["cells"]
    return found


@pytest.mark.parametrize(("kind", "changes", "message"), BAD_BATCH, ids=lambda value: str(value)[:60])
def test_a_bad_job_is_refused_in_the_servers_words(
    api: ApiBench, kind: str, changes: dict[str, Any], message: str
) -> None:
    answer = api.send("create", kind, body=sample(kind, **changes))

    assert answer.body["message"] == f'{kind}.batch "web" is invalid: {message}'
    assert (answer.code, SERVED[kind].group) == (422, "batch")


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ({}, {"completions": 1, "parallelism": 1, "backoffLimit": 6}),
        ({"parallelism": 2}, {"parallelism": 2, "backoffLimit": 6}),
        ({"completions": 3}, {"completions": 3, "parallelism": 1, "backoffLimit": 6}),
        ({**INDEXED, "backoffLimitPerIndex": 1}, {"completions": 3, "parallelism": 1, "backoffLimit": 2147483647}),
        ({"backoffLimit": 0}, {"completions": 1, "parallelism": 1, "backoffLimit": 0}),
    ],
)
def test_a_job_is_filled_in(api: ApiBench, given: Obj, filled: Obj) -> None:
    """Source: pkg/apis/batch/v1/defaults.go, SetDefaults_Job."""
    spec = api.given(job(**given))["spec"]

    assert {name: spec[name] for name in ("completions", "parallelism", "backoffLimit") if name in spec} == filled
    assert (spec["suspend"], spec["manualSelector"], spec["podReplacementPolicy"]) == (
        False,
        False,
        "TerminatingOrFailed",
    )


def test_a_policy_for_failures_is_filled_in_and_waits_for_pods_to_end(api: ApiBench) -> None:
    """Source: defaults.go, SetDefaults_PodFailurePolicyOnPodConditionsPattern, SetDefaults_Job."""
    rule = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}

    spec = api.given(job(podFailurePolicy={"rules": [rule]}))["spec"]

    assert spec["podReplacementPolicy"] == "Failed"
    assert spec["podFailurePolicy"]["rules"][0]["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]


def test_a_cron_job_is_filled_in(api: ApiBench) -> None:
    """Source: defaults.go, SetDefaults_CronJob; its Jobs are filled in as any Job."""
    spec = api.given(cron_job())["spec"]

    names = ("concurrencyPolicy", "suspend", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    assert [spec[name] for name in names] == ["Allow", False, 3, 1]
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 6
    assert "selector" not in spec["jobTemplate"]["spec"]


def test_a_job_gets_a_selector_of_its_own(api: ApiBench) -> None:
    """Source: pkg/registry/batch/job/strategy.go, generateSelector."""
    created = api.given(job())

    uid, labels = created["metadata"]["uid"], created["spec"]["template"]["metadata"]["labels"]
    assert created["spec"]["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    assert labels == dict(zip(OWN, (uid, "web", uid, "web"), strict=True))
    assert created["metadata"]["labels"] == labels


def test_whoever_selects_by_hand_gets_no_selector(api: ApiBench) -> None:
    """Source: kubernetes.io, "Jobs", Specifying your own Pod selector."""
    template = {**JOB["spec"]["template"], "metadata": {"labels": {"a": "b"}}}
    selector = {"matchLabels": {"a": "b"}}

    created = api.given(job(manualSelector=True, selector=selector, template=template))

    assert (created["spec"]["selector"], created["metadata"]["labels"]) == (selector, {"a": "b"})


@pytest.mark.parametrize("name", OWN)
def test_the_labels_of_another_job_are_refused(api: ApiBench, name: str) -> None:
    """Source: validation.go, validateGeneratedSelector."""
    template = {**JOB["spec"]["template"], "metadata": {"labels": {name: "stolen"}}}

    code, _, message = refused(api.given, job(template=template))

    assert (code, f"spec.template.metadata.labels[{name}]: Invalid value: " in message) == (422, True)


@pytest.mark.parametrize(
    ("given", "patch", "message"),
    [
        ({"completions": 3}, {"completions": 4}, "spec.completions: Invalid value: 4: field is immutable"),
        (INDEXED, {"completions": 4},
         "spec.completions: Invalid value: 4: can only be modified in tandem with spec.parallelism"),
        ({"completions": 2}, {"completionMode": "Indexed"},
         'spec.completionMode: Invalid value: "Indexed": field is immutable'),
        ({}, {"managedBy": "a.b/c"}, 'spec.managedBy: Invalid value: "a.b/c": field is immutable'),
    ],
)  # fmt: skip
def test_some_of_a_job_stays(api: ApiBench, given: Obj, patch: Obj, message: str) -> None:
    """Source: validation.go, ValidateJobSpecUpdate."""
    api.given(job(**given))

    error = refused(api.patch, "Job", "web", {"spec": patch})

    assert error == (422, "Invalid", f'Job.batch "web" is invalid: {message}')


@pytest.mark.parametrize(
    ("given", "patch"),
    [
        ({}, {"parallelism": 5}),
        ({}, {"backoffLimit": 1}),
        ({}, {"suspend": True}),
        ({}, {"activeDeadlineSeconds": 9}),
        ({}, {"ttlSecondsAfterFinished": 9}),
        (INDEXED, {"completions": 5, "parallelism": 5}),
    ],
)
def test_some_of_a_job_changes(api: ApiBench, given: Obj, patch: Obj) -> None:
    api.given(job(**given))

    changed = api.patch("Job", "web", {"spec": patch})

    assert changed["spec"].items() >= patch.items()
    assert changed["metadata"]["generation"] == 2


RESOURCES = {"op": "add", "path": "/spec/template/spec/containers/0/resources", "value": {"limits": {"cpu": "1"}}}
SELECTOR = {"op": "add", "path": "/spec/template/spec/nodeSelector", "value": {"disk": "ssd"}}


@pytest.mark.parametrize("change", [RESOURCES, SELECTOR])
@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"suspend": True}, {}, 200),
        ({"suspend": True}, {"startTime": "2026-01-01T00:00:00Z"}, 200),
        ({"suspend": True}, {"active": 1}, 422),
        ({"suspend": False}, {}, 422),
    ],
)
def test_some_of_the_template_changes_while_a_job_rests(
    api: ApiBench, given: Obj, status: Obj, code: int, change: Obj
) -> None:
    """Source: MutablePodResourcesForSuspendedJobs, MutableSchedulingDirectivesForSuspendedJobs."""
    created = api.given(job(**given))
    api.client.update_status({**created, "status": status})

    answer = api.send("patch", "Job", "web", body=[change], content_type="application/json-patch+json")

    assert answer.code == code


@pytest.mark.parametrize("suspend", [True, False])
def test_an_image_never_changes(api: ApiBench, suspend: bool) -> None:
    api.given(job(suspend=suspend))
    containers = [{"name": "main", "image": "other"}]

    code, _, message = refused(api.patch, "Job", "web", {"spec": {"template": {"spec": {"containers": containers}}}})

    assert (code, message.endswith(": field is immutable")) == (422, True)


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("CronJob", "a" * 53, "must be no more than 52 characters"),
        ("Job", "a" * 62, f"will not able to create pod with invalid DNS label: {'a' * 62}-2"),
    ],
)
def test_a_name_leaves_room_for_what_is_added_to_it(api: ApiBench, kind: str, name: str, message: str) -> None:
    """Source: validation.go, ValidateCronJobCreate, ValidateJob."""
    changes = {"spec": {**JOB["spec"], **INDEXED}} if kind == "Job" else {}

    _, _, text = refused(api.given, sample(kind, name, **changes))

    assert text == f'{kind}.batch "{name}" is invalid: metadata.name: Invalid value: "{name}": {message}'


@pytest.mark.parametrize(
    ("spec", "status", "shown"),
    [
        ({}, {}, ["Running", "0/1", ""]),
        ({}, {"startTime": "2026-01-01T00:00:10Z"}, ["Running", "0/1", "80s"]),
        ({"completions": 3}, {"succeeded": 2}, ["Running", "2/3", ""]),
        ({"parallelism": 2}, {"succeeded": 1}, ["Running", "1/1 of 2", ""]),
        ({"parallelism": 1}, {}, ["Running", "0/1", ""]),
        ({}, {"conditions": ["Suspended"]}, ["Suspended", "0/1", ""]),
        ({}, {"conditions": ["FailureTarget"]}, ["FailureTarget", "0/1", ""]),
        ({}, {"conditions": ["FailureTarget", "Failed"]}, ["Failed", "0/1", ""]),
        (
            {},
            {
                "succeeded": 1,
                "conditions": ["SuccessCriteriaMet", "Complete"],
                "startTime": "2026-01-01T00:00:10Z",
                "completionTime": "2026-01-01T00:00:15Z",
            },
            ["Complete", "1/1", "5s"],
        ),
    ],
)
def test_a_job_shows_how_far_it_is(api: ApiBench, spec: Obj, status: Obj, shown: list[str]) -> None:
    """Source: pkg/printers/internalversion/printers.go, printJob."""
    created = api.given(job(**spec))
    conditions = [{"type": word, "status": "True"} for word in status.get("conditions", ())]
    api.client.update_status({**created, "status": {**status, **({"conditions": conditions} if conditions else {})}})
    api.loop.run_until(api.loop.now + 90)

    name, *counts, age, main, image, selector = cells(api.client.table("Job"))

    assert (name, counts, age, [main, image]) == ("web", shown, "90s", MAIN)
    assert selector == f"batch.kubernetes.io/controller-uid={created['metadata']['uid']}"


def test_a_leaving_job_is_terminating(api: ApiBench) -> None:
    api.given({**job(), "metadata": {"name": "web", "namespace": "default", "finalizers": ["a.b/c"]}})
    api.client.delete("Job", "web", "default")

    assert cells(api.client.table("Job"))[1] == "Terminating"


@pytest.mark.parametrize(
    ("spec", "status", "shown"),
    [
        ({}, {}, ["@hourly", "<none>", "False", 0, "<none>", "90s"]),
        ({"suspend": True, "timeZone": "Asia/Seoul"}, {}, ["@hourly", "Asia/Seoul", "True", 0, "<none>", "90s"]),
        (
            {},
            {"active": [{"name": "web-1"}], "lastScheduleTime": "2026-01-01T00:01:00Z"},
            ["@hourly", "<none>", "False", 1, "30s", "90s"],
        ),
    ],
)
def test_a_cron_job_shows_when_it_ran(api: ApiBench, spec: Obj, status: Obj, shown: list[Any]) -> None:
    """Source: printers.go, printCronJob."""
    created = api.given(cron_job(**spec))
    api.client.update_status({**created, "status": status})
    api.loop.run_until(api.loop.now + 90)

    assert cells(api.client.table("CronJob")) == ["web", *shown, *MAIN, "<none>"]
