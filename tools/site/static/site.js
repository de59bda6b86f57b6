// A table of many rows gets a field that hides the rows without the words typed into it.
const MANY = 8;

function addFilter(table) {
  const field = document.createElement("input");
  field.type = "search";
  field.className = "filter";
  field.placeholder = "Filter this table";
  field.setAttribute("aria-label", field.placeholder);
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/);
    for (const row of table.tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
  table.parentElement.before(field);
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
  document.querySelectorAll("table.docutils").forEach((table) => {
    nameCells(table);
    if (table.tBodies[0].rows.length > MANY) addFilter(table);
  });
  document.querySelectorAll("pre, .table-wrapper").forEach(letScroll);
  document.querySelectorAll("details").forEach((folded) => {
    folded.addEventListener("toggle", () => folded.querySelectorAll("pre").forEach(letScroll));
  });
  document.querySelectorAll("p.caption[role=heading]").forEach(tellLevel);
});
