// Chat tab: what is clicked in a conversation, and the rivals of the token that is pointed at.
// Everything shown comes from attributes and is set as text.
window.modeldeck = window.modeldeck || {};

// What a button does -> the event of the component that the server listens to.
const MODELDECK_ACTS = { edit: "edit", retry: "retry", undo: "undo", keep: "clear", goon: "submit", pick: "select" };

// Buttons of turns and of likely tokens ask the server; Copy does its work here.
window.modeldeck.turns = (element, trigger) => {
  element.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-act], button[data-copy]");
    if (!button || button.disabled) return;
    if (button.dataset.act) {
      trigger(MODELDECK_ACTS[button.dataset.act], { turn: Number(button.dataset.turn ?? 0), piece: button.dataset.piece ?? "" });
      return;
    }
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    } catch {
      button.textContent = "No access to the clipboard";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
};

// The conversation as a Markdown file, made in the browser: nothing of it goes anywhere.
window.modeldeck.saveTalk = (system, talk) => {
  const button = document.getElementById("save-conversation");
  const turns = talk ? JSON.parse(talk) : [];
  if (!turns.length) {
    button.dataset.label = button.dataset.label || button.textContent;
    button.textContent = "Nothing said yet";
    setTimeout(() => { button.textContent = button.dataset.label; }, 2000);
    return;
  }
  const names = { system: "System", user: "You", assistant: "Model" };
  const all = system.trim() ? [{ role: "system", content: system }, ...turns] : turns;
  const text = all.map(({ role, content }) => `## ${names[role]}\n\n${content.trim()}\n`).join("\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
  link.download = "conversation.md";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};

(() => {
  const MARKED = "md-marked";
  const read = new WeakMap();

  const stepsOf = (box) => {
    if (!read.has(box)) read.set(box, JSON.parse(box.dataset.steps));
    return read.get(box);
  };

  const percent = (p) => (p === 0 ? "0 %" : p < 0.0005 ? "< 0.1 %" : `${(100 * p).toFixed(1)} %`);
  const seen = (piece) => piece.replaceAll(" ", "\u00b7").replaceAll("\n", "\u21b5").replaceAll("\t", "\u21e5") || "(empty)";

  function cell(tag, text, kind) {
    const node = document.createElement(tag);
    node.textContent = text;
    if (kind) node.className = kind;
    return node;
  }

  function share(p) {
    const node = cell("td", percent(p), "md-share");
    node.style.setProperty("--share", p);
    return node;
  }

  function table(rivals) {
    const whole = document.createElement("table");
    const head = whole.createTHead().insertRow();
    ["token", "model", "after the sampler"].forEach((name) => head.append(cell("th", name)));
    const body = whole.createTBody();
    for (const [piece, id, before, after, came] of rivals) {
      const row = body.insertRow();
      if (came) row.className = "md-came";
      const name = cell("th", seen(piece));
      name.scope = "row";
      name.title = `id ${id}`;
      row.append(name, share(before), share(after));
    }
    return whole;
  }

  function show(box, place) {
    const [rank, rivals] = stepsOf(box)[place];
    box.querySelectorAll("." + MARKED).forEach((node) => node.classList.remove(MARKED));
    box.querySelector(`[data-t="${place}"]`).classList.add(MARKED);
    const detail = box.parentElement.querySelector(".md-likely-detail");
    const came = rivals.find((rival) => rival[4]);
    const line = cell("p", `Token ${place + 1}: \u201c${seen(came[0])}\u201d was ${rank === 1 ? "the likeliest" : `number ${rank} by likelihood`}, ${percent(came[2])}.`, "md-note");
    const frame = document.createElement("div");
    frame.className = "md-table";
    frame.append(table(rivals));
    detail.replaceChildren(line, frame);
  }

  const tokenOf = (event) => (event.target instanceof Element ? event.target.closest(".md-likely-text [data-t]") : null);
  const pointed = (event) => {
    const token = tokenOf(event);
    if (token && !token.classList.contains(MARKED)) show(token.closest(".md-likely-text"), Number(token.dataset.t));
  };
  document.addEventListener("pointerover", pointed);
  document.addEventListener("click", pointed);
  document.addEventListener("keydown", (event) => {
    const box = event.target instanceof Element ? event.target.closest(".md-likely-text") : null;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!box || !step) return;
    event.preventDefault();
    const at = Number(box.querySelector("." + MARKED)?.dataset.t ?? (step > 0 ? -1 : 1));
    const next = Math.max(0, Math.min(stepsOf(box).length - 1, at + step));
    show(box, next);
    const token = box.querySelector(`[data-t="${next}"]`), inner = token.getBoundingClientRect(), outer = box.getBoundingClientRect();
    if (inner.top < outer.top || inner.bottom > outer.bottom) box.scrollTop += inner.top - outer.top - outer.height / 3;
  });
})();
