// Shows a cluster graph and tells which thing of it a person chooses: by click, by Enter, by Space.
// Tab walks through the things; the focus and the choice survive every new picture.

const THINGS = "[data-object], g[data-key]";

function nameOf(thing) {
  return thing.dataset.object || `${thing.dataset.kind}/${thing.dataset.key}`;
}

function prepare(thing, chosen) {
  const name = nameOf(thing);
  const title = thing.querySelector(":scope > title");
  thing.setAttribute("tabindex", "0");
  thing.setAttribute("role", "button");
  thing.setAttribute("aria-label", title ? title.textContent : name);
  thing.setAttribute("aria-pressed", String(name === chosen));
  thing.classList.toggle("k8slab-chosen", name === chosen);
}

function render({ model, el }) {
  el.classList.add("k8slab-clickable");

  const things = () => [...el.querySelectorAll(THINGS)];

  const mark = () => things().forEach((thing) => prepare(thing, model.get("chosen")));

  const draw = () => {
    const focused = el.contains(document.activeElement) && document.activeElement.closest(THINGS);
    const name = focused && nameOf(focused);
    el.innerHTML = model.get("svg");
    const svg = el.querySelector("svg");
    if (svg) {
      svg.setAttribute("role", "group"); // an image would hide its parts from a screen reader
    }
    mark();
    if (name) {
      things().find((thing) => nameOf(thing) === name)?.focus({ preventScroll: true });
    }
  };

  const choose = (event) => {
    const thing = event.target.closest && event.target.closest(THINGS);
    if (!thing || !el.contains(thing) || model.get("is_locked")) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    model.set("chosen", nameOf(thing));
    model.save_changes();
  };

  const press = (event) => {
    if (event.key === "Enter" || event.key === " ") {
      choose(event);
    }
  };

  el.addEventListener("click", choose);
  el.addEventListener("keydown", press);
  model.on("change:svg", draw);
  model.on("change:chosen", mark);
  draw();
  return () => {
    el.removeEventListener("click", choose);
    el.removeEventListener("keydown", press);
    model.off("change:svg", draw);
    model.off("change:chosen", mark);
  };
}

export default { render };
