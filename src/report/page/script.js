(() => {
  addThemes();
  const table = find("#table");
  const body = find("tbody", table);
  const rows = all("tr", body);
  addSorting(all("thead th", table), body, rows);

  // Filtering.
  const form = find(".filters");
  const counted = find("output", form);
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const filter = () => {
    const [network, architecture] = [form.network.value, form.architecture.value];
    const wanted = form.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row) => {
      const fits = (!network || row.cells[2].textContent === network)
        && (!architecture || row.cells[3].textContent === architecture)
        && wanted.every((word) => texts.get(row).includes(word));
      row.hidden = !fits;
      shown += fits;
    });
    counted.textContent = `${shown} of ${rows.length} rows`;
  };
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();

  // A link to a mapping opens it.
  const open = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") { target.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", open);
  open();
  // Charts print whole; of the mappings, hundreds of pages, those that are open.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open]):not(.layer)");
    closed.forEach((each) => { each.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((each) => { each.open = false; }));

  addArrows();
  addTips();
})();
