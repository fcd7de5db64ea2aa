// A click on a weighed word asks what the model says without it.
window.modeldeck = window.modeldeck || {};

window.modeldeck.dropOnClick = (element, trigger) => {
  element.addEventListener("click", (event) => {
    const word = event.target.closest("[data-word]");
    if (word) trigger("select", { word: Number(word.dataset.word) });
  });
};
