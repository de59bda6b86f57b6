// A page with a table of many rows gets a field that hides the rows without the words typed into it.
const MANY = 8;

function addFilter(tables) {
  const field = document.createElement("input");
  field.type = "search";
  field.className = "filter";
  field.placeholder = tables.length > 1 ? "Filter these tables" : "Filter this table";
  field.setAttribute("aria-label", field.placeholder);
  const rows = tables.flatMap((table) => [...table.tBodies[0].rows]);
  const sections = new Set(rows.map((row) => row.closest("section:not(:has(> h1))")));
  sections.delete(null);
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    for (const section of sections) section.hidden = !section.querySelector("tbody tr:not([hidden])");
  });
  const [first] = tables;
  const place = tables.length > 1 ? first.closest("section:not(:has(> h1))") : null;
  (place ?? first.parentElement).before(field);
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

// What scrolls sideways can be reached, and so scrolled, by keyboard.
function letScroll(box) {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
}

// Sphinx calls the captions of the side bar headings, and does not say of which level.
function tellLevel(caption) {
  caption.setAttribute("aria-level", "2");
}

document.addEventListener("DOMContentLoaded", () => {
  const tables = [...document.querySelectorAll("table.docutils")];
  tables.forEach(nameCells);
  if (tables.some((table) => table.tBodies[0].rows.length > MANY)) addFilter(tables);
  document.querySelectorAll("pre, .table-wrapper").forEach(letScroll);
  document.querySelectorAll("details").forEach((folded) => {
    folded.addEventListener("toggle", () => folded.querySelectorAll("pre").forEach(letScroll));
  });
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
