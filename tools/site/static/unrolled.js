// The picture to touch: what depends on a timestep, and what a unit depends on.
const unrolled = document.getElementById("unrolled");
const controls = unrolled.querySelector("form");
const [RISE, RADIUS] = [38, 13];
const NAMESPACE = "http://www.w3.org/2000/svg";

function put(parent, name, attributes, text = "") {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}

function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function draw() {
  const [units, timesteps] = ["units", "timesteps"].map((name) => Number(controls[name].value));
  controls.querySelectorAll("output").forEach((shown, k) => {
    shown.textContent = [units, timesteps][k];
  });
  const wide = 70 + 22 * units;
  const height = RISE * units + 110;
  const width = wide * timesteps + 30;
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", `LSTM(${units}) reads ${plural(timesteps, "timestep")}`);
  const unit = (t, u) => [35 + t * wide + 22 * (u + 1), 25 + RISE * u];
  const input = (t) => [35 + t * wide, height - 45];
  const marks = [];

  // A mark belongs to a timestep, and a unit or a stroke into one to that unit.
  function stroke([x1, y1], [x2, y2], time, kind, of) {
    marks.push({ element: put(svg, "line", { x1, y1, x2, y2, class: kind }), time, kind, of });
  }
  for (let t = 0; t < timesteps; t += 1) {
    for (let u = 0; u < units; u += 1) {
      stroke(input(t), unit(t, u), t, "from-input", u);
      for (let v = 0; v < units && t > 0; v += 1) {
        stroke(unit(t - 1, v), unit(t, u), t, "from-state", u);
      }
    }
  }
  function node([cx, cy], time, kind, of, label, said) {
    const group = put(svg, "g", { tabindex: 0, role: "img", "aria-label": said, class: kind });
    put(group, "circle", { cx, cy, r: RADIUS });
    put(group, "text", { x: cx, y: cy + 4 }, label);
    marks.push({ element: group, time, kind, of });
    const touch = () => mark(time, kind, of, said);
    group.addEventListener("pointerenter", touch);
    group.addEventListener("focus", touch);
    group.addEventListener("click", touch);
  }
  for (let t = 0; t < timesteps; t += 1) {
    for (let u = 0; u < units; u += 1) {
      const reads = t ? `timesteps 1 to ${t + 1}` : "timestep 1";
      const said = `Unit ${u + 1} at timestep ${t + 1} depends on ${reads}.`;
      node(unit(t, u), t, "unit", u, `u${u + 1}`, said);
    }
    const later = t < timesteps - 1 ? `timesteps ${t + 1} to ${timesteps}` : `timestep ${t + 1}`;
    const all = { 1: "the unit", 2: "both units" }[units] ?? `all ${units} units`;
    const said = `Timestep ${t + 1} acts on ${all} at ${later}, and so on the output.`;
    node(input(t), t, "input", undefined, `x${t + 1}`, said);
    put(svg, "text", { x: input(t)[0], y: height - 12, class: "label" }, `timestep ${t + 1}`);
  }

  // A timestep acts on all that comes at it or later; a unit depends on all that came before.
  function mark(time, kind, of, said) {
    for (const { element, time: at, kind: is, of: into } of marks) {
      const later = { unit: at >= time, "from-state": at > time }[is] ?? at === time;
      const before = at < time || (at === time && (is === "input" || into === of));
      element.classList.toggle("off", !(kind === "input" ? later : before));
    }
    unrolled.querySelector("[role=status]").textContent = said;
  }
  unrolled.querySelector(".drawn").replaceChildren(svg);
  const state = timesteps > 1 ? " Each timestep reads the state that the one before it left." : "";
  const every = units === 2 ? "both units" : `all ${units} units`;
  const readers = units === 1 ? "the unit reads" : `${every} read`;
  unrolled.querySelector("[role=status]").textContent =
    `LSTM(${units}): ${readers} every timestep.${state} Touch a timestep or a unit.`;
}

controls.addEventListener("input", draw);
controls.addEventListener("submit", (event) => event.preventDefault());
unrolled.hidden = false;
document.querySelector("img.still")?.setAttribute("hidden", "");
draw();
