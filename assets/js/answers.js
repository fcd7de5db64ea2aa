// A click on an answer shows its place in the passage. (A link with # would load the page anew.)
document.addEventListener("click", (event) => {
  const chosen = event.target.closest?.("[data-answer]");
  const mark = chosen && chosen.closest(".md-question_answering-result")?.querySelector(`#md-answer-${chosen.dataset.answer}`);
  if (!mark) return;
  document.querySelectorAll(".md-passage .md-found").forEach((old) => old.classList.remove("md-found"));
  mark.classList.add("md-found");
  mark.scrollIntoView({ block: "center", behavior: modeldeck.gliding() });
});
