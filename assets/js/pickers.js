// A click into a picker chooses its whole text, as in an address bar, so that what is typed then replaces it; a
// second click sets the caret. (The Tab key does so by itself.)
(() => {
  const PICKER = 'input[role="combobox"]:not([readonly])';
  let entered = null;

  document.addEventListener("focusin", ({ target }) => { entered = target.matches?.(PICKER) ? target : null; });
  document.addEventListener("click", ({ target }) => {
    if (target === entered && target.selectionStart === target.selectionEnd) target.select();
    entered = null;
  });
})();
