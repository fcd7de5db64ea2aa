// Gradio's login form knows two answers, right and wrong. Whoever comes while somebody guesses may be told to wait, which
// it would say nothing of; tabs/parts/guesses.py has the words.
(() => {
  const ask = window.fetch.bind(window);
  const LINE = "md-login-later";

  function tell(text) {
    document.getElementById(LINE)?.remove();
    const wrong = document.querySelector("p.creds"); // gradio takes it back never
    if (wrong) wrong.hidden = Boolean(text);
    const title = document.querySelector("h2");
    if (!text || !title) return;
    const line = document.createElement("p");
    line.id = LINE;
    line.style.cssText = "color: var(--error-text-color); font-weight: 600"; // our style sheets come after a login
    line.setAttribute("role", "alert");
    line.textContent = text;
    title.after(line);
  }

  window.fetch = async (...request) => {
    const answer = await ask(...request);
    const { pathname } = new URL(answer.url || location.href);
    if (window.gradio_config?.auth_required && pathname.endsWith("/login")) {
      tell(answer.status === 429 ? await answer.clone().text() : "");
    }
    return answer;
  };
})();
