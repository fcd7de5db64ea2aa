// Ctrl+Enter (or Cmd+Enter) runs what one is in: the part of a tab with a run of its own, or else the tab in
// view. Escape stops the same, or else what runs in this tab.
(() => {
  const RUN = "button.md-run, button.md-part-run";
  const STOP = "button.md-stop, button.md-part-stop";
  const visible = (root, selector) => [...root.querySelectorAll(selector)].filter((one) => one.getClientRects().length);

  /** The innermost part around a place that has such a button; null where only the tab itself has one. */
  function part(place, selector) {
    for (let at = place.closest?.(".md-later"); at; at = at.parentElement?.closest(".md-later")) {
      if (at.querySelector(selector)) return at;
    }
    return null;
  }

  function press(event, found) {
    const button = found.find((one) => !one.disabled);
    if (!button) return;
    event.preventDefault();
    setTimeout(() => button.click()); // a picker takes over what was typed into it a moment after the key
  }

  function run(event) {
    const inside = part(event.target, RUN);
    // a part that can't be run just now is no reason to run all of the tab
    press(event, inside ? visible(inside, RUN) : visible(document, RUN).filter((one) => !part(one, RUN)));
  }

  function stop(event) {
    const inside = part(event.target, STOP);
    press(event, [...(inside ? visible(inside, STOP) : []), ...visible(document, STOP)]);
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // the key is for whoever turns keys into, say, Chinese
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run(event);
    // Escape closes a menu, a dialog or an enlarged picture first, and takes an edit back
    const taken = event.defaultPrevented || visible(document, "[role=listbox], [role=dialog], dialog[open]").length;
    if (event.key === "Escape" && !taken) stop(event);
  });
})();
