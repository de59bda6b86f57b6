// The ask field of every page: what it needs is loaded when it is used, from disk too.
const lstmReady = (() => {
  const SHOWN = 240;
  const form = document.querySelector("form.ask");
  const field = form.querySelector("textarea");
  const box = form.querySelector(".answers");
  const status = box.querySelector("[role=status]");
  const list = box.querySelector("ol");
  const root = document.documentElement.dataset.content_root;
  const UNKNOWN = "No claim answers this. The nearest questions, which ask something else:";
  let finding;
  let shown;

  // Returns a promise of the search; everything is loaded once.
  function ready() {
    finding ??= Promise.all(["search.js", "ask-index.js", "ask-words.js"].map(load)).then(() =>
      unpack(lstmIndex).then((index) => {
        shown = index.shown;
        return lstmSearch(index, lstmWords);
      }),
    );
    return finding;
  }

  // Puts text into an element; what stands between backticks is code.
  function fill(element, text) {
    text.split("`").forEach((part, k) => {
      const made = k % 2 ? document.createElement("code") : document.createTextNode(part);
      if (k % 2) made.textContent = part;
      element.append(made);
    });
    return element;
  }

  function shortened(text) {
    return text.length <= SHOWN ? text : `${text.slice(0, text.lastIndexOf(" ", SHOWN))} …`;
  }

  function item(name) {
    const { page, title, text, limits } = shown[name];
    const made = document.createElement("li");
    const link = document.createElement("a");
    link.href = root + page;
    made.append(fill(link, title), fill(document.createElement("p"), shortened(text)));
    if (limits) {
      const marked = document.createElement("p");
      marked.className = "limits";
      made.append(fill(marked, `Does not hold everywhere: ${shortened(limits)}`));
    }
    return made;
  }

  async function show() {
    const text = field.value.trim();
    box.hidden = !text;
    if (!text) return;
    if (!finding) status.textContent = "Loading the index …";
    const find = await ready();
    if (text !== field.value.trim()) return;
    const { hits, sure } = find(text);
    status.textContent = sure ? "" : UNKNOWN;
    list.dataset.asked = text;
    list.replaceChildren(...hits.map(item));
  }

  let waiting;
  field.addEventListener("focus", ready, { once: true });
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 120);
  });

  // Enter asks; what is pasted may have many lines.
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      form.requestSubmit();
    }
    if (event.key === "ArrowDown" && field.value.trim()) list.querySelector("a")?.focus();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });

  list.addEventListener("keydown", (event) => {
    const links = [...list.querySelectorAll("a")];
    const next = links.indexOf(document.activeElement) + { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (Number.isNaN(next)) return;
    event.preventDefault();
    (links[next] ?? field).focus();
  });

  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    box.hidden = true;
    field.focus();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input, textarea, select")) return;
    event.preventDefault();
    field.focus();
  });

  // On other pages the answers lie over the page, until a reader turns to it.
  if (!document.body.querySelector(".asking")) {
    document.addEventListener("pointerdown", (event) => {
      if (!form.contains(event.target)) box.hidden = true;
    });
  }

  const asked = new URLSearchParams(window.location.search).get("q");
  if (asked) {
    field.value = asked;
    show();
  }
  return ready;
})();
