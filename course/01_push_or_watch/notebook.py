# %% [markdown] id="title"
# # 01 · Push or watch
#
# **The question:** a script can install a server on a hundred machines, so why does Kubernetes go on watching afterwards?
#
# The same chat server runs in two ways: pushed to a machine by a playbook, as Ansible does it, and wanted by a Deployment.
# It has a flaw and will die. You compare who notices, when, and what they know.
#
# *It takes about 20 minutes. Before it: [00 · The whole picture](00_the_whole_picture.ipynb).*

# %%
import k8slab
lab = k8slab.Lab(nodes=2)
lab.cluster.add_vm("vm-1")

# %% [markdown] id="machines"
# Besides the cluster there is a plain machine now, `vm-1`. No kubelet runs on it, so it is no Node and not in the picture:
# the API knows nothing of it.
#
# ## A server with a flaw
#
# Here is all that this chat server does: it asks for more and more memory, and after 35 minutes it gives up. Both sides
# will start it from the same image.

# %%
from k8slab.world.images import Behaviour

class Chat(Behaviour):
    def start(self):
        self.use(memory_bytes=50_000_000, leak_bytes_per_s=100_000)
        self.call_later(35 * 60, self.exit, 1, "no memory left")

lab.cluster.image("shop/chat", Chat)

# %% [markdown] id="push"
# ## Push
#
# A **playbook** lists tasks. A control machine logs in, does them one after the other, notes how each ended, and leaves.
# Ansible accepts this one as it stands.

# %%
PLAYBOOK = """
- name: Chat
  hosts: vm-1
  tasks:
  - {name: the chat server runs, docker_container: {name: chat, image: "shop/chat:1"}}
"""

# %%
began = lab.now
runs = [lab.cluster.playbook(PLAYBOOK)]
print(runs[0].output)

# %% [markdown] id="words"
# For each task and machine it learns one word: `ok` (was so already), `changed` (made so), `failed` or `unreachable`.
# (*Gathering Facts* is Ansible's own first look at the machine.) It learns it while it is there. A minute later it knows
# nothing any more.
#
# ## Watch
#
# The same server, as something that is wanted.

# %%
# %%manifest
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat}
spec:
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: chat}}
    spec:
      containers: [{name: chat, image: "shop/chat:1"}]

# %% [markdown] id="reports"
# ## The last reports before a death
#
# From now on the kubelet reports. Note what it says about the pod's memory, every five minutes for half an hour.

# %%
from k8slab.objects import parse_quantity

for _ in range(6):
    lab.run("5m")
    usage = lab.client.list("PodMetrics", "default")[0]["containers"][0]["usage"]["memory"]
    megabytes = parse_quantity(usage) // 1_000_000
    print(f"{(lab.now - began) / 60:3.0f} min  {'#' * (megabytes // 5)} {megabytes} MB")

# %% [markdown] id="coming"
# Nobody has died yet, and everybody who reads this can see it coming: an alarm, an autoscaler, a person. (In the cluster
# itself nothing has changed, so the picture is folded; a click opens it.)
#
# The playbook is run every half hour, and the half hour is over. Both servers have five minutes to live.
#
# **Predict:** what does the playbook say?

# %%
guess_1 = lab.predict("changed", "ok", "failed")
guess_1

# %%
runs.append(lab.cluster.playbook(PLAYBOOK))
print(runs[-1].output)

# %%
guess_1.verdict(runs[1].reports[-1].status)

# %% [markdown] id="death"
# True, and of no use: `ok` means that it ran at that moment. How full its memory was, no task has asked.
#
# ## Both die
#
# **Predict:** how long until the Deployment's server runs again?

# %%
guess_2 = lab.predict("about a second", "about a minute", "about half an hour")
guess_2

# %%
died = began + 35 * 60
lab.cluster.run_until(died + 60)

# %%
chat = lab.client.list("Pod", "default")[0]["status"]["containerStatuses"][0]
last = chat["lastState"]["terminated"]
last["finishedAt"], last["exitCode"], last["message"], chat["state"]["running"]["startedAt"]

# %%
from k8slab.objects import parse_rfc3339
watched = parse_rfc3339(chat["state"]["running"]["startedAt"]) - parse_rfc3339(last["finishedAt"])
guess_2.verdict("about a second" if watched < 10 else "about a minute")

# %% [markdown] id="why-known"
# The kubelet noted the **last state** of the container, and `kubectl describe pod` shows it, too: when the process ended,
# with which exit code, with which last words. The last of the four values is the new start. The pod stayed where it was
# (`↻1` in the picture: restarted once), and no other component had to act.
#
# Now the other side. Another half hour is over, and the playbook runs again.

# %%
lab.cluster.run_until(began + 60 * 60)
runs.append(lab.cluster.playbook(PLAYBOOK))
print(runs[-1].output)

# %%
pushed = runs[-1].reports[-1].at - died
print(f"{pushed / 60:.0f} minutes after the death, the word is: {runs[-1].reports[-1].status}")

# %% [markdown] id="changed"
# `changed`. The server runs again, and the word does not say that it was dead, since when, or why. That is not a weakness
# of this tool. It was asked to *do* something, and it reports on what it did.

# %% [markdown] id="power"
# ## Break it harder: the power goes, on both sides

# %%
node = lab.client.list("Pod", "default")[0]["spec"]["nodeName"]
lab.fail("vm-1")
lab.fail(node)
cut = lab.now

# %%
runs.append(lab.cluster.playbook(PLAYBOOK))
print(runs[-1].output)

# %% [markdown] id="predict-power"
# This time it noticed, because it happened to run: `unreachable`. It can say so, and it has nowhere else to go.
#
# **Predict:** the cluster waits before it gives a silent Node up. Where does the chat server run in seven minutes?

# %%
guess_3 = lab.predict("nowhere", "on the other Node", "on vm-1")
guess_3

# %%
lab.run("7m")

# %%
pods = lab.client.list("Pod", "default")
elsewhere = [pod for pod in pods if pod["spec"]["nodeName"] != node]
guess_3.verdict("on the other Node" if elsewhere else "nowhere")

# %% [markdown] id="one-line"
# Both sides on one time line. In the lowest lane stand what you broke and the runs of the playbook: it is there for a
# moment every half hour. The kubelets report all along. Drag *Moment* back to any mark.

# %%
lab.timeline()

# %% [markdown] id="repair"
# ### Repair it
#
# Power for both machines. The cluster tidies up by itself. On `vm-1` nobody starts anything before the next run.

# %%
lab.recover("vm-1")
lab.recover(node)
lab.run("1m")

# %% [markdown] id="race"
# ## A race
#
# Could the playbook simply run more often? Move the slider. Each time a chat server is pushed to a machine of its own,
# dies, and waits for the next run.

# %%
from ipywidgets import interact

def push_again(every_min=30):
    trial = k8slab.Cluster(nodes=0)
    trial.add_vm("vm-1")
    trial.image("shop/chat", Chat)
    start = trial.now
    rounds = [trial.playbook(PLAYBOOK)]
    while rounds[-1].reports[-1].status == "ok" or len(rounds) == 1:
        trial.run_until(start + len(rounds) * every_min * 60)
        rounds.append(trial.playbook(PLAYBOOK))
    late = rounds[-1].reports[-1].at - start - 35 * 60
    print(f"repaired after {late:.0f} s, with {60 / every_min:.0f} logins an hour on each machine")

# %%
interact(push_again, every_min=(2, 60));

# %% [markdown] id="number"
# ## The number
#
# Seconds from the death of the server until it ran again, for both. The first depends on when the next run happens to
# come, the second on nothing but the kubelet of its own machine. And no number shows what was known.

# %%
print(f"push:  {pushed:6.0f} s, known: {runs[2].reports[-1].status}")
print(f"watch: {watched + 1:6.0f} s at most, known: exit code {last['exitCode']}, {last['message']!r},")
print("       and its memory all along")

# %%
lab.score()

# %% [markdown] id="real"
# ## On a real cluster
#
# | here | in the real world |
# |---|---|
# | `lab.cluster.playbook(PLAYBOOK)` | `ansible-playbook chat.yaml` |
# | `lab.client.list("PodMetrics", …)` | `kubectl top pod`, with metrics-server installed |
# | `lab.fail(node)` | pull the plug |
#
# Both have their place: many a cluster's machines are set up by a playbook, and Kubernetes takes over from there.

# %% [markdown] id="explain"
# ## What you can now explain
#
# - What a push tool knows, and why it cannot know more.
# - Why a server that is reported on can be helped before it dies, and is repaired at once after.
# - Why running the playbook more often is no watching.
#
# **Practise:** the exercise for this notebook is in preparation; until then:
# [build a mirror that never loses a pod](../exercises/02_watch_not_listen/exercise.ipynb).
# **Back:** [00 · The whole picture](00_the_whole_picture.ipynb).
# **Next:** [02 · Watch, not listen](02_watch_not_listen.ipynb).
