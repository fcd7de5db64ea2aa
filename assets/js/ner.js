/* Entity tab: a name in the table shows its place in the text. Listens on the document, since outputs come and go. */
document.addEventListener("click", (event) => {
  const name = event.target.closest?.(".md-ner-jump");
  if (!name) return;
  const mark = document.getElementById(`md-ner-${name.dataset.start}`);
  if (!mark) return; // behind what is drawn of a long text
  document.querySelectorAll(".md-entity.md-found").forEach((old) => old.classList.remove("md-found"));
  mark.classList.add("md-found");
  mark.scrollIntoView({ block: "center", behavior: modeldeck.gliding() });
});
