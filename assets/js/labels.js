// Labels as chips over a text box out of sight, one label a line: typed, pasted, removed by a click or by Backspace.
window.modeldeck = window.modeldeck || {};

(() => {
  const boxes = {}; // name -> the chips' box
  const store = (name) => document.querySelector(`#${name} textarea`);
  const lines = (value) => (value || "").split("\n").map((line) => line.replace(/\s+/g, " ").trim()).filter(Boolean);
  const same = (one, other) => one.toLowerCase() === other.toLowerCase();

  const draw = (name, value) => {
    const list = boxes[name]?.querySelector("[data-chips]");
    if (!list) return;
    list.replaceChildren(...lines(value).map((label) => {
      const chip = document.createElement("li");
      const remove = document.createElement("button");
      const text = document.createElement("span");
      text.textContent = label;
      text.dir = "auto";
      remove.type = "button";
      remove.textContent = "\u00d7";
      remove.dataset.remove = label;
      remove.setAttribute("aria-label", `Remove ${label}`);
      chip.append(text, remove);
      return chip;
    }));
  };

  const write = (name, labels, told) => {
    const text = store(name);
    text.value = labels.join("\n");
    text.dispatchEvent(new Event("input", { bubbles: true }));
    draw(name, text.value);
    boxes[name].querySelector("[aria-live]").textContent = told;
  };

  const add = (name, typed) => {
    const labels = lines(store(name).value);
    const fresh = [];
    for (const label of lines(typed.replace(/[,;\t\r]/g, "\n"))) {
      if (![...labels, ...fresh].some((known) => same(known, label))) fresh.push(label);
    }
    if (fresh.length) write(name, [...labels, ...fresh], `Added ${fresh.join(", ")}`);
  };

  const remove = (name, label) =>
    write(name, lines(store(name).value).filter((known) => known !== label), `Removed ${label}`);

  const take = (name, input) => {
    const typed = input.value;
    input.value = "";
    add(name, typed);
  };

  const onKey = (name, input, event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      take(name, input);
      if (!event.ctrlKey && !event.metaKey) event.preventDefault();
    } else if (event.key === "Backspace" && !input.value) {
      const labels = lines(store(name).value);
      if (labels.length) remove(name, labels.at(-1));
    }
  };

  window.modeldeck.drawLabels = draw;

  window.modeldeck.labelBox = (element, name) => {
    const input = element.querySelector("input");
    boxes[name] = element;
    input.addEventListener("keydown", (event) => onKey(name, input, event));
    input.addEventListener("blur", () => take(name, input));
    // a comma of a phone's keyboard comes as text only, and so does what is pasted
    input.addEventListener("input", (event) => {
      if (!event.isComposing && /[,;\t]/.test(input.value)) take(name, input);
    });
    input.addEventListener("paste", (event) => {
      const pasted = event.clipboardData.getData("text");
      if (!/[\n,;\t]/.test(pasted)) return;
      event.preventDefault();
      add(name, input.value + pasted);
      input.value = "";
    });
    element.addEventListener("click", (event) => {
      const label = event.target.closest("[data-remove]")?.dataset.remove;
      if (label !== undefined) remove(name, label);
      if (label !== undefined || event.target.closest(".md-labels-field")) input.focus();
    });
    const ready = () => (store(name) ? draw(name, store(name).value) : requestAnimationFrame(ready));
    ready();
  };
})();
