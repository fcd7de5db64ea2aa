// Ctrl+Enter (or Cmd+Enter) runs what one is in: the part of a tab with a run of its own, or else the tab in
// view. Escape stops the same, or else what runs in this tab. In a message box Enter sends, as in other chats.
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

  const sends = ({ key, target }) => key === "Enter" && target.matches?.(".md-enter-sends textarea");

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // the key is for whoever turns keys into, say, Chinese
    const sent = sends(event) && !event.shiftKey;
    if (sent) event.preventDefault(); // also while a run goes on
    if (sent || (event.key === "Enter" && (event.ctrlKey || event.metaKey))) run(event);
    // Escape closes a menu, a dialog or an enlarged picture first, and takes an edit back
    const taken = event.defaultPrevented || visible(document, "[role=listbox], [role=dialog], dialog[open]").length;
    if (event.key === "Escape" && !taken) stop(event);
  });
  // gradio takes Shift+Enter for itself: there it starts a new line
  document.addEventListener("keypress", (event) => sends(event) && event.stopPropagation(), true);

  // What is pointed at tells its key.
  const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
  document.addEventListener("pointerover", ({ target }) => {
    const button = target.closest?.(`${RUN}, ${STOP}`);
    if (button && !button.title) button.title = button.matches(STOP) ? "Esc" : MAC ? "\u2318+Enter" : "Ctrl+Enter";
  });
})();
