// A click on one of the last runs asks for it again; their times are those of the visitor's own clock.
window.modeldeck = window.modeldeck || {};

window.modeldeck.runOnClick = (element, trigger) => {
  // as the visitor writes times, if that is in the language of the page
  const locale = () => {
    const page = document.documentElement.lang;
    return navigator.languages.find((one) => one.startsWith(page.slice(0, 2))) || page || [];
  };
  const localise = () => element.querySelectorAll("time").forEach((time) => {
    const text = new Date(time.dateTime).toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    if (time.textContent !== text) time.textContent = text; // a write calls the observer again
  });
  element.addEventListener("click", (event) => {
    const run = event.target.closest("[data-run]");
    if (run) trigger("select", { run: Number(run.dataset.run) });
  });
  new MutationObserver(localise).observe(element, { childList: true, subtree: true });
  localise();
};
