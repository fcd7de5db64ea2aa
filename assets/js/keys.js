// Ctrl+Enter (or Cmd+Enter) runs the tab in view, Escape stops it.
document.addEventListener("keydown", (event) => {
  const press = (selector) => {
    const button = [...document.querySelectorAll(selector)].find((b) => b.offsetParent && !b.disabled);
    if (button) {
      event.preventDefault();
      button.click();
    }
  };
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) press("button.md-run");
  if (event.key === "Escape" && !document.querySelector("[role=listbox], dialog[open]")) press("button.md-stop");
});
