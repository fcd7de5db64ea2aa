// The chosen tab, however it was chosen: on a phone, where the tabs scroll sideways, it is brought into view; and the
// address names it, so that it comes back with a reload, and the one before with the browser's Back.
(() => {
  const BAR = ".md-tabs > .tab-wrapper";
  const WINDOW = /^(__.*|lang)$/; // of the page as a whole; all else in an address is input of the tab that it names
  const buttons = () => [...document.querySelectorAll(`${BAR} [role=tab]`)];
  const named = () => new URL(location.href).searchParams.get("tab") ?? buttons()[0]?.dataset.tabId;
  let opened = false; // the first tab is chosen while the page is drawn, before the one that the address names

  /** The tab's name in the address; a view inside of a tab ("tokenizer_chat") is that tab. */
  const holds = (tab) => named() === tab || named()?.startsWith(`${tab}_`);

  function note(tab) {
    const first = !opened && tab === buttons()[0]?.dataset.tabId;
    opened = true;
    if (first || holds(tab)) return;
    const address = new URL(location.href);
    for (const name of [...address.searchParams.keys()]) if (!WINDOW.test(name)) address.searchParams.delete(name);
    address.searchParams.set("tab", tab);
    history.pushState(null, "", address);
  }

  addEventListener("popstate", () => {
    buttons().find((button) => holds(button.dataset.tabId))?.click(); // nothing happens to the chosen one
  });

  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (target.getAttribute("role") !== "tab" || target.getAttribute("aria-selected") !== "true") continue;
      target.scrollIntoView({ block: "nearest", inline: "center" });
      if (!target.closest(BAR)) continue; // tabs inside of a tab
      note(target.dataset.tabId);
      document.title = `${target.textContent.trim()} - ${window.gradio_config?.title || "Modeldeck"}`;
    }
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["aria-selected"], subtree: true });
})();
