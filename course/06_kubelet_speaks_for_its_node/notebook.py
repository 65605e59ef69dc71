# %% [markdown] id="title"
# # 06 · The kubelet speaks for its Node
#
# **The question:** how does a cluster know anything about its machines, and what does it do when one falls silent?
#
# On every Node runs one kubelet. It starts what was assigned to its machine, looks after it, and reports, again and again.
# You will read its reports, argue with it about a pod, and then take it away.
#
# *It takes about 20 minutes. Before it: [01 · Push or watch](01_push_or_watch.ipynb).*

# %%
import k8slab
lab = k8slab.Lab(nodes=3)

# %% [markdown] id="daemon"
# ## A daemon, not a pod
#
# Almost everything in a cluster is a pod. The kubelet is not: something must start the first pod. It is an ordinary
# service of the operating system, a daemon, started by `systemd` when the machine boots. So its log is not found with
# `kubectl`, but on the machine itself.

# %%
print(lab.cluster.journalctl("node-1", "kubelet"))

# %% [markdown] id="static"
# ## It can do without a cluster
#
# A kubelet also runs every manifest it finds in a folder of its machine. Such a **static pod** needs no scheduler and no
# API. The control plane itself is started this way: that is how `etcd` and the API server can be pods. Put one there:

# %%
HELLO = """
apiVersion: v1
kind: Pod
metadata: {name: hello}
spec: {containers: [{name: main, image: "nginx:1.27"}]}
"""
lab.cluster.write_file("node-1", "/etc/kubernetes/manifests/hello.yaml", HELLO)
lab.run("30s")

# %% [markdown] id="mirror"
# The kubelet shows it in the API as a **mirror pod**, named after the machine.
#
# **Predict:** you delete the mirror pod with kubectl. What happens to the container?

# %%
guess_1 = lab.predict("it stops for good", "it restarts on another Node", "nothing, it runs on")
guess_1

# %%
# %kubectl delete pod hello-node-1
lab.run("30s")
mirror = lab.client.get("Pod", "hello-node-1", "default")

# %%
container = mirror["status"]["containerStatuses"][0]
born, started = mirror["metadata"]["creationTimestamp"], container["state"]["running"]["startedAt"]
untouched = started < born and container["restartCount"] == 0
guess_1.verdict("nothing, it runs on" if untouched else "it stops for good")

# %%
print(started, "container started")
print(born, "mirror pod created")

# %% [markdown] id="mirror-why"
# The container is older than the pod that shows it. The API holds only the picture of a static pod; the original is the
# file. Take the file away, and the pod goes.

# %%
lab.cluster.remove_file("node-1", "/etc/kubernetes/manifests/hello.yaml")
lab.run("1m")

# %% [markdown] id="lease"
# ## What it reports
#
# Each kubelet owns a small object called **Lease** and renews it all the time: *I am still here*. Follow the Lease of one
# machine for half a minute. (The tape goes on with the cells below it. A BOOKMARK is the API server's own sign of life.)

# %%
tape = lab.tape("leases", namespace="kube-node-lease", fields="metadata.name=node-2")
lab.run("30s")

# %%
tape

# %% [markdown] id="status"
# The full report, the Node's `status`, is large and changes rarely. So it is written only when something changes, and
# every five minutes in any case. The Lease is the heartbeat.
#
# ## It looks after its containers
#
# This container gives up after two seconds, every time. The kubelet starts it again, without asking anybody.
#
# **Predict:** how many starts in the first ten minutes? (Type a number. The next cell counts them on a watch.)

# %%
guess_2 = lab.predict(kind="number", unit="starts")
guess_2

# %%
stream = lab.client.watch("Pod", "default")
lab.kubectl("create deployment loop --image=busybox -- sh -c 'sleep 2; exit 1'")
lab.run("10m")
events = stream.pull()

# %%
from k8slab.objects import parse_rfc3339
seen = [event.object["status"].get("containerStatuses", []) for event in events]
states = [container["state"] for containers in seen for container in containers]
starts = sorted({state["running"]["startedAt"] for state in states if "running" in state})
moments = [parse_rfc3339(start) for start in starts]
print([round(b - a) for a, b in zip(moments, moments[1:])])
guess_2.verdict(len(starts))

# %% [markdown] id="backoff"
# These are the seconds from start to start. The first time the kubelet tries again at once, then its pauses double, up to
# five minutes: **CrashLoopBackOff**. It is not a state of illness but the kubelet's patience: something that always fails
# should not keep a machine busy.

# %%
# %kubectl delete deployment loop

# %% [markdown] id="cut"
# ## Break it: the power goes
#
# A dead machine cannot report that it is dead. All the cluster ever learns is that nothing comes any more. Here is a web
# server that says how long it will put up with that (every pod gets this toleration; this one writes it down):

# %%
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {
    containers: [{name: nginx, image: "nginx:1.27"}], tolerations: [
      {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 300}]}}
"""
lab.apply(WEB)

# %% [markdown] id="predict-cut"
# **Predict:** between the power cut and a new web pod, what takes longest?

# %%
guess_3 = lab.predict(
    "until a heartbeat is missed", "until the Node is called unknown",
    "until the pod is given up", "until the new pod runs")
guess_3

# %%
node = lab.client.list("Pod", "default")[0]["spec"]["nodeName"]
cut = lab.now
lab.fail(node)
lab.run("7m")

# %%
from k8slab.objects import get_condition
seconds = lambda text: round(parse_rfc3339(text) - cut)
beat = seconds(lab.client.get("Lease", node, "kube-node-lease")["spec"]["renewTime"])
unknown = seconds(get_condition(lab.client.get("Node", node), "Ready")["lastTransitionTime"])
new = [pod for pod in lab.client.list("Pod", "default") if pod["spec"]["nodeName"] != node][0]
replaced = seconds(new["metadata"]["creationTimestamp"])
serves = seconds(get_condition(new, "Ready")["lastTransitionTime"])

# %%
print(f"{-beat:3} s before the cut: the last heartbeat")
print(f"{unknown:3} s after it: the Node is called unknown")
print(f"{replaced:3} s after it: the old pod is given up, a new one created")
print(f"{serves:3} s after it: the new one serves")
is_pod = replaced - unknown > unknown
guess_3.verdict("until the pod is given up" if is_pod else "until the Node is called unknown")

# %%
lab.timeline()

# %% [markdown] id="patience"
# Look at the lane of the kubelet: silence. Then, long after, the controllers. Most of the wait is **patience**, and
# patience is a choice. The Node might come back; a second copy costs, and a pod that moves for nothing costs, too. The
# control plane's share is a setting of the controller-manager, `--node-monitor-grace-period`. When it is over, the Node is
# tainted. The pod's own share stands in its manifest, as `tolerationSeconds`.
#
# ### Pull the lever
#
# Each move of the slider boots a cluster of its own, cuts the power of a Node and waits. How quick can it get, and what
# remains?

# %%
from ipywidgets import interact

def replaced_after(tolerance=300):
    trial = k8slab.Cluster(nodes=2)
    trial.apply(WEB.replace("tolerationSeconds: 300", f"tolerationSeconds: {tolerance}"))
    trial.settle()
    trial.fail(trial.client.list("Pod", "default")[0]["spec"]["nodeName"])
    began = trial.now
    trial.run_until_true(lambda: len(trial.client.list("Pod", "default")) > 1, "15m")
    print(f"tolerationSeconds: {tolerance:3}  a new pod after {trial.now - began:.0f} s")

interact(replaced_after, tolerance=(0, 600, 30));

# %%
lab.recover(node)
lab.run("1m")

# %% [markdown] id="silence"
# ## Silence is not death
#
# The tape further up has a gap now, as long as the power was off: that is all the API ever saw.
#
# This time the machine is well. Only its kubelet is stopped, and a minute later the Node is called unknown again.
#
# **Predict:** does the web server on this machine still answer?

# %%
guess_4 = lab.predict("yes", "no")
guess_4

# %%
pod = lab.client.list("Pod", "default")[0]
lab.cluster.stop_daemon(pod["spec"]["nodeName"], "kubelet")
lab.run("1m")

# %%
answer = lab.request(f"http://{pod['status']['podIP']}/", source="node-2")
answer

# %%
guess_4.verdict("yes" if answer.status == 200 else "no")

# %% [markdown] id="both"
# It serves, for containers run on without their kubelet, and yet the cluster believes it lost: from outside, a dead machine
# and a silent one look the same. When patience is over a second web server starts, while the first goes on. For a web
# server that is harmless. For a database it is not; a later notebook, about storage, returns to it.
#
# ### Repair it

# %%
lab.cluster.start_daemon(pod["spec"]["nodeName"], "kubelet")
lab.run("1m")

# %% [markdown] id="number"
# ## The number
#
# Seconds from the power cut to the replacement, for three kinds of patience. What remains at zero is the time in which
# the control plane is not sure yet.

# %%
for tolerance in (0, 60, 300):
    replaced_after(tolerance)
lab.score()

# %% [markdown] id="real"
# ## On a real cluster
#
# | here | on a real cluster |
# |---|---|
# | `lab.cluster.journalctl("node-1", "kubelet")` | `journalctl -u kubelet` on the machine |
# | `lab.cluster.write_file(…)` | a file in `/etc/kubernetes/manifests` of the machine |
# | `lab.tape("leases", …)` | `kubectl get leases -n kube-node-lease --field-selector metadata.name=node-2 --watch` |
# | `lab.fail(node)` | pull the plug |
# | `lab.cluster.stop_daemon(node, "kubelet")` | `systemctl stop kubelet` on the machine |

# %% [markdown] id="explain"
# ## What you can now explain
#
# - What a kubelet does by itself, and why it is a daemon of the operating system.
# - How long a dead Node goes unnoticed, and which two settings make up the wait.
# - Why a silent Node is not a dead one, and what the cluster does because it cannot tell.
#
# **Practise:** the exercise for this notebook is in preparation; until then:
# [build a mirror that never loses a pod](../exercises/02_watch_not_listen/exercise.ipynb).
# **Back:** [02 · Watch, not listen](02_watch_not_listen.ipynb).
# **Next:** [10 · Scheduling is a proposal](10_scheduling_is_a_proposal.ipynb).
