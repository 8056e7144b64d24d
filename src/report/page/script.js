(() => {
  "use strict";
  const table = document.getElementById("rows");
  if (!table) return;
  const bodies = [...table.tBodies];
  const size = bodies[0] ? bodies[0].rows.length : 1;
  let rows = null;
  // Only when somebody filters or sorts, so that a page with many rows opens at once.
  const collect = () => (rows ??= bodies.flatMap((body) => [...body.rows]).map((row, at) => ({ row, at, text: null })));
  const find = document.getElementById("find");
  const only = document.getElementById("only");
  const told = document.getElementById("told");
  const headings = [...table.tHead.rows[0].cells];
  let sorted = null;
  const textOf = (entry) => (entry.text ??= entry.row.textContent.toLowerCase());
  const fits = (entry, words, kind) => {
    if (kind === "not-done" && entry.row.dataset.t !== "open" && entry.row.dataset.t !== "hand") return false;
    if (kind !== "" && kind !== "not-done" && entry.row.cells[1].textContent !== kind) return false;
    return words.every((word) => textOf(entry).includes(word));
  };
  const show = () => {
    collect();
    const words = find.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const kind = only.value;
    const shown = [];
    const rest = [];
    for (const entry of rows) (fits(entry, words, kind) ? shown : rest).push(entry);
    let at = 0;
    for (const [list, hidden] of [[shown, false], [rest, true]]) {
      for (let from = 0; from < list.length; from += size) {
        const part = list.slice(from, from + size);
        let body = bodies[at];
        if (!body) bodies.push((body = table.createTBody()));
        body.replaceChildren(...part.map((entry) => entry.row));
        body.hidden = hidden;
        at += 1;
      }
    }
    for (const body of bodies.slice(at)) body.hidden = true;
    told.textContent = shown.length === rows.length
      ? `All ${rows.length.toLocaleString("en")} rows are shown.`
      : `${shown.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows are shown.`;
  };
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  const sort = (column) => {
    const down = sorted === column;
    headings.forEach((heading, at) => {
      if (at === column) heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    });
    sorted = down ? null : column;
    const keyed = collect().map((entry) => [entry.row.cells[column].textContent, entry]);
    keyed.sort(([a, first], [b, second]) => {
      if (a === "" || b === "") return a === b ? first.at - second.at : a === "" ? 1 : -1;
      return (down ? compare(b, a) : compare(a, b)) || first.at - second.at;
    });
    keyed.forEach(([, entry], at) => { rows[at] = entry; });
    show();
  };
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.addEventListener("click", () => sort(column));
    heading.replaceChildren(button);
  });
  let waiting = 0;
  find.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 150);
  });
  only.addEventListener("change", show);
  document.getElementById("controls").hidden = false;
})();
