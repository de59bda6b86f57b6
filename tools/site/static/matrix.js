// Filters and sorts the claims by release. What is chosen stands in the address.
const form = document.getElementById("choose");
const table = document.querySelector(".matrix table");
const [groups, heads] = table.tHead.rows;
const body = table.tBodies[0];
const order = [...body.rows];
let sorted = "";

function cells(row, name) {
  return row.cells[[...heads.cells].findIndex((head) => head.dataset.name === name)];
}

function show() {
  const words = form.words.value.toLowerCase().split(/\s+/);
  for (const row of order) {
    const link = row.querySelector("a");
    const text = `${link.textContent} ${link.title}`.toLowerCase();
    const chapter = link.textContent.split(".")[0];
    const chosen = !form.chapter.value || chapter === form.chapter.value;
    row.hidden = !chosen || !words.every((word) => text.includes(word));
  }
  [...heads.cells].forEach((head, place) => {
    const hidden = Boolean(form.row.value && head.dataset.row && head.dataset.row !== form.row.value);
    for (const row of [heads, ...order]) row.cells[place].hidden = hidden;
    head.ariaSort = head.dataset.name && head.dataset.name === sorted ? "descending" : null;
  });
  [...groups.cells].slice(1).forEach((group, k) => {
    group.hidden = Boolean(form.row.value && form.row.options[k + 1].value !== form.row.value);
  });
  const isKept = (row) => ["H", "-", ""].includes(cells(row, sorted)?.textContent ?? "");
  body.replaceChildren(...order.filter((row) => !isKept(row)), ...order.filter(isKept));
  const count = order.filter((row) => !row.hidden).length;
  form.querySelector("[role=status]").textContent = `${count} of ${order.length} claims.`;
  const chosen = new URLSearchParams([...new FormData(form), ["by", sorted]].filter(([, to]) => to));
  window.history.replaceState(null, "", `#${chosen}`);
}

const asked = new URLSearchParams(window.location.hash.slice(1));
for (const name of ["words", "chapter", "row"]) form[name].value = asked.get(name) ?? "";
sorted = asked.get("by") ?? "";
for (const head of heads.cells) {
  if (!head.dataset.name) continue;
  const button = document.createElement("button");
  button.textContent = head.textContent;
  button.title = `${head.dataset.name}: its deviations first`;
  button.addEventListener("click", () => {
    sorted = sorted === head.dataset.name ? "" : head.dataset.name;
    show();
  });
  head.replaceChildren(button);
}
form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
show();
