# %% [markdown] id="title"
# # 10 · Scheduling is a proposal
#
# **The question:** who decides where a pod runs, by which rules, and how final is that decision?
#
# The scheduler strikes out the machines that will not do, gives points to the others, and writes one name into the pod.
# It starts nothing itself. You will read its points, bend them, and see a proposal fail.
#
# *It takes about 25 minutes. [00 · The whole picture](00_the_whole_picture.ipynb) is all you need before.*

# %%
import k8slab
lab = k8slab.Lab(nodes=3)

# %% [markdown] id="zones"
# Each worker stands in a **zone** of its own; think of rooms with separate fuses. The zone is a *label* of the Node: a key
# with a value, by which anybody may select.

# %%
# %kubectl get nodes -L topology.kubernetes.io/zone

# %% [markdown] id="filter"
# ## First: where is it possible?
#
# This pod asks for half a CPU. The scheduler strikes out every Node that cannot take it. That is **filtering**.
#
# **Predict:** how many Nodes are left?

# %%
guess_1 = lab.predict(1, 3, 4)
guess_1

# %%
# %%manifest
apiVersion: v1
kind: Pod
metadata: {name: plain}
spec:
  containers: [{name: main, image: "nginx:1.27", resources: {requests: {cpu: 500m}}}]

# %%
lab.scheduling("plain")

# %%
guess_1.verdict(sum(node.fits for node in lab.scheduling("plain").attempt.verdicts))

# %% [markdown] id="score"
# Each row is a Node, each column a **plugin**: a small rule with an opinion. A row that is struck out names the rule that
# said no. The control plane carries a *taint*, a keep-out sign, and this pod has no pass.
#
# ## Then: where is it best?
#
# Every Node that is left gets points from every plugin, from 0 to 100, times the plugin's weight. That is **scoring**.
# The highest total wins; between equals the scheduler draws lots. What the columns ask:
#
# - `NodeResourcesFit`: how much room would be left? `…BalancedAllocation`: would CPU and memory fill up alike?
# - `TaintToleration`: are there milder warning signs? `ImageLocality`: is a big image there already?
#
# ## "A if possible, else B"
#
# A pod may have a wish. `preferred…` adds points (plugin `NodeAffinity`) and strikes nobody out.
#
# **Predict:** this pod would like zone-a. Where does it go?

# %%
guess_2 = lab.predict(kind="place", of="Node")
guess_2

# %%
WISH = """
apiVersion: v1
kind: Pod
metadata: {name: wish}
spec:
  affinity:
    nodeAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
      - {weight: 50, preference: {matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [zone-a]}]}}
  containers: [{name: main, image: "nginx:1.27", resources: {requests: {cpu: 500m}}}]
"""
lab.apply(WISH)

# %%
guess_2.verdict(lab.scheduling("wish").attempt.node)

# %% [markdown] id="else"
# The same wish again, while zone-a is closed: `cordon` marks a Node, so that no new pod goes there.

# %%
# %kubectl cordon node-1
lab.apply(WISH.replace("name: wish", "name: otherwise"))

# %%
# %kubectl uncordon node-1
lab.scheduling("otherwise")

# %% [markdown] id="must"
# Zone-a was not possible, so the pod went elsewhere, at once and without complaint. That makes it a wish.
#
# ## A condition is no wish
#
# A `nodeSelector` is a filter, and so is `required…` in the place of `preferred…`. This pod insists on a Node with the label
# `disk: nvme`, and there is none.
#
# **Predict:** what becomes of it?

# %%
guess_3 = lab.predict(
    "the API refuses it", "it waits", "it fails", "it goes to the best Node all the same")
guess_3

# %%
# %%manifest
apiVersion: v1
kind: Pod
metadata: {name: must}
spec:
  nodeSelector: {disk: nvme}
  containers: [{name: main, image: "nginx:1.27"}]

# %%
# %kubectl events --for pod/must
placed = lab.scheduling("must", attempt=1).attempt.node
guess_3.verdict("it goes to the best Node all the same" if placed else "it waits")

# %% [markdown] id="repair-must"
# Look for this event on a real cluster: it counts the Nodes by the reason that struck them out. (The end of the sentence
# says that nothing could make way for it either; more of that below.) The pod waits in the scheduler's queue. Give it what
# it waits for:

# %%
# %kubectl label node node-3 disk=nvme
lab.settle()
lab.scheduling("must")

# %% [markdown] id="ignored"
# The scheduler was watching, saw a label that could help, and tried once more. It only looks at pods
# that wait: take the label away now, and the pod stays. That is what `IgnoredDuringExecution` means.
#
# ### Pull the lever: two wishes compete
#
# A pod would like zone-a, which is node-1, and an SSD, which only node-2 has. `zone_a` is the weight of the first wish; that
# of the other stays 50. Another pod occupies some of node-1 (`occupied`, in thousandths of a CPU). Each move of a slider
# asks a scheduler on a cluster of its own.
#
# When does node-1 lose? And why does node-2 lose points when only the *other* wish grows?

# %%
LATE = """
apiVersion: v1
kind: Pod
metadata: {name: late}
spec:
  nodeSelector: {topology.kubernetes.io/zone: zone-a}
  containers: [{name: main, image: "nginx:1.27"}]
"""

# %%
from ipywidgets import interact
from k8slab.view.scheduling import scheduling
SSD = "      - {weight: 50, preference: {matchExpressions: [{key: disk, operator: In, values: [ssd]}]}}\n  containers:"

@interact(zone_a=(10, 100, 10), occupied=(0, 3500, 500))
def compete(zone_a=60, occupied=0):
    trial = k8slab.Cluster(nodes=3)
    trial.kubectl("label node node-2 disk=ssd")
    trial.apply(LATE.replace("late", "full").replace("}]", f", resources: {{requests: {{cpu: {occupied}m}}}}}}]"))
    trial.settle()
    trial.apply(WISH.replace("weight: 50", f"weight: {zone_a}").replace("  containers:", SSD))
    trial.settle()
    return scheduling(trial.client, "wish", lang=lab.lang)

# %% [markdown] id="break"
# Wishes are measured against each other: the Node that fulfils most gets the full 100, the others their part. Room decides
# between wishes that are nearly equal. A strong one outweighs it, until there is no room. Then the filter speaks.
#
# ## Break it: a Node that dies between choice and start
#
# The scheduler knows a Node by what its kubelet last reported. Stop that of node-1, and order a pod for zone-a at once.
#
# **Predict:** a few seconds later, where is the pod?

# %%
guess_4 = lab.predict("it waits, without a Node", "on node-1, not started", "it runs on another Node")
guess_4

# %%
lab.cluster.stop_daemon("node-1", "kubelet")
lab.apply(LATE)
lab.run("5s")
# %kubectl get pods -o custom-columns=POD:.metadata.name,PHASE:.status.phase,NODE:.spec.nodeName
late = lab.client.get("Pod", "late", "default")

# %%
is_waiting = late["status"]["phase"] == "Pending"
assigned = "on node-1, not started" if is_waiting else "it runs on another Node"
guess_4.verdict(assigned if "nodeName" in late["spec"] else "it waits, without a Node")

# %% [markdown] id="proposal"
# Here is the proposal. The scheduler had `nodeName: node-1` written, which is called **binding**, and went on to other
# things. Only a kubelet can make it come true. This one is silent; another might have refused the pod.
#
# It is often said that the scheduler assigns, but does not confirm. That is so: until the binding is written it can drop its
# choice, and afterwards it never looks back. But nobody else takes a binding back either. A pod is never moved, only
# deleted, and another one made in its place.
#
# How long until somebody notices?

# %%
lab.run("7m")

# %% [markdown] id="who-repairs"
# The node-controller called the Node `NotReady`, and when the pods' patience was over, they were marked for deletion. One
# of them, of `coredns`, has an owner, which made another (open the folded `kube-system`). `late` has no owner, and nobody makes it again. That is
# why pods are left to Deployments.
#
# ### Repair it
#
# Start the kubelet, and make the pod once more.

# %%
lab.cluster.start_daemon("node-1", "kubelet")
lab.run("1m")
lab.apply(LATE)
lab.run("5s")

# %% [markdown] id="preempt"
# ## When everything is full
#
# A batch job takes almost all CPUs there are. Then a pod arrives that matters more. How much is a number, to which a
# **PriorityClass** gives a name; without one it is 0.

# %%
# %%manifest
apiVersion: apps/v1
kind: Deployment
metadata: {name: batch}
spec: {replicas: 6, selector: {matchLabels: {app: batch}}, template: {metadata: {labels: {app: batch}}, spec: {
  containers: [{name: main, image: "nginx:1.27", resources: {requests: {cpu: 1700m}}}]}}}
---
{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: urgent}, value: 1000}

# %% [markdown] id="predict-urgent"
# **Predict:** two CPUs are wanted, and no Node has them. What becomes of the pod `urgent`?

# %%
guess_5 = lab.predict(
    "it waits until a batch pod ends", "every batch pod has to go", "one batch pod has to go")
guess_5

# %%
# %%manifest
apiVersion: v1
kind: Pod
metadata: {name: urgent}
spec:
  priorityClassName: urgent
  containers: [{name: main, image: "nginx:1.27", resources: {requests: {cpu: "2"}}}]

# %%
batch = lab.client.list("Pod", "default", labels="app=batch")
waiting = [pod for pod in batch if "nodeName" not in pod["spec"]]
gone = {0: "it waits until a batch pod ends", 1: "one batch pod has to go"}
guess_5.verdict(gone.get(len(waiting), "every batch pod has to go"))

# %%
lab.scheduling("urgent", attempt=1)

# %% [markdown] id="preempted"
# This was the first attempt. Nothing was free, so the scheduler asked a third question: **whose eviction would help?** That
# is *preemption*. It looked for the Node where the fewest and least important pods would have to go, *nominated* it, had
# them deleted, and tried again. Again a proposal in steps, each a write that others see.

# %% [markdown] id="number"
# ## The number
#
# The points of every Node, and why the losers lost: a word means struck out, a number means beaten.

# %%
for pod in ("plain", "wish", "otherwise", "must"):
    attempt = lab.scheduling(pod).attempt
    for node in attempt.verdicts:
        mark = "★" if node.node == attempt.node else " "
        result = node.total or ", ".join(node.reasons)
        print(f"{pod:10}{mark} {node.node:14}", result or "the only one left")
lab.score()

# %% [markdown] id="real"
# ## On a real cluster
#
# | here | on a real cluster |
# |---|---|
# | `%%manifest`, `lab.apply(WISH)` | `kubectl apply -f pod.yaml` |
# | `lab.scheduling("must")` | `kubectl describe pod must`: its Events tell the reasons, the points stay inside the scheduler |
# | `lab.cluster.stop_daemon("node-1", "kubelet")` | `systemctl stop kubelet` on the machine |

# %% [markdown] id="explain"
# ## What you can now explain
#
# - How a Node is chosen: filters strike out, plugins give points, the highest total gets the pod.
# - The difference between a wish and a condition, and what the sentence "0/4 nodes are available" counts.
# - Why a binding is a proposal that only a kubelet can fulfil, and what happens when it does not.
#
# **Practise:** the exercise for this notebook is in preparation; until then:
# [build a mirror that never loses a pod](../exercises/02_watch_not_listen/exercise.ipynb).
# **Back:** [06 · The kubelet speaks for its Node](06_kubelet_speaks_for_its_node.ipynb).
# **Next:** [14 · The proxy meets the users](14_the_proxy_meets_the_users.ipynb).
