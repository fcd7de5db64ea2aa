// Turns the page into another language and back. The catalogue's keys are the English texts as the page shows them, with
// {0}, {1} ... where values stand; in a translation {0!} is a value to be translated too. Translated are the page's
// own words: text nodes, attributes, menus. What a person wrote and what a model said stays as it is: see OWN and DATA.
((deck, messages, cards) => {
  const ENGLISH = "en";
  const ATTRIBUTES = ["title", "aria-label", "placeholder", "alt"];
  //: Text and attributes in these stay as they are. translate=yes in one of these or of DATA is ours again.
  const OWN = [
    "[translate=no]", ".md-as-is ul", ".cm-editor", ".json-holder", ".api-docs:not(:has(.theme-buttons))", "script", "style",
  ].join(",");
  //: Text in these is of a person, a model, a file or a data set; their attributes are ours.
  const DATA = [
    "[dir=auto]", "textarea", "pre", "code", "[contenteditable=true]", "svg title", ".file-preview",
    ".md-ner-labels label", ".md-ner-label", ".md-ner-jump", ".md-bar-name:not(.md-question_answering-result *)", ".md-labels",
    ".md-changes tbody th", ".md-share-key", ".md-verdict b", ".md-verdict button", ".md-doubts li", ".md-readings", ".md-draft",
    ".md-token", ".md-step-text", ".md-token-table td", ".md-token-grid th small", ".md-likely-detail th",
    ".md-table th[scope=row]", ".md-concepts li", ".md-notes", ".md-toolstep-given dt",
    ".md-attached", ".md-plan td",
  ].join(",");
  //: Menus of somebody's own names (.md-as-is) still have our rows among them.
  const OURS = / \(comes with the tab\)$|^none: the |^the (?:best|first) one$/;
  const LETTER = /[A-Za-z]/, CHINESE_SIGN = /[\u3400-\u9fff]/, WIDE_END = /[\u3000-\u303f\uff00-\uffef]$/;
  const FIGURE = "([^A-Za-z]*(?: ?(?:[kMGT]?i?B|bytes|ms|s|min|h|Hz|kHz|GPU)\\b[^A-Za-z]*)*)";
  //: A step of a tokenizer, and what it does.
  const STEP = /^([A-Z]\w+) ((?:chooses|composes|cuts|drops|joins|looks|makes|puts|replaces|spells|takes|writes) .+)$/;
  const SAME = new RegExp(`^${FIGURE}$`);
  const MOST_REMEMBERED = 5000, LONGEST = 2000; // texts, and characters of one: what is longer is nobody's message

  const flat = (text) => text.replace(/\s+/g, " ").trim();
  const quoted = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

  /**
   * A message with holes as patterns, by what a value may be: narrow, no part of a list; close, no more than one
   * sentence; wide, anything. One with hardly a word of its own takes only figures, and for a value to be translated
   * only what is known: else it would fit anything.
   */
  function pattern([message, said]) {
    const parts = message.split(/\{(\d+)\}/); // literal, number, literal, ...
    const literals = parts.filter((_, i) => i % 2 === 0);
    const words = literals.join("").replace(/[^A-Za-z]/g, "").length;
    const told = (number) => said.includes(`{${number}!}`);
    const bare = (i) => words < 5 && !told(parts[i]);
    const whole = (hole) => new RegExp(`^${parts.map((part, i) => (
      i % 2 === 0 ? quoted(part) : bare(i) ? FIGURE : hole)).join("")}$`);
    return {
      narrow: whole("((?:(?!, |; |[.!?] [A-Z])[^])*?)"), close: whole("((?:(?![.!?] [A-Z])[^])*?)"),
      wide: words < 5 || !LETTER.test(literals[0]) ? null : whole("([^]*?)"),
      framed: LETTER.test(literals[0]) && literals.at(-1) !== "",
      numbers: parts.filter((_, i) => i % 2), said, words, told,
      longest: literals.reduce((one, other) => (other.length > one.length ? other : one)),
    };
  }

  const exact = new Map(), patterns = [], back = new Map(), remembered = new Map();
  for (const entry of Object.entries(messages)) {
    if (/\{\d+\}/.test(entry[0])) patterns.push(pattern(entry));
    else {
      exact.set(...entry);
      if (!back.has(entry[1])) back.set(entry[1], entry[0]);
    }
  }
  patterns.sort((one, other) => other.words - one.words);

  /** Whether a value has a translation, or needs none. */
  const known = (value) => SAME.test(value) || Boolean(say(value));

  function filled(text, kind, framed = false) {
    for (const one of patterns) {
      const found = (one.framed || !framed) && text.includes(one.longest) && one[kind]?.exec(text);
      if (!found) continue;
      const values = Object.fromEntries(one.numbers.map((number, i) => [number, found[i + 1]]));
      if (one.words < 5 && one.numbers.some((number) => one.told(number) && !known(values[number]))) continue;
      return one.said.replace(/\{(\d+)(!?)\}/g, (_, number, too) => {
        const value = values[number] ?? "";
        return (too && say(value)) || value;
      });
    }
    return "";
  }

  const word = (text) => exact.get(text) || exact.get(text.charAt(0).toLowerCase() + text.slice(1));

  /** Something known with more in parentheses behind it. */
  function noted(text) {
    const [, name, inner] = /^(.+) \(([^()]*)\)$/.exec(text) || [];
    const said = name && (word(name) || filled(name, "narrow"));
    if (said) return `${said}\uff08${say(inner) || inner}\uff09`;
    const [, class_, does] = STEP.exec(text) || [];
    return class_ && exact.has(does) ? `${class_}\uff1a${exact.get(does)}` : "";
  }

  /** A value behind its name, or what stands behind a number. */
  function named(text) {
    const [, number, title] = /^(\d+\.) (\D.*)$/.exec(text) || [];
    if (number) return say(title) && `${number} ${say(title)}`;
    const [, name, value] = /^([^:]{2,40}): (\S.*)$/.exec(text) || [];
    return name && word(name) ? `${word(name)}\uff1a${say(value) || value}` : "";
  }

  const piece = (text) => word(text) || filled(text, "narrow") || noted(text);
  const phrase = (text) => piece(text) || filled(text, "close");
  const fact = (text) => piece(text) || apart(text.split(/, (?=[A-Z][^:,]{1,39}: )/), named, "\uff0c") || named(text);

  /** Parts of a text, each looked up by itself: all of them must be known, or else some. */
  function apart(parts, look, between, some = false) {
    if (parts.length < 2) return "";
    const said = parts.map(look);
    // a figure says the same in both languages
    if (!said.some(Boolean) || !(some || said.every((one, i) => one || SAME.test(parts[i])))) return "";
    const join = (line, part) => line + (between || (WIDE_END.test(line) ? "" : " ")) + part;
    return said.map((one, i) => one || parts[i]).reduce(join);
  }

  /** The translation of a text; empty where there is none. */
  function say(text) {
    let said = remembered.get(text);
    if (said !== undefined) return said;
    const whole = text.split(/(?<=[.!?]["\u201d\u2019)]?) (?=[A-Z"\u201c\u2018])/);
    const sentences = text.split(/(?<=[.!?:;]["\u201d\u2019)]?) (?=\S)/);
    said = piece(text) || filled(text, "close", true) || apart(whole, phrase, "") || apart(sentences, phrase, "") || apart(text.split(", "), piece, "\uff0c")
      || apart(text.split("; "), piece, "\uff1b")
      || apart(text.split(" \u00b7 "), fact, " \u00b7 ", true) || filled(text, "close") || named(text)
      || filled(text, "wide")
      || apart(whole, phrase, "", true) || apart(sentences, phrase, "", true);
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(text, said);
    return said;
  }

  /** The same for text as it stands in the page, with the space around it and line by line. */
  function told(text) {
    if (!LETTER.test(text) || text.length > LONGEST) return "";
    const [, before, inner, after] = /^(\s*)([^]*?)(\s*)$/.exec(text);
    const said = say(flat(inner));
    if (said) return before + said + after;
    const lines = inner.split("\n");
    if (lines.length < 2) return "";
    const each = lines.map((line) => say(flat(line)));
    return each.some(Boolean) ? before + each.map((one, i) => one || lines[i]).join("\n") + after : "";
  }

  const on = () => deck.language !== ENGLISH;
  const written = new WeakMap(); // node -> what it said and says: {english, said}, for an element by attribute
  const menus = new Set();

  const theirs = (element, text) => {
    const left = element?.closest(`${OWN},${DATA},[translate=yes]`);
    return left && !left.matches("[translate=yes]") && !(OURS.test(text) && left.matches(".md-as-is ul"));
  };

  function change(node, name, english, write) {
    const held = written.get(node) ?? {};
    if (held[name]?.said === english) return; // it is ours already
    const said = told(english);
    if (!said || said === english) return;
    written.set(node, { ...held, [name]: { english, said } });
    write(said);
  }

  function put(node) {
    if (LETTER.test(node.data) && !theirs(node.parentElement, flat(node.data))) {
      change(node, "", node.data, (said) => { node.data = said; });
    }
  }

  function attribute(element, name) {
    const text = element.getAttribute(name);
    if (text && !element.closest(OWN)) change(element, name, text, (said) => element.setAttribute(name, said));
  }

  const value = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");

  /** The English that a person means who types the Chinese name of a row into a menu. */
  function meant(typed) {
    const rows = [...back].filter(([said]) => said.startsWith(typed)).sort((one, other) => one[0].length - other[0].length);
    return rows[0]?.[1] ?? typed;
  }

  /** Lets gradio write and read English in a menu's field while the page shows it translated. */
  function adopt(field) {
    if (Object.hasOwn(field, "value")) return;
    const held = { english: value.get.call(field), said: "" };
    const ours = (text) => on() && (OURS.test(text) || !field.closest(`${OWN},.md-as-is`));
    const show = (text) => {
      held.english = text;
      held.said = (ours(text) && told(String(text ?? ""))) || text;
      value.set.call(field, held.said);
    };
    Object.defineProperty(field, "value", {
      configurable: true,
      get: () => {
        const shown = value.get.call(field);
        if (shown === held.said) return held.english;
        return ours(shown) && CHINESE_SIGN.test(shown) ? meant(shown) : shown;
      },
      set: show,
    });
    // a row that was found by its Chinese name has been chosen: gradio holds its English name already, and writes nothing
    field.addEventListener("blur", () => { if (field.value !== value.get.call(field)) show(field.value); });
    field.again = () => { if (value.get.call(field) === held.said) show(held.english); };
    menus.add(new WeakRef(field));
    show(held.english);
  }

  function card(box) {
    const html = cards[box.closest("[id^=tab-]")?.id.slice(4)];
    if (!html || box.querySelector(":scope > .md-translated")) return;
    const said = document.createElement("div");
    said.className = "md-translated prose";
    said.innerHTML = html;
    box.append(said);
  }

  const MARKED = ATTRIBUTES.map((name) => `[${name}]`).join(",");

  function each(root, texts, elements) {
    if (root.nodeType === Node.TEXT_NODE) texts(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    elements(root);
    root.querySelectorAll(`${MARKED},input[role=combobox],.md-card-text`).forEach(elements);
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) texts(node);
  }

  const into = (root) => each(root, put, (element) => {
    ATTRIBUTES.forEach((name) => attribute(element, name));
    if (element.matches("input[role=combobox]")) adopt(element);
    if (element.matches(".md-card-text")) card(element);
  });

  function english(node, name, now, write) {
    const held = written.get(node)?.[name];
    // a script of ours may have read a translated text and written it again
    if (held?.said === now) write(held.english);
    else if (!held && CHINESE_SIGN.test(now) && back.has(flat(now))) write(back.get(flat(now)));
  }

  const outOf = (root) => each(
    root,
    (node) => { if (!theirs(node.parentElement, "")) english(node, "", node.data, (text) => { node.data = text; }); },
    (element) => {
      for (const name of ATTRIBUTES) {
        const now = element.getAttribute(name);
        if (now && !element.closest(OWN)) english(element, name, now, (text) => element.setAttribute(name, text));
      }
      element.querySelectorAll?.(":scope > .md-translated").forEach((one) => one.remove());
    },
  );

  const watch = new MutationObserver((changes) => {
    const all = on() ? into : outOf; // a part that was away while the language changed
    for (const { type, target, attributeName, addedNodes } of changes) {
      if (type === "childList") addedNodes.forEach(all);
      else if (!on()) continue;
      else if (type === "characterData") put(target);
      else attribute(target, attributeName);
    }
  });

  deck.translate = () => {
    if (!document.body) return;
    (on() ? into : outOf)(document.body);
    for (const one of menus) {
      const field = one.deref();
      if (field) field.again();
      else menus.delete(one);
    }
    watch.observe(document.body, {
      subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES,
    });
  };
  /** What the page shows in English though it is no text of a person, a model or a file: for tests. */
  deck.untold = () => {
    const found = new Set();
    const note = (text) => { if (/[a-z]{2}/.test(text) && !/[\u3400-\u9fff]/.test(text)) found.add(flat(text)); };
    each(document.body, (node) => {
      const place = node.parentElement;
      if (place?.checkVisibility() && !theirs(place, flat(node.data))) note(node.data);
    }, (element) => {
      if (!element.checkVisibility() || element.closest(OWN)) return;
      ATTRIBUTES.forEach((name) => note(element.getAttribute(name) ?? ""));
      if (element.matches("input[role=combobox]") && !element.closest(".md-as-is")) note(value.get.call(element));
    });
    return [...found];
  };
  deck.said = told;
  if (document.body) deck.translate();
  else document.addEventListener("DOMContentLoaded", deck.translate);
})
