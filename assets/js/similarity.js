// The table of cosines: the cell that is pointed at, or reached by arrow keys, tells both of its texts.
// What is shown is read as text from the table's own heads.
(() => {
  const MAP = ".md-heat-map";
  const cellOf = (node) => (node instanceof Element ? node.closest(`${MAP} td`) : null);

  function tell(cell) {
    const map = cell.closest(MAP);
    const line = map.parentElement?.querySelector(".md-pair-said");
    const rows = [...map.querySelectorAll("tbody tr")];
    const row = rows.indexOf(cell.parentElement), column = cell.cellIndex - 1;
    if (!line || row < 0 || !rows[column]) return;
    const text = (at) => rows[at].querySelector("th").textContent;
    map.querySelectorAll("td.md-found").forEach((old) => old.classList.remove("md-found"));
    cell.classList.add("md-found");
    line.textContent = row === column
      ? `A text and itself: always 1.\n${text(row)}`
      : `Cosine ${cell.textContent}\n${text(row)}\n${text(column)}`;
  }

  document.addEventListener("pointerover", (event) => {
    const cell = cellOf(event.target);
    if (cell) tell(cell);
  });
  document.addEventListener("focusin", (event) => {
    const cell = cellOf(event.target);
    if (cell) tell(cell);
  });
  document.addEventListener("keydown", (event) => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    const cell = cellOf(event.target);
    if (!cell || !step) return;
    const rows = [...cell.closest("tbody").rows];
    const next = rows[rows.indexOf(cell.parentElement) + step[0]]?.cells[cell.cellIndex + step[1]];
    if (!next || next.tagName !== "TD") return;
    event.preventDefault();
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
})();
