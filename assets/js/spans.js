// A button that names a span shows its place in the text over which it is drawn (tabs/parts/spans.py). Listens on the
// document, since outputs come and go. (A link with # would load the page anew.)
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-shows]");
  const whole = button?.closest(".md-ner, .md-question_answering-result");
  const pieces = whole?.querySelectorAll(`.md-spans [data-span="${button.dataset.shows}"]`);
  if (!pieces?.length) return; // behind what is drawn of a long text
  document.querySelectorAll(".md-span.md-found").forEach((old) => old.classList.remove("md-found"));
  pieces.forEach((piece) => piece.classList.add("md-found"));
  pieces[0].scrollIntoView({ block: "center", behavior: modeldeck.gliding() });
});
