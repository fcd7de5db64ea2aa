// On a phone the tabs scroll sideways: the chosen one is brought into view, however it was chosen.
new MutationObserver((changes) => {
  for (const { target } of changes) {
    if (target.getAttribute("role") === "tab" && target.getAttribute("aria-selected") === "true") {
      target.scrollIntoView({ block: "nearest", inline: "center" });
    }
  }
}).observe(document.documentElement, { attributes: true, attributeFilter: ["aria-selected"], subtree: true });
