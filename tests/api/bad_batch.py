"""Jobs and CronJobs that a server must refuse: what is changed in a sample's spec, and what the server says.

Source: pkg/apis/batch/validation/validation.go; github.com/robfig/cron/v3, parser.go.
"""

from __future__ import annotations

from typing import Any

from api_bench import JOB, POD_SPEC
from bad_pods import NOT_NEGATIVE

SpecCase = tuple[dict[str, Any], str]

BEFORE_JOBS = "spec.jobTemplate."
INDEXED = {"completionMode": "Indexed", "completions": 3}
CODES = {"operator": "In", "values": [1]}
SCHEDULE = "spec.schedule: Invalid value: "
ZONE = "spec.timeZone: Invalid value: "
RULE = "spec.podFailurePolicy.rules[0]"


def policy(*rules: dict[str, Any]) -> dict[str, Any]:
    """A Job's spec with these rules for its failed Pods."""
    return {"podFailurePolicy": {"rules": list(rules)}}


def restart(policy: str) -> dict[str, Any]:
    """A Job's spec whose Pods restart like this."""
    return {"template": {"spec": {**POD_SPEC, **({"restartPolicy": policy} if policy else {})}}}


# What holds for a Job and for the template of a CronJob alike.
BAD_JOB_SPECS: list[SpecCase] = [
    *(({name: -1}, f"spec.{name}: Invalid value: -1: {NOT_NEGATIVE}") for name in
      ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")),
    ({**INDEXED, "backoffLimitPerIndex": -1}, f"spec.backoffLimitPerIndex: Invalid value: -1: {NOT_NEGATIVE}"),
    ({**INDEXED, "maxFailedIndexes": 1},
     "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified"),
    ({**INDEXED, "maxFailedIndexes": 4, "backoffLimitPerIndex": 1},
     "spec.maxFailedIndexes: Invalid value: 4: must be less than or equal to completions"),
    ({"backoffLimitPerIndex": 1}, "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"),
    ({"completionMode": "Some"},
     'spec.completionMode: Unsupported value: "Some": supported values: "NonIndexed", "Indexed"'),
    ({"completionMode": "Indexed", "parallelism": 2},
     "spec.completions: Required value: when completion mode is Indexed"),
    ({**INDEXED, "parallelism": 100_001},
     "spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed"),
    ({"managedBy": "me"},
     'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'),
    ({"successPolicy": {"rules": []}},
     'spec.successPolicy: Invalid value: {"rules":[]}: requires indexed completion mode'),
    ({"podReplacementPolicy": "Never"},
     'spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed"'),
    ({**policy({"action": "Count", "onExitCodes": CODES}), "podReplacementPolicy": "TerminatingOrFailed"},
     'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"'),
    (restart(""), 'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'),
    (restart("Always"), 'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'),
    ({**policy({"action": "Count", "onExitCodes": CODES}), **restart("OnFailure")},
     'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is '
     "specified"),
    (policy({"action": "", "onExitCodes": CODES}),
     f'{RULE}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]'),
    (policy({"action": "Retry", "onExitCodes": CODES}),
     f'{RULE}.action: Unsupported value: "Retry": supported values: "Count", "FailIndex", "FailJob", "Ignore"'),
    (policy({"action": "FailIndex", "onExitCodes": CODES}),
     f'{RULE}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set'),
    (policy({"action": "Count"}),
     f"{RULE}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required"),
    (policy({"action": "Count", "onExitCodes": CODES, "onPodConditions": [{"type": "a"}]}),
     f"{RULE}: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported"),
    (policy({"action": "Count", "onPodConditions": [{"type": "a", "status": "No"}]}),
     f'{RULE}.onPodConditions[0].status: Unsupported value: "No": supported values: "False", "True", "Unknown"'),
    (policy({"action": "Count", "onExitCodes": {**CODES, "operator": "Is"}}),
     f'{RULE}.onExitCodes.operator: Unsupported value: "Is": supported values: "In", "NotIn"'),
    (policy({"action": "Count", "onExitCodes": {**CODES, "containerName": "x"}}),
     f'{RULE}.onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in '
     "the pod template"),
    (policy({"action": "Count", "onExitCodes": {**CODES, "values": []}}),
     f"{RULE}.onExitCodes.values: Invalid value: []: at least one value is required"),
    (policy({"action": "Count", "onExitCodes": {**CODES, "values": [0, 1]}}),
     f"{RULE}.onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator"),
    (policy({"action": "Count", "onExitCodes": {**CODES, "values": [2, 1]}}),
     f"{RULE}.onExitCodes.values: Invalid value: [2,1]: must be ordered"),
    (policy({"action": "Count", "onExitCodes": {**CODES, "values": [1, 1]}}),
     f"{RULE}.onExitCodes.values[1]: Duplicate value: 1"),
    (policy(*[{"action": "Count", "onExitCodes": CODES}] * 21),
     "spec.podFailurePolicy.rules: Too many: 21: must have at most 20 items"),
]  # fmt: skip
BAD_CRON_JOB_SPECS: list[SpecCase] = [
    ({"schedule": ""}, "spec.schedule: Required value"),
    ({"schedule": "* * * *"}, f'{SCHEDULE}"* * * *": expected exactly 5 fields, found 4: [* * * *]'),
    ({"schedule": "61 * * * *"}, f'{SCHEDULE}"61 * * * *": end of range (61) above maximum (59): 61'),
    ({"schedule": "TZ=UTC 1 * * * *"},
     f'{SCHEDULE}"TZ=UTC 1 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead'),
    ({"timeZone": ""}, f'{ZONE}"": timeZone must be nil or non-empty string'),
    ({"timeZone": "Europe/Atlantis"}, f'{ZONE}"Europe/Atlantis": unknown time zone Europe/Atlantis'),
    ({"timeZone": "../UTC"}, f'{ZONE}"../UTC": unknown time zone ../UTC'),
    ({"startingDeadlineSeconds": -1}, f"spec.startingDeadlineSeconds: Invalid value: -1: {NOT_NEGATIVE}"),
    ({"concurrencyPolicy": "Queue"},
     'spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"'),
    ({"successfulJobsHistoryLimit": -1}, f"spec.successfulJobsHistoryLimit: Invalid value: -1: {NOT_NEGATIVE}"),
    ({"failedJobsHistoryLimit": -1}, f"spec.failedJobsHistoryLimit: Invalid value: -1: {NOT_NEGATIVE}"),
    ({"jobTemplate": {"spec": {**JOB["spec"], "selector": {"matchLabels": {"a": "b"}}}}},
     'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated'),
    ({"jobTemplate": {"spec": {**JOB["spec"], "manualSelector": True}}},
     'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"'),
]  # fmt: skip
BAD_BATCH = [
    *(("Job", {"spec": {**JOB["spec"], **changes}}, message) for changes, message in BAD_JOB_SPECS),
    *(
        ("CronJob", {"spec": {"schedule": "@hourly", "jobTemplate": {"spec": {**JOB["spec"], **changes}}}},
         message.replace("spec.", "spec.jobTemplate.spec.", 1))
        for changes, message in BAD_JOB_SPECS
    ),
    *(
        ("CronJob", {"spec": {"schedule": "@hourly", "jobTemplate": JOB, **changes}}, message)
        for changes, message in BAD_CRON_JOB_SPECS
    ),
]  # fmt: skip
