"""The page's lookups find what a walk finds. (That a slow browser hears Stop is tested in the image tab.)"""

from __future__ import annotations

from tabs.parts.look import ASSETS
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM
SCRIPT = (ASSETS / "js" / "early" / "lookups.js").read_text("utf-8")

#: Grows, moves, replaces and drops branches of a tree, and looks for ids that are there and that are not.
_EDITS = """() => {
  let seed = 7, made = 0, differed = 0, absent = 0;
  const pick = (n) => (seed = (seed * 48271) % 2147483647) % n;
  const walk = (node, id) => node.id === id ? node
    : node.children.map((one) => walk(one, id)).find(Boolean) ?? null;
  const all = (node) => [node, ...node.children.flatMap(all)];
  const grow = (depth) => ({
    id: made++, children: depth ? [...Array(1 + pick(3))].map(() => grow(depth - 1)) : [],
  });
  const copy = (node) => ({ id: node.id, children: node.children.map(copy) });
  const root = grow(4);
  for (let edit = 0; edit < 2000; edit += 1) {
    const nodes = all(root), parent = nodes[pick(nodes.length)], place = pick(parent.children.length + 1);
    const what = pick(8), child = parent.children[place];
    if (what === 0 && nodes.length < 300) parent.children.splice(place, 0, grow(2));
    if (what === 1 && nodes.length > 60) parent.children.splice(place, 1);
    if (what === 2 && child) parent.children[place] = copy(child);
    if (what === 3) parent.children.reverse();
    if (what === 4) parent.children = [...parent.children];
    const id = pick(made), found = modeldeck.lookups.node(root, id);
    if (found !== walk(root, id)) differed += 1;
    if (!found) absent += 1;
  }
  return [differed, absent];
}"""

_TABLE = """() => {
  const all = [
    { targets: [[1, "click"], [2, "submit"], [1, "change"]] }, { targets: [] },
    { targets: [[1, "input"]] }, { targets: [[2, ""]] },
  ];
  return [1, 2, 3].map((id) => modeldeck.lookups.events(all, id));
}"""


def test_a_lookup_finds_what_a_walk_finds_whatever_becomes_of_the_tree(chromium):
    page = chromium.new_page()
    page.add_script_tag(content=SCRIPT)
    differed, absent = page.evaluate(_EDITS)
    assert differed == 0
    assert 200 < absent < 1800
    assert page.evaluate(_TABLE) == [["click", "input"], ["submit"], []]
    page.close()
