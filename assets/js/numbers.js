// A slider's number that was emptied becomes the usual one again as one leaves the field; gradio would put the least
// there, which nobody chose.
document.addEventListener("blur", ({ target }) => {
  if (!target.matches?.('input[type="number"]') || target.value !== "") return;
  target.parentElement.querySelector(".reset-button")?.click(); // before gradio, which then has nothing to put there
}, true);
