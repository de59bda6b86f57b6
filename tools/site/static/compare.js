// Sets two environments of the ledger side by side. Which they are stands in the address.
const { names, opened, met, rows } = JSON.parse(document.getElementById("recorded").textContent);
const form = document.getElementById("two");
const table = document.getElementById("verdicts");
const untried = ["not tried", ""];

// Whatever a report holds is put in as text.
function cell(content) {
  const made = document.createElement("td");
  made.append(content);
  return made;
}

function named(claim, statement) {
  if (statement === null) return claim;
  const link = document.createElement("a");
  link.href = `claims/${claim}.html`;
  link.append(statement);
  return link;
}

function show() {
  const chosen = [form.first.selectedIndex, form.second.selectedIndex];
  const [same, other] = [[], []];
  for (const [claim, statement, seen] of rows) {
    const both = chosen.map((k) => met[seen[k]] ?? untried);
    const row = document.createElement("tr");
    row.append(cell(named(claim, statement)));
    row.append(...both.map(([verdict, why]) => cell(why ? `${verdict}: ${why}` : verdict)));
    (both[0][0] === both[1][0] ? same : other).push(row);
  }
  table.tBodies[0].replaceChildren(...other, ...(form.all.checked ? same : []));
  chosen.forEach((k, place) => (table.tHead.rows[0].cells[place + 1].textContent = names[k]));
  nameCells(table);
  table.hidden = !table.tBodies[0].rows.length;
  document.getElementById("count").textContent =
    `${other.length} of ${rows.length} claims met with another verdict.`;
  window.history.replaceState(null, "", `#${new URLSearchParams(new FormData(form))}`);
}

window.addEventListener("load", () => {
  const asked = new URLSearchParams(window.location.hash.slice(1));
  ["first", "second"].forEach((field, k) => {
    form[field].append(...names.map((name) => new Option(name, name)));
    const place = names.indexOf(asked.get(field));
    form[field].selectedIndex = place < 0 ? names.indexOf(opened[k]) : place;
  });
  form.all.checked = asked.has("all");
  form.addEventListener("change", show);
  form.hidden = false;
  document.querySelector(".without").hidden = true;
  show();
});
