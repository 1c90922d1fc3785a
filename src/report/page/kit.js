"use strict";
// What all pages do: themes, sorting, and a tip beside what the pointer or the focus is on.
const find = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];

// Theme: the system's until somebody chooses.
const addThemes = () => {
  const root = document.documentElement;
  const button = document.createElement("button");
  button.type = "button";
  const isDark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const label = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; label(); });
  label();
  find("nav").append(button);
};

// Sorting: numbers by all their digits; what is unknown comes last.
const cellValue = (row, column) => {
  const cell = row.cells[column];
  return cell.dataset.v === undefined ? cell.textContent : cell.dataset.v === "" ? null : Number(cell.dataset.v);
};
const addSorting = (heads, body, rows) => {
  const compare = (a, b) => typeof a === "number" && typeof b === "number"
    ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  heads.forEach((head, column) => {
    const sorter = document.createElement("button");
    sorter.type = "button";
    sorter.append(...head.childNodes);
    head.append(sorter);
    sorter.addEventListener("click", () => {
      // Numbers fall first, words rise first.
      const first = head.classList.contains("n") ? "descending" : "ascending";
      const before = head.getAttribute("aria-sort") ?? (first === "ascending" ? "descending" : "ascending");
      const sign = before === "descending" ? 1 : -1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      rows.sort((x, y) => {
        const [a, b] = [cellValue(x, column), cellValue(y, column)];
        if (a === null || b === null) return (a === null) - (b === null);
        return sign * compare(a, b);
      });
      body.append(...rows);
    });
  });
};

// One tab stop for each picture; arrows go on to the other dots, from left to right.
const addArrows = () => all(".rooflines svg[role=img]").forEach((picture) => {
  const dots = all(".dot", picture).sort((a, b) => a.dataset.x - b.dataset.x);
  dots.forEach((dot) => { if (!dot.hasAttribute("tabindex")) dot.tabIndex = -1; });
  picture.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    const at = dots.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    const next = dots[(at + step + dots.length) % dots.length];
    dots.forEach((dot) => { dot.tabIndex = dot === next ? 0 : -1; });
    next.focus();
  });
});

// What the pointer or the focus is on.
const addTips = () => {
  const tip = find("#tip");
  const text = (target) => {
    const title = target.matches(".dot") ? find("title", target) : null;
    return title ? title.textContent : target.dataset.tip;
  };
  all(".bar i").forEach((each) => {
    if (each.title) { each.dataset.tip = each.title; each.removeAttribute("title"); }
  });
  let shown = null;
  const place = () => {
    tip.hidden = !shown;
    if (!shown) return;
    tip.textContent = text(shown);
    const box = shown.getBoundingClientRect();
    const own = tip.getBoundingClientRect();
    const left = Math.min(Math.max(4, box.left + box.width / 2 - own.width / 2), innerWidth - own.width - 4);
    const above = box.top - own.height - 6;
    tip.style.left = `${left}px`;
    tip.style.top = `${above < 4 ? box.bottom + 6 : above}px`;
  };
  ["pointerover", "focusin"].forEach((kind) => addEventListener(kind, (event) => {
    shown = event.target.closest?.(".dot, .bar i") ?? document.activeElement.closest(".dot");
    place();
  }));
  addEventListener("scroll", place, { passive: true });
};
