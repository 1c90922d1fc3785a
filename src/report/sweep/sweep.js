(() => {
  addThemes();
  const data = JSON.parse(find("#data").textContent);
  const table = find("#table");
  const head = find("thead tr", table);
  const heads = [...head.cells];
  const body = find("tbody", table);
  const rows = all("tr", body);
  addSorting(heads, body, rows);

  // Filtering: a text, or a range of numbers with the prefixes that the table shows.
  const prefixes = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, m: 1e-3, u: 1e-6, n: 1e-9 };
  const number = (text) => {
    const parts = /^\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*([kMGTmun]?)/.exec(text);
    return parts ? parts[1] * (prefixes[parts[2]] ?? 1) : NaN;
  };
  const test = (text) => {
    const side = /^\s*([<>]=?)(.*)$/.exec(text);
    const range = /^(.*?)\.\.(.*)$/.exec(text);
    if (side) {
      const limit = number(side[2]);
      const holds = { "<": (v) => v < limit, "<=": (v) => v <= limit, ">": (v) => v > limit, ">=": (v) => v >= limit };
      return Number.isNaN(limit) ? null : (value) => typeof value === "number" && holds[side[1]](value);
    }
    if (range) {
      const [low, high] = [range[1].trim() ? number(range[1]) : -Infinity, range[2].trim() ? number(range[2]) : Infinity];
      return Number.isNaN(low + high) && low !== -high
        ? null : (value) => typeof value === "number" && value >= low && value <= high;
    }
    const wanted = text.trim().toLowerCase();
    return (value, shown) => shown.includes(wanted);
  };
  const filters = document.createElement("tr");
  filters.className = "filter";
  const inputs = heads.map((column) => {
    const input = document.createElement("input");
    input.setAttribute("aria-label", `Filter ${column.textContent}`);
    input.placeholder = column.classList.contains("n") ? "a..b" : "text";
    const cell = document.createElement("th");
    cell.append(input);
    filters.append(cell);
    return input;
  });
  head.after(filters);
  find("#how").hidden = false;
  const counted = find("#designs output");
  const filter = () => {
    const tests = inputs.map((input) => (input.value.trim() ? test(input.value) : null));
    inputs.forEach((input, column) => input.setAttribute("aria-invalid", input.value.trim() && !tests[column] ? "true" : "false"));
    let shown = 0;
    rows.forEach((row) => {
      const fits = tests.every((holds, column) =>
        !holds || holds(cellValue(row, column), row.cells[column].textContent.toLowerCase()));
      row.hidden = !fits;
      shown += fits;
    });
    counted.textContent = `${shown} of ${rows.length} designs`;
  };
  filters.addEventListener("input", filter);
  filter();

  // A design opens in a dialog, by its row, its point, or a link.
  const dialog = find("dialog");
  const element = (tag, text, parent, className = "") => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (className) made.className = className;
    parent.append(made);
    return made;
  };
  const fact = (list, name, text) => {
    const entry = element("div", "", list);
    element("dt", name, entry);
    element("dd", text, entry);
  };
  const show = (index) => {
    const [, name, says, networks] = data.designs[index];
    find("#opened").textContent = name;
    const content = find("div", dialog);
    content.replaceChildren();
    if (says) element("p", says, content);
    const values = element("dl", "", content, "facts");
    const own = find(`#d${data.designs[index][0]}`);
    heads.forEach((column, place) => { if (place) fact(values, column.textContent, own.cells[place].textContent); });
    networks.forEach(([costs, shares, link], place) => {
      element("h3", data.networks[place], content);
      const list = element("dl", "", content, "facts");
      ["Energy", "Cycles", "EDP (J·cycle)", "Utilization", "Mappings"].forEach((title, at) => fact(list, title, costs[at]));
      const bar = element("div", "", content, "bar");
      shares.forEach((share, at) => {
        if (share === null) return;
        const [name, colour] = data.components[at];
        const piece = element("i", "", bar, colour);
        piece.style.width = `${share / 10}%`;
        piece.dataset.tip = `${name}: ${(share / 10).toFixed(1)} % of the energy`;
      });
      element("p", shares.map((share, at) => (share === null ? "" : `${data.components[at][0]} ${(share / 10).toFixed(1)} %`))
        .filter(Boolean).join(", "), content, "note");
      if (link) {
        const anchor = element("a", "Its full results", element("p", "", content));
        anchor.href = link;
      }
    });
    if (!dialog.open) dialog.showModal();
  };
  const open = () => {
    const wanted = /^#d(\d+)$/.exec(location.hash);
    const index = wanted ? data.designs.findIndex((design) => design[0] === Number(wanted[1])) : -1;
    if (index >= 0) show(index); else if (dialog.open) dialog.close();
  };
  const go = (design) => {
    if (location.hash === `#d${design}`) open(); else location.hash = `#d${design}`;
  };
  addEventListener("hashchange", open);
  dialog.addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (!row) return;
    event.preventDefault();
    go(row.id.slice(1));
  });
  const point = (event) => {
    const dot = event.target.closest?.(".dot[data-d]");
    if (dot?.dataset.d) go(dot.dataset.d);
  };
  addEventListener("click", point);
  addEventListener("keydown", (event) => { if (event.key === "Enter") point(event); });
  open();
  // Points say what their designs have, too; the table has it already.
  all(".dot[data-d]").forEach((dot) => {
    const own = find(`#d${dot.dataset.d}`);
    const settings = heads.slice(1, 1 + data.settings).map((column, at) => `${column.textContent} = ${own.cells[at + 1].textContent}`);
    find("title", dot).textContent += `; ${settings.join(", ")}`;
  });
  addArrows();
  addTips();
})();
