// Tokenizer tab: pointing at a token marks its text, and pointing at text marks its tokens.
// Text and chips carry token indexes in data-t; everything shown is read from attributes as text.
(() => {
  const VIEW = ".md-token-view";
  const MARKED = "md-marked";

  const unmark = (view) => view.querySelectorAll("." + MARKED).forEach((node) => node.classList.remove(MARKED));

  function mark(view, indexes, follow) {
    unmark(view);
    const chips = [];
    for (const index of indexes) {
      view.querySelectorAll(`[data-t~="${index}"]`).forEach((node) => {
        node.classList.add(MARKED);
        if (node.matches(".md-token")) chips.push(node);
      });
    }
    const detail = view.querySelector(".md-token-detail");
    if (detail && chips.length) detail.textContent = chips.map((chip) => chip.title).join("\n");
    for (const box of follow) {
      const first = view.querySelector(`${box} .${MARKED}`);
      const frame = view.querySelector(box);
      if (!first || !frame) continue;
      const inner = first.getBoundingClientRect(), outer = frame.getBoundingClientRect();
      if (inner.top < outer.top || inner.bottom > outer.bottom) {
        frame.scrollTop += inner.top - outer.top - outer.height / 3;
      }
    }
  }

  document.addEventListener("pointerover", (event) => {
    const node = event.target instanceof Element ? event.target.closest(`${VIEW} [data-t]`) : null;
    if (!node) return;
    const other = node.matches(".md-token") ? ".md-token-text" : ".md-tokens";
    mark(node.closest(VIEW), node.dataset.t.split(" "), [other]);
  });

  document.addEventListener("keydown", (event) => {
    const row = event.target instanceof Element ? event.target.closest(".md-tokens") : null;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!row || !step) return;
    event.preventDefault();
    const chips = [...row.querySelectorAll(".md-token")];
    const at = chips.findIndex((chip) => chip.classList.contains(MARKED));
    const next = chips[Math.max(0, Math.min(chips.length - 1, at < 0 ? 0 : at + step))];
    if (next) mark(row.closest(VIEW) ?? row, [next.dataset.t], [".md-tokens", ".md-token-text"]);
  });
})();
