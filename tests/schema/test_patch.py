"""Patches: the examples of the RFCs, the merge keys of real kinds, and the diffs of kubectl."""

import copy

import pytest

from k8slab.schema import json_patch, merge_patch, strategic_merge, three_way, two_way, type_of
from k8slab.wire import ApiError, BadRequest, Invalid, RequestEntityTooLarge

POD = type_of("v1", "Pod")
DEPLOYMENT = type_of("apps/v1", "Deployment")


def pod(*containers, **spec):
    return {"spec": {"containers": list(containers), **spec}}


# JSON patch


@pytest.mark.parametrize(
    ("doc", "operations", "result"),
    [
        ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
        ({"foo": ["bar", "baz"]}, [{"op": "add", "path": "/foo/1", "value": "qux"}], {"foo": ["bar", "qux", "baz"]}),
        ({"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
        ({"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
        ({"baz": "qux", "foo": 1}, [{"op": "replace", "path": "/baz", "value": "boo"}], {"baz": "boo", "foo": 1}),
        (
            {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
            [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
            {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
        ),
        (
            {"foo": ["all", "grass", "cows", "eat"]},
            [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
            {"foo": ["all", "cows", "eat", "grass"]},
        ),
        ({"foo": "bar"}, [{"op": "add", "path": "/child", "value": {"g": {}}}], {"foo": "bar", "child": {"g": {}}}),
        ({"foo": 1}, [{"op": "add", "path": "/baz", "value": 2, "xyz": 123}], {"foo": 1, "baz": 2}),
        ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
        ({"/": 9}, [{"op": "replace", "path": "/~1", "value": 8}], {"/": 8}),
        ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["abc"]}], {"foo": ["bar", ["abc"]]}),
        ({"foo": {"a": 1}}, [{"op": "copy", "from": "/foo", "path": "/bar"}], {"foo": {"a": 1}, "bar": {"a": 1}}),
        ({"foo": [1, 2, 3]}, [{"op": "remove", "path": "/foo/-1"}], {"foo": [1, 2]}),
        ({"foo": 1}, [{"op": "test", "path": "/absent", "value": None}], {"foo": 1}),
        ({"foo": 1}, [{"op": "replace", "path": "", "value": {"bar": 2}}], {"bar": 2}),
    ],
)
def test_a_json_patch_does_what_its_operations_say(doc, operations, result):
    """Source: RFC 6902, appendix A; json-patch.v4 for "-1" and for the test of what is absent."""
    before = copy.deepcopy(doc)

    assert json_patch(doc, operations) == result
    assert doc == before


@pytest.mark.parametrize(
    ("operation", "cause"),
    [
        ({"op": "test", "path": "/foo", "value": 2}, "testing value /foo failed: test failed"),
        ({"op": "test", "path": "/foo", "value": True}, "testing value /foo failed: test failed"),
        (
            {"op": "remove", "path": "/baz"},
            "error in remove for path: '/baz': Unable to remove nonexistent key: baz: missing value",
        ),
        (
            {"op": "add", "path": "/baz/bat", "value": 1},
            'add operation does not apply: doc is missing path: "/baz/bat": missing value',
        ),
        (
            {"op": "replace", "path": "/baz", "value": 1},
            "replace operation does not apply: doc is missing key: /baz: missing value",
        ),
        (
            {"op": "add", "path": "/list/3", "value": 1},
            "error in add for path: '/list/3': Unable to access invalid index: 3: invalid index referenced",
        ),
        ({"op": "merge", "path": "/foo"}, "Unexpected kind: merge"),
        ({"op": "remove"}, "remove operation failed to decode path: missing value"),
    ],
)
def test_any_failure_of_an_operation_is_the_same_answer(operation, cause):
    """Source: handlers/patch.go (NewGenericServerResponse 422) and json-patch.v4 for the cause."""
    with pytest.raises(Invalid) as refused:
        json_patch({"foo": 1, "list": [0]}, [operation])

    assert str(refused.value) == "the server rejected our request due to an error in our request"
    assert str(refused.value.__cause__) == cause


@pytest.mark.parametrize(
    ("operations", "problem"),
    [
        ({}, "json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"),
        (["add"], "json: cannot unmarshal string into Go value of type handlers.jsonPatchOp"),
        (
            [{"op": "add", "path": 1}],
            "json: cannot unmarshal number into Go struct field jsonPatchOp.path of type string",
        ),
    ],
)
def test_what_is_no_json_patch_is_a_bad_request(operations, problem):
    with pytest.raises(BadRequest) as refused:
        json_patch({}, operations)

    assert str(refused.value) == f"error decoding patch: {problem}"


def test_a_json_patch_has_ten_thousand_operations_at_most():
    """Source: handlers/patch.go (maxJSONPatchOperations)."""
    operation = {"op": "add", "path": "/a", "value": 1}

    with pytest.raises(RequestEntityTooLarge) as refused:
        json_patch({}, [operation] * 10_001)

    assert str(refused.value) == (
        "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001"
    )


def test_a_json_patch_shares_what_it_does_not_touch():
    doc = {"metadata": {"name": "a"}, "spec": {"x": 1}}

    patched = json_patch(doc, [{"op": "replace", "path": "/spec/x", "value": 2}])
    undone = json_patch(patched, [{"op": "replace", "path": "/spec/x", "value": 2}])

    assert patched["metadata"] is doc["metadata"]
    assert undone is patched


# JSON merge patch


@pytest.mark.parametrize(
    ("doc", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": 1}, {"a": True}, {"a": True}),
    ],
)
def test_a_merge_patch_does_what_rfc_7386_says(doc, patch, result):
    """Source: RFC 7386, appendix A."""
    before = copy.deepcopy(doc)

    patched = merge_patch(doc, patch)

    assert repr(patched) == repr(result)
    assert doc == before


def test_a_merge_patch_that_changes_nothing_gives_the_same_object():
    doc = {"metadata": {"labels": {"a": "b"}}, "spec": {"list": [{"x": 1}]}}

    assert merge_patch(doc, {"metadata": {"labels": {"a": "b", "c": None}}, "spec": {"list": [{"x": 1}]}}) is doc
    assert merge_patch(doc, {"metadata": {"labels": {"a": "c"}}})["spec"] is doc["spec"]


def test_a_merge_patch_must_be_an_object():
    with pytest.raises(BadRequest) as refused:
        merge_patch({}, [])

    assert str(refused.value) == (
        "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
    )


# Strategic merge patch


A, B, C = ({"name": name, "image": f"{name}:1"} for name in "abc")

STRATEGIC = {
    "elements merge by their key": (
        pod(A, B),
        pod({"name": "b", "image": "b:2"}),
        [A, {"name": "b", "image": "b:2"}],
    ),
    "a new element stands before those of the server": (pod(A), pod(C), [C, A]),
    "an element goes by a directive": (pod(A, B, C), pod({"name": "b", "$patch": "delete"}), [A, C]),
    "a list is replaced by a directive": (pod(A, B), pod({"$patch": "replace"}, C), [C]),
    "a null in an element removes a field": (pod(A), pod({"name": "a", "image": None}), [{"name": "a"}]),
    "setElementOrder moves elements": (
        pod(A, B, C),
        {"spec": {"$setElementOrder/containers": [{"name": "c"}, {"name": "a"}]}},
        [B, C, A],
    ),
    "setElementOrder with elements": (
        pod(A, B),
        {"spec": {"$setElementOrder/containers": [{"name": "c"}, {"name": "b"}, {"name": "a"}], "containers": [C]}},
        [C, B, A],
    ),
    "what the server added stays where it was": (
        pod(A, C, B),
        {"spec": {"$setElementOrder/containers": [{"name": "a"}, {"name": "b"}], "containers": [{"name": "b"}]}},
        [A, C, B],
    ),
    "directives in what is new are dropped": ({"spec": {}}, pod(A, {"name": "b", "$patch": "delete"}), [A]),
    "nulls in what is new are dropped": ({"spec": {}}, pod({"name": "a", "image": None}), [{"name": "a"}]),
}


@pytest.mark.parametrize(("original", "patch", "containers"), STRATEGIC.values(), ids=STRATEGIC.keys())
def test_a_list_of_containers_merges_by_name(original, patch, containers):
    """Source: apimachinery/pkg/util/strategicpatch/patch.go and the cases of patch_test.go."""
    before = copy.deepcopy(original)

    patched = strategic_merge(original, patch, POD)

    assert patched["spec"]["containers"] == containers
    assert original == before


FIELDS = {
    "maps merge": ({"nodeSelector": {"a": "1", "b": "2"}}, {"nodeSelector": {"a": None}}, {"nodeSelector": {"b": "2"}}),
    "a map is replaced": ({"nodeSelector": {"a": "1"}}, {"nodeSelector": {"$patch": "replace", "b": "2"}}, {"b": "2"}),
    "a map is emptied": ({"nodeSelector": {"a": "1"}}, {"nodeSelector": {"$patch": "delete"}}, {}),
    "null removes": ({"nodeName": "x", "hostname": "y"}, {"nodeName": None}, {"hostname": "y"}),
    "an atomic list is replaced": (
        {"tolerations": [{"key": "a"}, {"key": "b"}]},
        {"tolerations": [{"key": "c"}]},
        {"tolerations": [{"key": "c"}]},
    ),
    "a volume keeps only the source it now has": (
        {"volumes": [{"name": "v", "emptyDir": {}}]},
        {"volumes": [{"name": "v", "$retainKeys": ["name", "configMap"], "configMap": {"name": "c"}}]},
        {"volumes": [{"name": "v", "configMap": {"name": "c"}}]},
    ),
    "a type that changed is replaced": ({"priority": 1}, {"priority": {"a": 1}}, {"priority": {"a": 1}}),
    "an unknown field is kept for the decoder": ({}, {"foo": 1}, {"foo": 1}),
}


@pytest.mark.parametrize(("spec", "patch", "result"), FIELDS.values(), ids=FIELDS.keys())
def test_the_fields_of_a_spec_merge_by_their_strategy(spec, patch, result):
    patched = strategic_merge({"spec": spec}, {"spec": patch}, POD)["spec"]

    assert patched == result or patched == {"nodeSelector": result}


@pytest.mark.parametrize(
    ("patch", "finalizers"),
    [
        ({"finalizers": ["c"]}, ["c", "a", "b"]),
        ({"finalizers": ["b"]}, ["a", "b"]),
        ({"$deleteFromPrimitiveList/finalizers": ["a"]}, ["b"]),
        ({"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]}, ["c", "b"]),
        ({"$setElementOrder/finalizers": ["b", "a"]}, ["b", "a"]),
        ({"$setElementOrder/finalizers": ["a", "c", "b"], "finalizers": ["c"]}, ["a", "c", "b"]),
    ],
)
def test_finalizers_merge_as_a_set(patch, finalizers):
    patched = strategic_merge({"metadata": {"finalizers": ["a", "b"]}}, {"metadata": patch}, POD)

    assert patched["metadata"]["finalizers"] == finalizers


@pytest.mark.parametrize(
    ("patch", "error", "problem"),
    [
        (pod({"image": "x"}), ApiError, "map: map[image:x] does not contain declared merge key: name"),
        (pod({"name": "a", "$patch": "merge"}), ApiError, "merging lists cannot yet be specified in the patch"),
        (pod({"name": "a", "$patch": "x"}), ApiError, "unknown patch type: x in map: map[$patch:x name:a]"),
        ({"spec": {"$patch": "merge"}}, ApiError, "unknown patch type: merge in map: map[$patch:merge]"),
        ({"spec": {"$retainKeys": [{}], "nodeName": "x"}}, BadRequest, "invalid patch format of retainKeys"),
        ({"spec": {"$retainKeys": "x"}}, BadRequest, "invalid patch format of retainKeys"),
        ({"spec": {"$retainKeys": [], "nodeName": "x"}}, BadRequest, "invalid patch format of retainKeys"),
        ({"spec": {"$setElementOrder": []}}, BadRequest, "invalid patch format of setElementOrder list"),
        ({"spec": {"$deleteFromPrimitiveList": []}}, BadRequest, "invalid patch format of primitive list"),
        (pod([A]), Invalid, "the server rejected our request due to an error in our request"),
        (
            {"spec": {"$setElementOrder/containers": [{"name": "b"}], "containers": [{"name": "a"}]}},
            ApiError,
            "the order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]",
        ),
    ],
)
def test_a_malformed_strategic_patch_is_refused(patch, error, problem):
    """Source: mergepatch/errors.go; handlers/patch.go (interpretStrategicMergePatchError)."""
    with pytest.raises(error) as refused:
        strategic_merge(pod(A), patch, POD)

    assert (type(refused.value), str(refused.value)) == (error, problem)


def test_keys_that_are_no_scalars_are_left_for_the_decoder_to_refuse():
    odd = {"name": {}, "image": "x"}

    assert strategic_merge(pod(A), pod(odd), POD) == pod(odd, A)
    assert strategic_merge({"metadata": {}}, {"metadata": {"finalizers": [{}]}}, POD)["metadata"]["finalizers"] == [{}]


def test_a_strategic_patch_that_changes_nothing_gives_the_same_object():
    original = {"metadata": {"finalizers": ["a"]}, **pod(A, B, tolerations=[{"key": "x"}])}
    patch = {"metadata": {"finalizers": ["a"]}, **pod(A, B, tolerations=[{"key": "x"}], nodeName=None)}

    assert strategic_merge(original, patch, POD) is original


def test_a_strategic_patch_shares_what_it_does_not_touch():
    original = {"metadata": {"labels": {"a": "b"}}, **pod(A, B)}

    patched = strategic_merge(original, pod({"name": "a", "image": "a:2"}), POD)

    assert patched["metadata"] is original["metadata"]
    assert patched["spec"]["containers"][1] is B


# Diffs


def deployment(*containers, **spec):
    return {"spec": {**spec, "template": pod(*containers)}}


TWO_WAY = {
    "nothing": (pod(A), pod(A), {}),
    "a scalar": (pod(nodeName="x"), pod(nodeName="y"), {"spec": {"nodeName": "y"}}),
    "a field goes": (pod(nodeName="x"), pod(), {"spec": {"nodeName": None}}),
    "an element changes": (
        pod(A, B),
        pod(A, {"name": "b", "image": "b:2"}),
        {
            "spec": {
                "$setElementOrder/containers": [{"name": "a"}, {"name": "b"}],
                "containers": [{"name": "b", "image": "b:2"}],
            }
        },
    ),
    "an element goes": (
        pod(A, B),
        pod(A),
        {"spec": {"$setElementOrder/containers": [{"name": "a"}], "containers": [{"name": "b", "$patch": "delete"}]}},
    ),
    "elements change places": (
        pod(A, B),
        pod(B, A),
        {"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}},
    ),
    "an atomic list changes": (
        pod(tolerations=[{"key": "a"}]),
        pod(tolerations=[{"key": "b"}]),
        {"spec": {"tolerations": [{"key": "b"}]}},
    ),
    "a finalizer goes": (
        {"metadata": {"finalizers": ["a", "b"]}},
        {"metadata": {"finalizers": ["b", "c"]}},
        {
            "metadata": {
                "finalizers": ["c"],
                "$deleteFromPrimitiveList/finalizers": ["a"],
                "$setElementOrder/finalizers": ["b", "c"],
            }
        },
    ),
    "a volume changes its source": (
        pod(volumes=[{"name": "v", "emptyDir": {}}]),
        pod(volumes=[{"name": "v", "configMap": {"name": "c"}}]),
        {
            "spec": {
                "$setElementOrder/volumes": [{"name": "v"}],
                "volumes": [
                    {"name": "v", "emptyDir": None, "configMap": {"name": "c"}, "$retainKeys": ["configMap", "name"]}
                ],
            }
        },
    ),
}


@pytest.mark.parametrize(("original", "modified", "patch"), TWO_WAY.values(), ids=TWO_WAY.keys())
def test_the_patch_between_two_objects_makes_one_into_the_other(original, modified, patch):
    """Source: strategicpatch/patch.go (CreateTwoWayMergeMapPatch) and the cases of patch_test.go."""
    assert two_way(original, modified, POD) == patch
    assert strategic_merge(original, two_way(original, modified, POD), POD) == modified


THREE_WAY = {
    "nothing": (deployment(A), deployment(A), deployment(A), {}),
    "a field that others set stays": (deployment(A), deployment(A), deployment(A, replicas=5), {}),
    "an element that others added stays, and the order is told": (
        deployment(A),
        deployment(A),
        deployment(A, B),
        {"spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "a"}]}}}},
    ),
    "what was applied and is no longer wanted goes": (
        deployment(A, B, replicas=2),
        deployment(A),
        deployment(A, B, C, replicas=5),
        {
            "spec": {
                "replicas": None,
                "template": {
                    "spec": {
                        "$setElementOrder/containers": [{"name": "a"}],
                        "containers": [{"name": "b", "$patch": "delete"}],
                    }
                },
            }
        },
    ),
    "what drifted comes back": (
        deployment(A, replicas=2),
        deployment(A, replicas=2),
        deployment(A, replicas=5),
        {"spec": {"replicas": 2}},
    ),
    "an element changes in both ways": (
        deployment({**A, "tty": True}),
        deployment({"name": "a", "image": "a:2"}),
        deployment({**A, "tty": True, "stdin": True}),
        {
            "spec": {
                "template": {
                    "spec": {
                        "$setElementOrder/containers": [{"name": "a"}],
                        "containers": [{"name": "a", "tty": None, "image": "a:2"}],
                    }
                }
            }
        },
    ),
    "recreate clears what belongs to rolling updates": (
        deployment(),
        deployment(strategy={"type": "Recreate"}),
        deployment(strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}),
        {"spec": {"strategy": {"type": "Recreate", "$retainKeys": ["type"]}}},
    ),
}


@pytest.mark.parametrize(("original", "modified", "current", "patch"), THREE_WAY.values(), ids=THREE_WAY.keys())
def test_apply_takes_removals_only_from_what_was_applied(original, modified, current, patch):
    """Source: strategicpatch/patch.go (CreateThreeWayMergePatch) and the cases of patch_test.go."""
    before = copy.deepcopy((original, modified, current))

    assert three_way(original, modified, current, DEPLOYMENT) == patch
    assert (original, modified, current) == before


def test_recreate_takes_effect():
    current = deployment(strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}})
    modified = deployment(strategy={"type": "Recreate"})

    patch = three_way({}, modified, current, DEPLOYMENT)

    assert strategic_merge(current, patch, DEPLOYMENT)["spec"]["strategy"] == {"type": "Recreate"}


def test_a_kind_without_a_type_gets_a_json_merge_patch():
    """Source: apimachinery/pkg/util/jsonmergepatch/patch.go (CreateThreeWayJSONMergePatch)."""
    original = {"spec": {"shelves": [{"name": "a"}], "open": True}}
    modified = {"spec": {"shelves": [{"name": "a"}, {"name": "b"}]}}
    current = {"spec": {"shelves": [{"name": "a"}], "open": True, "owner": "x"}}

    patch = three_way(original, modified, current, None)

    assert patch == {"spec": {"open": None, "shelves": [{"name": "a"}, {"name": "b"}]}}
    assert merge_patch(current, patch) == {"spec": {"shelves": [{"name": "a"}, {"name": "b"}], "owner": "x"}}
