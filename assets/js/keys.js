// Ctrl+Enter (or Cmd+Enter) runs the tab in view, or the part of it that is typed in; Escape stops.
document.addEventListener("keydown", (event) => {
  const press = (selector) => {
    const button = [...document.querySelectorAll(selector)].find((b) => b.offsetParent && !b.disabled);
    if (button) {
      event.preventDefault();
      button.click();
    }
  };
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    press(event.target.closest?.(".md-batch") ? ".md-batch button.md-part-run" : "button.md-run");
  }
  if (event.key === "Escape" && !document.querySelector("[role=listbox], dialog[open]")) {
    press("button.md-stop, button.md-part-stop");
  }
});
