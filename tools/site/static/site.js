// A page with many rows, or with entries to unfold, gets a field that hides those without the words
// typed into it. What is folded around the others is unfolded.
const MANY = 15;
const PARTS = "section:has(> h1) section";

function addFilter(tables, entries) {
  const field = document.createElement("input");
  const status = document.createElement("p");
  field.type = "search";
  field.className = "filter";
  field.placeholder = tables.length > 1 ? "Filter these tables" : "Filter this table";
  if (entries.length) field.placeholder = "Filter this page";
  field.setAttribute("aria-label", field.placeholder);
  status.setAttribute("role", "status");
  const rows = [...entries, ...tables.flatMap((table) => [...table.tBodies[0].rows])];
  const around = [...document.querySelectorAll(`${PARTS}, details.group`)].filter((part) =>
    rows.some((row) => part.contains(row)),
  );
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = new Set(
      rows.filter((row) => words.every((word) => row.textContent.toLowerCase().includes(word))),
    );
    for (const row of rows) row.hidden = !kept.has(row);
    for (const part of around) {
      part.hidden = !rows.some((row) => kept.has(row) && part.contains(row));
      if (part.matches("details")) part.open = words.length > 0;
    }
    status.textContent = words.length ? `${kept.size} of ${rows.length}` : "";
  });
  const place = tables.length + entries.length > 1 ? rows[0].closest(`${PARTS}:not(${PARTS} *)`) : null;
  (place ?? tables[0].parentElement).before(field, status);
}

// What an address points to is unfolded, with all that it is folded into.
function reveal() {
  const target = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
  const nearest = target?.closest("details");
  if (!nearest) return;
  for (let folded = nearest; folded; folded = folded.parentElement.closest("details")) folded.open = true;
  nearest.scrollIntoView();
}

// On a telephone each cell stands on a line of its own, behind the title of its column.
function nameCells(table) {
  const titles = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  for (const row of table.tBodies[0].rows) {
    [...row.cells].forEach((cell, k) => {
      cell.dataset.title = titles[k];
      cell.classList.toggle("empty", !cell.textContent.trim());
    });
  }
}

// What scrolls sideways can be reached, and so scrolled, by keyboard; a table does so only if it is
// still too wide when its long names are broken.
function letScroll(box) {
  const isWide = () => box.scrollWidth > box.clientWidth;
  box.classList.toggle("wide", isWide());
  if (isWide()) box.tabIndex = 0;
}

// Sphinx calls the captions of the side bar headings, and does not say of which level.
function tellLevel(caption) {
  caption.setAttribute("aria-level", "2");
}

document.addEventListener("DOMContentLoaded", () => {
  const tables = [...document.querySelectorAll("table.docutils")];
  tables.forEach(nameCells);
  const entries = [...document.querySelectorAll(".entry, details.group li")];
  if (entries.length || tables.some((table) => table.tBodies[0].rows.length > MANY)) {
    addFilter(tables, entries);
  }
  document.querySelectorAll("pre, .table-wrapper").forEach(letScroll);
  document.querySelectorAll("details").forEach((folded) => {
    folded.addEventListener("toggle", () => {
      folded.querySelectorAll("pre, .table-wrapper").forEach(letScroll);
    });
  });
  window.addEventListener("hashchange", reveal);
  reveal();
  document.querySelectorAll("p.caption[role=heading]").forEach(tellLevel);
});

// Text is copied also where a page may not use the clipboard by itself.
async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
  return undefined;
}

// Loads a script of the site: a page on a disk may read no other file.
function load(name) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${document.documentElement.dataset.content_root}_static/${name}`;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}

// Returns what tools/site/ask.py packed.
function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

// The citations of a chapter are loaded when the first of them is asked for.
async function citations(claim) {
  const chapter = claim.split(".")[0];
  globalThis.lstmCitations ??= {};
  if (!lstmCitations[chapter]) await load(`cite-${chapter}.js`);
  return (await unpack(lstmCitations[chapter]))[claim];
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".cite").forEach((row) => {
    row.hidden = false;
    row.addEventListener("click", async (event) => {
      const { format } = event.target.dataset;
      if (!format) return;
      const canonical = document.querySelector("link[rel=canonical]")?.href;
      const link = canonical ?? window.location.href.split("#")[0];
      await copy(format === "link" ? link : (await citations(row.dataset.claim))[format]);
      row.querySelector("[role=status]").textContent = `${event.target.textContent}: copied`;
    });
  });
});
