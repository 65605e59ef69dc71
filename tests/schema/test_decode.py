"""Reading request bodies: what is refused and in which words, what is dropped, and what stays shared."""

import copy

import pytest

from k8slab.schema import decode, decode_patched, parse_json
from k8slab.wire import BadRequest, Invalid

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "labels": {"app": "web"}, "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {
        "containers": [
            {
                "name": "web",
                "image": "nginx",
                "command": ["nginx"],
                "ports": [{"containerPort": 80}],
                "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
                "readinessProbe": {"httpGet": {"path": "/", "port": "http"}},
                "securityContext": {"privileged": False},
            }
        ],
        "terminationGracePeriodSeconds": 30,
    },
}
NOT_A_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


def deployment(**spec):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec}


def pod(**spec):
    return {"apiVersion": "v1", "kind": "Pod", "spec": spec}


def test_a_clean_body_comes_back_as_the_very_same_object():
    before = copy.deepcopy(POD)

    decoded = decode(POD, "v1", "Pod", "Strict")

    assert decoded.obj is POD
    assert decoded == (before, [])


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (deployment(replicas="3"), "string into Go struct field DeploymentSpec.spec.replicas of type int32"),
        (deployment(replicas=1.5), "number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"),
        (
            deployment(replicas=2**31),
            "number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (deployment(replicas=True), "bool into Go struct field DeploymentSpec.spec.replicas of type int32"),
        (deployment(paused="yes"), "string into Go struct field DeploymentSpec.spec.paused of type bool"),
        (deployment(template=[]), "array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec"),
        (
            deployment(template={"spec": {"containers": {}}}),
            "object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
        ),
        (
            deployment(template={"spec": {"containers": [{"env": [{"name": "A", "value": 1}]}]}}),
            "number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string",
        ),
        (
            deployment(template={"metadata": {"labels": {"a": True}}}),
            "bool into Go struct field ObjectMeta.spec.template.metadata.labels of type string",
        ),
        (
            deployment(template={"spec": {"restartPolicy": False}}),
            "bool into Go struct field PodSpec.spec.template.spec.restartPolicy of type v1.RestartPolicy",
        ),
        (
            deployment(template={"spec": {"containers": [{"resources": {"limits": []}}]}}),
            "array into Go struct field ResourceRequirements.spec.template.spec.containers.resources.limits"
            " of type v1.ResourceList",
        ),
        (
            deployment(strategy={"rollingUpdate": {"maxSurge": 1.5}}),
            "number 1.5 into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge"
            " of type int32",
        ),
        (
            {**deployment(), "metadata": {"creationTimestamp": 5}},
            "number into Go struct field ObjectMeta.metadata.creationTimestamp of type string",
        ),
    ],
)
def test_a_wrong_type_is_told_as_go_tells_it(body, problem):
    """Source: sigs.k8s.io/json, decode.go (literalStore, array, object, addErrorContext)."""
    with pytest.raises(BadRequest) as refused:
        decode(body, "apps/v1", "Deployment")

    assert str(refused.value) == (
        f'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal {problem}'
    )


@pytest.mark.parametrize(
    ("body", "kind", "problem"),
    [
        (pod(containers=[{"resources": {"limits": {"cpu": "a lot"}}}]), "Pod", NOT_A_QUANTITY),
        (pod(containers=[{"resources": {"limits": {"cpu": ""}}}]), "Pod", NOT_A_QUANTITY),
        (pod(containers=[{"resources": {"limits": {"cpu": ["1"]}}}]), "Pod", NOT_A_QUANTITY),
        (
            pod(containers=[{"resources": {"limits": {"memory": "1Ki5"}}}]),
            "Pod",
            "unable to parse quantity's suffix",
        ),
        ({"data": {"a": "not base64"}}, "Secret", "illegal base64 data at input byte 3"),
        ({"data": {"a": "YWJ"}}, "Secret", "illegal base64 data at input byte 0"),
        ({"data": {"a": "YWJjZA=x"}}, "Secret", "illegal base64 data at input byte 6"),
        (
            {"metadata": {"creationTimestamp": "yesterday"}},
            "Pod",
            'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
        ),
        (
            {"metadata": {"creationTimestamp": "2026-01-01"}},
            "Pod",
            'parsing time "2026-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"',
        ),
        (
            {"metadata": {"creationTimestamp": "2026-13-01T00:00:00Z"}},
            "Pod",
            'parsing time "2026-13-01T00:00:00Z": month out of range',
        ),
        (
            {"metadata": {"creationTimestamp": "2026-02-30T00:00:00Z"}},
            "Pod",
            'parsing time "2026-02-30T00:00:00Z": day out of range',
        ),
        (
            {"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z!"}},
            "Pod",
            'parsing time "2026-01-01T00:00:00Z!": extra text: "!"',
        ),
    ],
)
def test_quantities_bytes_and_times_refuse_in_their_own_words(body, kind, problem):
    """Source: resource/quantity.go (ErrFormatWrong, ErrSuffix); Go's encoding/base64 and time packages."""
    with pytest.raises(BadRequest) as refused:
        decode(body, "v1", kind)

    assert str(refused.value) == f'{kind} in version "v1" cannot be handled as a {kind}: {problem}'


def test_the_first_error_wins_but_a_bad_quantity_hides_earlier_ones():
    """Source: sigs.k8s.io/json, decode.go (saveError keeps the first; UnmarshalJSON's error returns at once)."""
    two = pod(priority="x", hostNetwork="y")
    hidden = pod(priority="x", containers=[{"resources": {"limits": {"cpu": "z"}}}])

    with pytest.raises(BadRequest, match=r"PodSpec\.spec\.priority"):
        decode(two, "v1", "Pod")
    with pytest.raises(BadRequest, match="quantities must match"):
        decode(hidden, "v1", "Pod")


def test_micro_times_want_six_digits():
    """Source: apimachinery/pkg/apis/meta/v1/micro_time.go (RFC3339Micro)."""
    lease = {"spec": {"renewTime": "2026-01-01T00:00:00Z"}}

    with pytest.raises(BadRequest, match=r'cannot parse "Z" as ".000000"'):
        decode(lease, "coordination.k8s.io/v1", "Lease")


UNKNOWN = deployment(foo=1, template={"spec": {"containers": [{"name": "a", "bar": 2}], "nodeSelector": {"x": "y"}}})
UNKNOWN_FIELDS = ['unknown field "spec.foo"', 'unknown field "spec.template.spec.containers[0].bar"']


def test_strict_validation_refuses_unknown_fields():
    """Source: apimachinery/pkg/runtime/strict_error (NewStrictDecodingError), rest.go (transformDecodeError)."""
    with pytest.raises(BadRequest) as refused:
        decode(UNKNOWN, "apps/v1", "Deployment", "Strict")

    assert str(refused.value) == (
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: '
        + ", ".join(UNKNOWN_FIELDS)
    )


@pytest.mark.parametrize(("field_validation", "warnings"), [("Warn", UNKNOWN_FIELDS), ("Ignore", [])])
def test_otherwise_unknown_fields_are_dropped_from_a_copy(field_validation, warnings):
    before = copy.deepcopy(UNKNOWN)

    decoded = decode(UNKNOWN, "apps/v1", "Deployment", field_validation)

    containers = {"containers": [{"name": "a"}], "nodeSelector": {"x": "y"}}
    assert decoded == (deployment(template={"spec": containers}), warnings)
    assert before == UNKNOWN
    kept = decoded.obj["spec"]["template"]["spec"]["nodeSelector"]
    assert kept is UNKNOWN["spec"]["template"]["spec"]["nodeSelector"]


def test_a_wrong_type_goes_before_unknown_fields():
    """Source: sigs.k8s.io/json, decode.go (unmarshal: savedError first)."""
    with pytest.raises(BadRequest, match="cannot unmarshal string"):
        decode(deployment(foo=1, replicas="3"), "apps/v1", "Deployment", "Strict")


def test_no_more_than_a_hundred_unknown_fields_are_told():
    """Source: sigs.k8s.io/json, kubernetes_patch.go (saveStrictError)."""
    many = deployment(**{f"x{number}": 1 for number in range(150)})

    assert len(decode(many, "apps/v1", "Deployment").strict_errors) == 100


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (pod(nodeName=None, containers=[]), pod(containers=[])),
        (pod(containers=[{"name": "a", "args": ["x", None]}]), pod(containers=[{"name": "a", "args": ["x", ""]}])),
        (pod(containers=[None]), pod(containers=[{}])),
        (pod(nodeSelector={"zone": None}), pod(nodeSelector={"zone": ""})),
        (pod(foo=None), pod()),
    ],
)
def test_null_is_absent_and_in_a_list_or_map_it_is_go_s_zero(body, read):
    assert decode(body, "v1", "Pod").obj == read


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("0.5", "500m"),
        (0.5, "500m"),
        (2, "2"),
        ("2.0", "2"),
        ("1000m", "1"),
        ("1000", "1k"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("512Ki", "512Ki"),
        ("0.1Gi", "107374182400m"),
        ("512", "512"),
        ("1e3", "1e3"),
        ("12E", "12E"),
        ("-1.5", "-1500m"),
        ("0Gi", "0"),
        ("0.1n", "1n"),
        (" 1 ", "1"),
    ],
)
def test_a_quantity_is_written_in_its_canonical_form(given, canonical):
    """Source: apimachinery/pkg/api/resource/quantity.go (CanonicalizeBytes) and its documentation's examples."""
    decoded = decode(pod(overhead={"cpu": given}), "v1", "Pod")

    assert decoded.obj["spec"]["overhead"] == {"cpu": canonical}


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("2026-01-01T09:00:00+09:00", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00.75Z", "2026-01-01T00:00:00Z"),
        ("2025-12-31T19:30:00-04:30", "2026-01-01T00:00:00Z"),
    ],
)
def test_a_time_is_written_in_utc_and_whole_seconds(given, canonical):
    decoded = decode({"metadata": {"creationTimestamp": given}}, "v1", "Pod")

    assert decoded.obj["metadata"] == {"creationTimestamp": canonical}


def test_line_breaks_in_base64_are_taken_out():
    decoded = decode({"data": {"a": "YWJj\nZGVm"}}, "v1", "Secret")

    assert decoded.obj["data"] == {"a": "YWJjZGVm"}


def test_kind_and_version_are_filled_in_from_where_the_body_is_sent():
    """Source: serializer/json/json.go (gvkWithDefaults)."""
    decoded = decode({"spec": {}}, "apps/v1", "Deployment")

    assert decoded.obj == {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {}}


TYPE_META = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
UNRECOGNIZED = "the object provided is unrecognized (must be of type Deployment): couldn't get version/kind; "


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            [],
            f"{UNRECOGNIZED}json parse error: json: cannot unmarshal array into Go value of type {TYPE_META} (5b5d)",
        ),
        (
            {"kind": 5},
            f"{UNRECOGNIZED}json parse error: json: cannot unmarshal number into Go struct field .kind"
            ' of type string ({"kind":5})',
        ),
        (POD, "the API version in the data (v1) does not match the expected API version (apps/v1)"),
        (
            {"apiVersion": "apps/v1", "kind": "ReplicaSet"},
            'ReplicaSet in version "v1" cannot be handled as a Deployment: '
            "converting (v1.ReplicaSet) to (apps.Deployment): unknown conversion",
        ),
        (
            {"apiVersion": "apps/v1", "kind": "Deploiment"},
            'Deploiment in version "v1" cannot be handled as a Deployment: no kind "Deploiment" is registered '
            'for version "apps/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
        ),
    ],
)
def test_a_body_of_another_kind_is_refused(body, problem):
    """Source: rest.go (transformDecodeError), create.go, serializer/json/meta.go (Interpret)."""
    with pytest.raises(BadRequest) as refused:
        decode(body, "apps/v1", "Deployment")

    assert str(refused.value) == problem


def test_a_custom_resource_has_only_its_metadata_checked():
    shop = {"apiVersion": "example.com/v1", "kind": "Shop", "metadata": {"name": "a"}, "spec": {"any": [None, {}]}}

    assert decode(shop, "example.com/v1", "Shop", "Strict").obj is shop
    with pytest.raises(BadRequest, match=r"ObjectMeta\.metadata\.labels"):
        decode({**shop, "metadata": {"labels": {"a": 1}}}, "example.com/v1", "Shop")


def test_what_is_wrong_with_the_outcome_of_a_patch_is_invalid_and_shown():
    """Source: apiserver/pkg/endpoints/handlers/patch.go (applyPatchToCurrentObject)."""
    with pytest.raises(Invalid) as refused:
        decode_patched(deployment(foo=1), "apps/v1", "Deployment", "Strict")

    assert str(refused.value) == (
        ' "" is invalid: patch: Invalid value: '
        '"{\\"apiVersion\\":\\"apps/v1\\",\\"kind\\":\\"Deployment\\",\\"spec\\":{\\"foo\\":1}}": '
        'strict decoding error: unknown field "spec.foo"'
    )


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"replicas": "two"}, '"map[spec:map[replicas:two]]": unrecognized type: int32'),
        ({"replicas": 1.5}, '"map[spec:map[replicas:1.5]]": cannot convert float64 to int32'),
        ({"paused": 1}, '"map[spec:map[paused:1]]": unrecognized type: bool'),
        ({"template": "x"}, '"map[spec:map[template:x]]": cannot restore struct from: string'),
        ({"template": {"metadata": {"labels": {"a": 1}}}},
         '"map[spec:map[template:map[metadata:map[labels:map[a:1]]]]]": cannot convert int64 to string'),
        ({"template": {"spec": {"containers": {}}}},
         '"map[spec:map[template:map[spec:map[containers:map[]]]]]": cannot restore slice from map'),
        ({"template": {"spec": {"nodeSelector": []}}},
         '"map[spec:map[template:map[spec:map[nodeSelector:[]]]]]": cannot restore map from slice'),
        ({"foo": 1}, '"map[spec:map[foo:1]]": strict decoding error: unknown field "spec.foo"'),
    ],
)  # fmt: skip
def test_of_a_strategic_merge_patch_the_patch_is_shown(spec, problem):
    """Source: apiserver/pkg/endpoints/handlers/patch.go (applyPatchToObject); apimachinery/pkg/runtime/converter.go."""
    with pytest.raises(Invalid) as refused:
        decode_patched(deployment(**spec), "apps/v1", "Deployment", "Strict", strategic={"spec": spec})

    assert str(refused.value) == f' "" is invalid: patch: Invalid value: {problem}'


@pytest.mark.parametrize(
    ("text", "value", "duplicates"),
    [
        ('{"a": 1, "b": {"a": 2}}', {"a": 1, "b": {"a": 2}}, []),
        ('{"a": 1, "a": 2}', {"a": 2}, ['duplicate field "a"']),
        ('{"a": {"x": 1}, "a": {"x": 1}}', {"a": {"x": 1}}, ['duplicate field "a"']),
        ('{"l": [{}, {"b": 1, "b": 1, "b": 2}]}', {"l": [{}, {"b": 2}]}, ['duplicate field "l[1].b"']),
    ],
)
def test_a_field_given_twice_is_noticed_and_the_last_one_wins(text, value, duplicates):
    """Source: sigs.k8s.io/json, decode.go (checkDuplicateField)."""
    assert parse_json(text) == (value, duplicates)
