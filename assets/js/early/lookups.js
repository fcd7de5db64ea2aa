// Gradio looks for a component by walking through the whole tree of them, for each value that a run sends and each
// sign of its progress, and through all events for each component. The tree is one that Svelte wraps: each look at
// a node takes a microsecond, and with two thousand nodes a step of a run kept a browser busy for 50 ms, and one
// that is six times slower for as long as the run went on. Here both are looked up. tabs/parts/lookups.py makes gradio's script ask.
(() => {
  const deck = (window.modeldeck = window.modeldeck || {});
  const trees = new WeakMap(); // root -> id -> where its node was
  const tables = new WeakMap(); // events -> id -> names of its events

  /** As gradio does it. */
  function walk(node, id) {
    if (node.id === id) return node;
    for (const child of node.children ?? []) {
      const found = walk(child, id);
      if (found) return found;
    }
    return null;
  }

  function write(node, parent, place, known) {
    const at = { node, parent, place };
    if (!known.has(node.id)) known.set(node.id, at);
    let next = 0;
    for (const child of node.children ?? []) write(child, at, next++, known);
    return known;
  }

  /** Whether it is where it was, and all that it is in: parts of a page may be drawn anew. */
  function stands(at) {
    for (; at.parent; at = at.parent) if (at.parent.node.children?.[at.place] !== at.node) return false;
    return true;
  }

  deck.lookups = {
    /** The node of an id in the tree under a root, or null. */
    node(root, id) {
      const at = trees.get(root)?.get(id);
      if (at && stands(at)) return at.node;
      const found = walk(root, id);
      if (found) trees.set(root, write(root, null, 0, new Map()));
      return found;
    },

    /** Names of the events that a component sets off: of each event the first that it does. */
    events(all, id) {
      if (!tables.has(all)) tables.set(all, table(all));
      return [...(tables.get(all).get(id) ?? [])];
    },
  };

  function table(all) {
    const names = new Map();
    for (const { targets } of all) {
      const own = new Map();
      for (const [id, name] of targets) if (!own.has(id)) own.set(id, name);
      for (const [id, name] of own) if (name) names.set(id, [...(names.get(id) ?? []), name]);
    }
    return names;
  }
})();
