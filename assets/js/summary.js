// A click on a sentence of a summary marks its sources in the text and brings the first into view,
// inside its own box: the page stays where it is. A second click takes the marks off.
document.addEventListener("click", (event) => {
  const chosen = event.target.closest?.("[data-sentence]");
  const view = chosen?.closest(".md-sources");
  if (!view) return;
  const said = view.querySelector(".md-sources-note");
  const box = view.querySelector(".md-source-text");
  said.dataset.start ??= said.textContent;
  const on = chosen.getAttribute("aria-pressed") !== "true";
  view.querySelectorAll("[data-sentence]").forEach((b) => b.setAttribute("aria-pressed", String(on && b === chosen)));
  said.textContent = on ? chosen.dataset.note : said.dataset.start;
  const marks = [...box.querySelectorAll("mark")];
  marks.forEach((m) => m.classList.toggle("md-found", on && m.dataset.of.split(" ").includes(chosen.dataset.sentence)));
  const first = marks.find((m) => m.classList.contains("md-found"));
  if (!first) return;
  const above = first.getBoundingClientRect().top - box.getBoundingClientRect().top;
  box.scrollTo({ top: box.scrollTop + above - box.clientHeight / 4, behavior: modeldeck.gliding() });
});
