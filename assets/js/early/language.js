// The language of the page: that of the address (?lang=), else the one chosen here before, else the browser's. The
// page is written in English; assets/i18n/translate.js turns it into Chinese, and is fetched only when that is wanted.
(() => {
  const deck = (window.modeldeck = window.modeldeck || {});
  const KEPT = "modeldeck language", ENGLISH = "en", CHINESE = "zh-Hant";
  const root = document.documentElement;

  // Gradio would take its own few words (drop zones, menus) from the browser's language and call the whole page by
  // it. It asks before its head is in place, so this runs before gradio's own scripts.
  Object.defineProperty(navigator, "language", { get: () => ENGLISH });

  const known = (code) => (/^zh\b.*\b(hant|tw|hk|mo)\b/i.test(code) ? CHINESE : /^en\b/i.test(code) ? ENGLISH : "");

  function kept() {
    try {
      return localStorage.getItem(KEPT);
    } catch {
      return ""; // the browser keeps nothing for pages
    }
  }

  const asked = new URLSearchParams(location.search).get("lang");
  const wanted = [asked, kept(), ...(navigator.languages || [])];
  deck.language = wanted.map((code) => known(code || "")).find(Boolean) || ENGLISH;

  function show() {
    root.lang = deck.language;
    if (deck.translate) deck.translate();
    else if (deck.language === CHINESE && !document.getElementById("md-words")) {
      const script = document.createElement("script");
      script.id = "md-words";
      script.src = `words/${CHINESE}.js`;
      script.onerror = () => script.remove(); // the next choice asks again
      document.head.append(script);
    }
  }

  /** Shows the page in a language and keeps the choice; a language in the address gives way to it. */
  deck.speak = (language) => {
    deck.language = language;
    try {
      localStorage.setItem(KEPT, language);
    } catch {
      // for this visit only, then
    }
    const address = new URL(location.href);
    if (address.searchParams.has("lang")) {
      address.searchParams.delete("lang");
      history.replaceState(history.state, "", address);
    }
    show();
  };

  /** The two buttons in the head of the page; their look follows the language of the page. */
  deck.languageSwitch = (element) => {
    const buttons = [...element.querySelectorAll("[data-lang]")];
    const press = () => buttons.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.lang === deck.language)));
    element.addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-lang]")?.dataset.lang;
      if (chosen) deck.speak(chosen);
      press();
    });
    press();
  };

  // gradio names its own language, which is English
  new MutationObserver(() => {
    if (root.lang !== deck.language) root.lang = deck.language;
  }).observe(root, { attributes: true, attributeFilter: ["lang"] });
  show();
})();
