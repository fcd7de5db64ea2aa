// A transcript and its player in one view: a click on a word plays from there, the word being spoken
// is marked and kept in sight, and corrected phrases are sent to the server.
window.modeldeck = window.modeldeck || {};

modeldeck.transcript = (element, trigger) => {
  const MARK = "md-spoken";
  let list = null;
  let timed = [];

  // Everything with a beginning and an end, in order; read anew when the list was drawn anew.
  const places = () => {
    const now = element.querySelector(".md-phrases");
    if (now !== list) {
      list = now;
      timed = now ? [...now.querySelectorAll("[data-end]")] : [];
    }
    return timed;
  };
  const at = (second) => {
    const all = places();
    let low = 0;
    let high = all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (Number(all[middle].dataset.start) <= second) low = middle + 1;
      else high = middle;
    }
    const found = all[low - 1];
    return found && second < Number(found.dataset.end) + 0.15 ? found : null;
  };
  const keepInSight = (node) => {
    const inner = node.getBoundingClientRect();
    const outer = list.getBoundingClientRect();
    if (inner.top < outer.top || inner.bottom > outer.bottom) {
      list.scrollTop += inner.top - outer.top - outer.height / 3;
    }
  };
  const mark = (event) => {
    if (!event.target.matches?.(".md-heard")) return;
    const spoken = at(event.target.currentTime);
    const before = element.querySelector("." + MARK);
    if (spoken === before) return;
    before?.classList.remove(MARK);
    spoken?.classList.add(MARK);
    if (spoken && !event.target.paused && !list.classList.contains("md-editing")) keepInSight(spoken);
  };
  for (const kind of ["timeupdate", "seeked"]) element.addEventListener(kind, mark, true);

  element.addEventListener("click", (event) => {
    const place = event.target.closest("[data-start]");
    if (!place || event.target.closest("[contenteditable]")) return;
    const player = element.querySelector(".md-heard");
    if (!player) {
      trigger("select", { start: Number(place.dataset.start) });
      return;
    }
    player.currentTime = Number(place.dataset.start);
    player.play().catch(() => {}); // a browser that forbids it shows its play button instead
  });

  element.addEventListener("change", (event) => {
    if (!event.target.matches("[data-edit]")) return;
    const on = event.target.checked;
    places();
    list.classList.toggle("md-editing", on);
    list.querySelectorAll(".md-said").forEach((said) => {
      if (on) {
        said.setAttribute("contenteditable", "plaintext-only");
        said.setAttribute("role", "textbox");
        said.setAttribute("aria-label", "Phrase");
      } else {
        ["contenteditable", "role", "aria-label"].forEach((name) => said.removeAttribute(name));
      }
    });
  });
  element.addEventListener("focusin", (event) => {
    const said = event.target.closest?.(".md-said");
    if (said) said.dataset.before = said.textContent;
  });
  element.addEventListener("focusout", (event) => {
    const said = event.target.closest?.(".md-said");
    if (!said || said.dataset.before === undefined || said.textContent === said.dataset.before) return;
    delete said.dataset.before;
    trigger("input", { phrase: Number(said.dataset.phrase), text: said.textContent });
  });
  element.addEventListener("keydown", (event) => {
    const said = event.target.closest?.(".md-said[contenteditable]");
    if (!said || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") said.textContent = said.dataset.before;
    said.blur();
  });
};
