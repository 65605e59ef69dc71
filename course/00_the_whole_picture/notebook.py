# %% [markdown] id="title"
# # 00 · The whole picture
#
# **The question:** what is a Kubernetes cluster made of, and who does what when something in it dies?
#
# **Kubernetes** runs programs on many machines as if they were one, and keeps them running. You will boot a cluster
# here, give it one order, break it twice and watch it repair itself. It is a small engine that behaves as
# Kubernetes v1.37 does; its time is virtual, minutes pass in milliseconds.
#
# *Run the cells one by one with Shift+Enter. It takes about 20 minutes.*

# %% [markdown] id="boot"
# ## A cluster in one line
#
# Four machines start: one for the control plane, three for work. A picture follows every cell that changes something.

# %%
import k8slab
lab = k8slab.Lab(nodes=3)

# %% [markdown] id="reading"
# From top to bottom:
#
# - **you** talk to the **control plane**: `etcd` remembers, the `api-server` (the **API**) alone may speak with it,
#   the `controller-manager` compares what is with what is wanted, the `scheduler` proposes places;
# - **what is wanted** stands below it, and beside it the pods without a place; nothing yet. A **pod** is the smallest
#   thing that runs here: one or a few programs, each in a **container**, that live and die together;
# - the **nodes** are machines with a `kubelet` on each, which runs pods and reports on its machine. A **zone** is a room
#   with its own fuse;
# - at the bottom are the **users**. They meet `kube-proxy`, and never a pod by its address.
#
# The cluster's own helpers are folded: `coredns 2/2` says that both pods of its name server are ready, `kube-proxy 4/4`
# that every machine has one. The bars show what pods asked for, and what they use. Rest the pointer on
# anything to learn more.
#
# People talk to it with the command `kubectl`:

# %%
# %kubectl get nodes

# %%
# %kubectl get pods -n kube-system -o custom-columns=POD:.metadata.name,NODE:.spec.nodeName

# %% [markdown] id="itself"
# `kube-system` is a **namespace**, a drawer, here for the cluster's own things. In it are the folded pods, and more:
# `etcd`, `kube-apiserver`, `kube-controller-manager` and `kube-scheduler` are **pods themselves**, on the machine they
# rule. It is often said that the overview is itself a cluster, and here you see why: Kubernetes runs on Kubernetes. Only
# the kubelet stands outside, as a service of the operating system, for somebody has to start the first pod.
#
# ## One order
#
# A **manifest** says what you want, not what is to be done. This one, a **Deployment**, wants three web servers: pods
# started from the **image** (a packed program) `nginx`. Their **label**, `app: web`, is the tag by which it finds them.
#
# **Predict:** you will write one object, the Deployment. How many different components write something before three
# pods run?

# %%
guess_1 = lab.predict(1, 3, "5 or more")
guess_1

# %%
# %%manifest
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: nginx, image: "nginx:1.27"}]

# %% [markdown] id="diff"
# Below the graph stands the **state diff**: every object that changed, field by field, and *who wrote it*. You wrote a
# single Deployment; the rest are answers to what others saw. (The pen `✎` in the picture counts
# **Events** too, notes for people.)

# %%
writers = lab.last.diff.writers
writers

# %%
guess_1.verdict(len(writers) if len(writers) < 5 else "5 or more")

# %% [markdown] id="nobody-called"
# Nobody called anybody. The Deployment controller saw a Deployment without a **ReplicaSet**, which keeps a number of
# equal pods, and made one. The ReplicaSet controller saw too few pods and made three. (All controllers live in the
# `controller-manager`.) The scheduler saw pods without a node and proposed one for each. Three kubelets saw pods with
# their own node's name and started them. Each of them **watches the API** and takes one step.
#
# ## A name for the users
#
# Pods come and go with their addresses. A **Service** is a name that stays.

# %%
# %kubectl expose deployment web --port=80

# %%
lab.path("http://web/")

# %% [markdown] id="hops"
# One request, hop by hop: the cluster's DNS turns the name into an address that belongs to no machine, the rules that
# `kube-proxy` wrote on the node turn that address into one of three pods, and the pod answers `200`: all is well. The pod
# does the serving; the proxy only knows who does the same job.
#
# ## Break it: kill a pod
#
# **Predict:** a pod is deleted. Who makes the new one?

# %%
guess_2 = lab.predict(
    "the Deployment controller", "the ReplicaSet controller", "the scheduler", "a kubelet")
guess_2

# %%
lab.controls()

# %% [markdown] id="click"
# Choose a pod and press **Kill pod**: the picture shows what follows. The next cell does the same as on a real cluster.

# %%
victim = lab.client.list("Pod", "default")[0]["metadata"]["name"]
# %kubectl delete pod {victim}

# %%
newest = max(lab.client.list("Pod", "default"), key=lambda pod: pod["metadata"]["creationTimestamp"])
owner = newest["metadata"]["ownerReferences"][0]["kind"]
guess_2.verdict(f"the {owner} controller")

# %% [markdown] id="order-of-reactions"
# **You** marked the pod as leaving, its **kubelet** stopped it, the **endpointslice-controller** took it from the
# Service, the **replicaset-controller** found two where three are wanted and created one, the **scheduler** bound it to
# a node, a **kubelet** ran it, the **deployment-controller** counted. The number of this notebook: how many parts
# reacted, and in how many writes.

# %%
parts = lab.last.diff.writers
print(f"{len(parts) - 1} parts reacted to you, in {sum(parts.values()) - parts['you']} writes")

# %% [markdown] id="why"
# Ask any object why it is there, and the answer is a chain: each saw something, and wrote something that others saw.
# This is the new pod (the scheduler's points are the subject of [10](10_scheduling_is_a_proposal.ipynb)):

# %%
lab.why(f"pod/{newest['metadata']['name']}")

# %% [markdown] id="power"
# ## Break it harder: cut the power
#
# A deleted pod is an announcement. A power cut is silence.
#
# **Predict:** how many seconds pass until the pods of the dead node are replaced elsewhere?

# %%
guess_3 = lab.predict(5, 50, 350)
guess_3

# %%
node = lab.client.list("Pod", "default")[0]["spec"]["nodeName"]
lab.fail(node)
cut = lab.now

# %% [markdown] id="still-green"
# The machine is off, and the picture is as before: it shows what the API *knows*. Let seven minutes pass.

# %%
lab.run("7m")

# %%
from k8slab.objects import parse_rfc3339
created = [pod["metadata"]["creationTimestamp"] for pod in lab.client.list("Pod", "default")]
replaced = max(map(parse_rfc3339, created)) - cut
guess_3.verdict(min(5, 50, 350, key=lambda seconds: abs(seconds - replaced)))

# %% [markdown] id="why-so-long"
# Read the diff as a story:
#
# 1. The **Lease** of the node, its heartbeat, is no longer renewed. Nobody writes that nothing was written.
# 2. After a while without news the **node-controller** sets `Ready` to `Unknown` and **taints** the node: keep out.
# 3. Every pod tolerates such a taint for a while, in case the node comes back. Then it is deleted.
# 4. The **replicaset-controller** creates new pods, and the scheduler finds them a place **elsewhere**.
#
# The old pods stay *terminating*: only their own kubelet could confirm their end. That is why `coredns` and the Service
# count one too many. `kube-proxy` is not replaced: each belongs to its machine. The patience that every pod gets:

# %%
newest["spec"]["tolerations"]

# %% [markdown] id="time-line"
# As a **time line**, a lane for each component. (*Refused* are questions for what is not there, and writes on top of
# an old state: the sender looks again.) Drag *Moment* to see any moment of the past.

# %%
lab.timeline()

# %% [markdown] id="back-to-now"
# Long silence, then everything at once: most of the wait is patience, not work.
#
# ## Repair it
#
# Give the machine its power back.

# %%
lab.recover(node)
lab.run("1m")

# %% [markdown] id="repaired"
# Its kubelet reports, the taints go, the leftovers too. The new pods stay: Kubernetes moves nothing that runs well.

# %%
# %kubectl get pods -o custom-columns=POD:.metadata.name,NODE:.spec.nodeName

# %%
lab.score()

# %% [markdown] id="real"
# ## On a real cluster
#
# `%kubectl` lines work there without the `%`. The others:
#
# | here | on a real cluster |
# |---|---|
# | `%%manifest` | `kubectl apply -f web.yaml` |
# | `lab.path("http://web/")` | `kubectl run tmp --rm -it --image=busybox -- wget -qO- http://web/` |
# | `lab.fail("node-1")` | switch a machine off, wait six minutes |

# %% [markdown] id="explain"
# ## What you can now explain
#
# - Which parts a cluster has, and that they meet nowhere but at the API.
# - Why a deleted pod is replaced within seconds, and the pods of a dead node only after almost six minutes.
# - Who does the work after your order: you declare, controllers compare, the scheduler proposes, kubelets run.
#
# **Practise:** the first exercise follows in 02:
# [build a mirror that never loses a pod](../exercises/02_watch_not_listen/exercise.ipynb).
# **Next:** [01 · Push or watch](01_push_or_watch.ipynb). **Overview:** [the map of the course](index.ipynb).
