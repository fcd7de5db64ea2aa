// A link that restores a tab: its values go into the address, nothing is kept on the server.
window.modeldeck = window.modeldeck || {};

window.modeldeck.link = (tab, names, defaults, values) => {
  const query = new URLSearchParams({ tab });
  names.forEach((name, i) => {
    const value = values[i];
    if (value === null || value === undefined || value === defaults[i]) return;
    if (value === "" && (defaults[i] ?? "") === "") return; // emptied, it differs from a default that is not
    query.set(name, String(value));
  });
  return `${location.origin}${location.pathname}?${query}`;
};

window.modeldeck.copyLink = async (tab, names, defaults, limit, values) => {
  const button = document.getElementById(`link-${tab}`);
  const link = window.modeldeck.link(tab, names, defaults, values);
  const say = (text) => {
    if (!button) return;
    button.dataset.label = button.dataset.label || button.textContent.trim();
    button.textContent = text;
    clearTimeout(button.timer);
    button.timer = setTimeout(() => { button.textContent = button.dataset.label; }, 2500);
  };
  if (link.length > limit) {
    say(`Too long for a link: ${link.length.toLocaleString("en")} of ${limit.toLocaleString("en")} characters`);
    return;
  }
  try {
    await navigator.clipboard.writeText(link);
    say("Link copied");
  } catch {  // no clipboard without https or permission: the address bar can be copied from
    history.replaceState(null, "", link);
    say("The link is in the address bar");
  }
};
