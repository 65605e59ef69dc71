# %% [markdown] id="title"
# # 02 · Watch, not listen
#
# **The question:** how does a component learn that something has changed, when nobody calls it and it must not ask all
# the time?
#
# A server *listens*: it has an address and waits for calls, and every caller has to know it. The parts of Kubernetes
# *watch*: they go to the API themselves, keep one request open, and are told. You will hold such a request in your own
# hands, compare it with polling, tear it, and mend it. It takes about 20 minutes.

# %%
import k8slab
lab = k8slab.Lab(nodes=3)

# %% [markdown] id="version"
# ## Every state has a number
#
# Each write to the cluster's store gets the next number, its revision. An answer of the API says at which number it
# was true: the **resourceVersion**.

# %%
pods = lab.client.list("Pod", "default")
len(pods), pods.resource_version

# %% [markdown] id="open"
# A **list** tells what there is at that moment. A **watch** from the same number tells everything that comes after it.
# Together they have no gap. This is the whole trick.

# %%
stream = lab.client.watch("Pod", "default", since=pods.resource_version)
stream.pull()

# %% [markdown] id="predict-messages"
# Nothing has happened yet, so nothing has come.
#
# **Predict:** you create one pod. How many messages about it arrive until it runs?

# %%
guess_1 = lab.predict(1, 2, 4)
guess_1

# %%
# %kubectl run web --image=nginx:1.27

# %%
messages = stream.pull()
for type_, pod in messages:
    version, node = pod["metadata"]["resourceVersion"], pod["spec"].get("nodeName")
    print(type_, version, pod["status"]["phase"], node)

# %%
guess_1.verdict(len(messages))

# %% [markdown] id="four"
# Created by you, bound by the scheduler, seen by the kubelet, running. Each message carries the *whole* object, with a
# number higher than the one before. The scheduler and the kubelet had such a stream open too, and that is how they came
# to act. `kubectl get pods --watch` opens one for you.

# %% [markdown] id="tape"
# ### A tape that runs along
#
# The lab can hold such a stream open and print it, with the requests behind it. It follows every cell from now on: come
# back to it after the next one. A BOOKMARK says that nothing new has come.

# %%
tape = lab.tape("pods", namespace="default")
tape

# %%
# %kubectl label pod web colour=blue

# %% [markdown] id="poll-or-watch"
# ## Polling or watching?
#
# Two observers want to know the phase of every pod. One asks each second, the other watches. For five virtual minutes
# they live side by side; in that time the pod gets another label three times.
#
# **Predict:** for each change, how many requests does the polling one need?

# %%
guess_2 = lab.predict(1, 10, 100)
guess_2

# %%
poll, watch = lab.meter(), lab.meter()
news = watch.watch("Pod", "default", since=watch.list("Pod", "default").resource_version)
for second in range(300):
    if second % 100 == 50:
        lab.kubectl(f"label pod web --overwrite beat={second}")
    lab.run("1s")
    poll.list("Pod", "default")
changes = len(news.pull())

# %%
print(f"poll:  {poll.requests} requests, {poll.received_bytes:,} bytes")
print(f"watch: {watch.requests} requests, {watch.received_bytes:,} bytes")
for each in (poll, watch):
    print(f"per change: {each.requests / changes:5.1f} requests, {each.received_bytes / changes:9,.0f} bytes")

# %%
guess_2.verdict(round(poll.requests / changes))

# %% [markdown] id="lever"
# ### Pull the lever
#
# Could one simply ask less often? Then the news is old. Move the sliders, seconds between two questions and changes an
# hour, and look for a setting in which polling is both cheap and quick. With a thousand pods, multiply its bytes by a
# thousand.

# %%
from ipywidgets import interact
one_list = poll.received_bytes / poll.requests
one_event = one_list  # a message carries the whole pod

@interact(every_s=(1, 120), changes=(1, 120))
def compare(every_s=10, changes=6):
    asked = 3600 / every_s
    kilobytes = asked * one_list / 1000
    print(f"poll:  {asked:5.0f} requests/h {kilobytes:9,.0f} kB/h, {every_s / 2:.1f} s late")
    print(f"watch:     0 requests/h {changes * one_event / 1000:9,.0f} kB/h, 0.0 s late")

# %% [markdown] id="cut"
# ## Break it: the line is torn
#
# Somebody trips over the cable. The tape above has a button for it, and a cell can do it as well. While the line is torn, two
# things change.

# %%
tape.tear()
for size in ("large", "small"):
    lab.kubectl(f"label pod web --overwrite size={size}")

# %%
tape.mend()
tape

# %% [markdown] id="behind"
# Nothing is lost. The tape came back with the last number it had seen, and the API told it all that came after, in order.
#
# ## Break it harder: the watcher that falls behind
#
# Now somebody closes the laptop. Four pods come and three go meanwhile, and the watcher comes back with its last number a
# quarter of an hour later.
#
# **Predict:** what does the API tell it?

# %%
guess_3 = lab.predict(
    "everything it has missed, in order", "only the newest state", "that it is too late")
guess_3

# %%
tape.tear()
for number in range(4):
    lab.kubectl(f"run guest-{number} --image=nginx:1.27")
lab.settle()
lab.kubectl("delete pod guest-0 guest-1 guest-2")
lab.run("15m")

# %%
tape.mend()
answers = [line.type for line in tape.lines][-4:]
tape

# %%
guess_3.verdict("that it is too late" if "ERROR" in answers else "everything it has missed, in order")

# %% [markdown] id="gone"
# **410 Gone**, for the reason `Expired`. The API server lets the store forget its history every five minutes, or it would grow for ever. Whoever
# comes too late is not served half of the story: it is told to start again.
#
# ## Mend it: list again
#
# The last lines of the tape are the repair, the same two steps as at the beginning. First **list**, then **watch** from
# there. What was missed is not replayed, and it does not matter: the list shows the state that all the missed messages led
# to. With your own hands:

# %%
pods = lab.client.list("Pod", "default")
stream = lab.client.watch("Pod", "default", since=pods.resource_version)
{pod["metadata"]["name"]: pod["status"]["phase"] for pod in pods}

# %% [markdown] id="level"
# This is why controllers are built to look at **states** and not at events. An event says "look here". What is to be
# done follows from what is there now. A component that loses a hundred events and then lists once has lost nothing.
# client-go, the library of all components, calls this list, watch, list-again machine a *reflector*. With the copy of the
# state that it keeps it is an *informer*.

# %% [markdown] id="number"
# ## The number
#
# What one change costs the one who polls, compared with the one who watches. Nearly all of its questions were answered with
# what it knew already.

# %%
print(f"{poll.requests / watch.requests:.0f} times the requests, "
      f"{poll.received_bytes / watch.received_bytes:.0f} times the bytes")

# %%
lab.score()

# %% [markdown] id="real"
# ## On a real cluster
#
# | here | on a real cluster |
# |---|---|
# | `lab.client.list("Pod", "default")` | `kubectl get --raw /api/v1/namespaces/default/pods` |
# | `lab.client.watch(…, since=n)` | `kubectl get --raw '/api/v1/namespaces/default/pods?watch=1&resourceVersion=n'` |
# | `%kubectl run web --image=nginx:1.27` | the same without the `%` |
#
# Real history lasts five to ten minutes, too. client-go ends each watch after about that time and opens the next at the last
# number, so that a real watch costs a handful of requests an hour. Since Kubernetes v1.35 it asks for both steps at once:
# a watch that begins with the list (`sendInitialEvents=true`).

# %% [markdown] id="explain"
# ## What you can now explain
#
# - Why no component of Kubernetes needs the address of another: each watches the API.
# - How list and watch with a resourceVersion leave no gap, and what 410 Gone asks you to do.
# - Why polling is either expensive or late, and what a watch costs instead.
#
# **Practise:** [build a mirror that never loses a pod](../exercises/02_watch_not_listen/exercise.ipynb).
# **Back:** [01 · Push or watch](01_push_or_watch.ipynb).
# **Next:** [06 · The kubelet speaks for its Node](06_kubelet_speaks_for_its_node.ipynb).
