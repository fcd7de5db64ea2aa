// A click into a picker chooses its whole text, as in an address bar, so that what is typed then replaces it; a
// second click sets the caret. (The Tab key does so by itself.) Escape takes back what was typed, which gradio would
// otherwise take for a choice when one leaves. The Tab key leaves and no more: gradio opens the list again behind it.
(() => {
  const PICKER = 'input[role="combobox"]:not([readonly])';
  let entered = null;
  let inside = null, chosen = "";

  document.addEventListener("focusin", ({ target }) => {
    entered = inside = target.matches?.(PICKER) ? target : null;
    chosen = inside?.value;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Tab" && event.target.matches?.('input[role="combobox"]')) event.stopPropagation();
  }, true);
  document.addEventListener("click", ({ target }) => {
    if (target === entered && target.selectionStart === target.selectionEnd) target.select();
    entered = null;
  });
  document.addEventListener("keydown", ({ key, target, isComposing }) => {
    if (key !== "Escape" || isComposing || target !== inside || target.value === chosen) return;
    target.value = chosen;
    target.dispatchEvent(new Event("input", { bubbles: true }));
    target.select();
  });
})();
