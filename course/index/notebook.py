# %% [markdown] id="title"
# # k8slab: Kubernetes you can take apart
#
# **[한국어](ko/index.ipynb)**
#
# Every notebook of this course boots a cluster of its own, right here. You predict, run, look, break it, and repair it.
# It is a small engine that behaves as Kubernetes v1.37 does: what you learn here holds on a real cluster tomorrow.
#
# Run the cell below (Shift+Enter) for the map. A box stands below what it builds on; a click opens it.

# %%
import k8slab
k8slab.Course()

# %% [markdown] id="how"
# ## How a notebook works
#
# - **Predict first.** Before a cell that shows something new you commit to an answer. Being wrong is the quickest way to
#   learn; nobody sees your score but you.
# - **Look.** After a cell that changed the cluster comes its picture, and below it everything that changed, with the name
#   of who wrote it.
# - **Break it.** No harm is done: `lab.reset()` starts over, and time is virtual, so that minutes pass in a moment.
# - **Take it home.** Each notebook ends with the `kubectl` lines that do the same on a real cluster.
#
# New here? Begin with [00 · The whole picture](00_the_whole_picture.ipynb).

# %% [markdown] id="progress"
# ## What you have done so far
#
# When you reach the end of a notebook, its score goes into a small file in your home directory, `~/.k8slab/progress.json`.
# The map reads it. To forget everything, delete the file.
