// Tiles of the machines: state in words, values against limits, silence said aloud.

import { call } from "./api.js";
import { byId, clock, el, figure, fill, span, unit, words } from "./dom.js";
import { Course } from "./spark.js";

const SAID = {
  high: "above its high limit",
  high_high: "above its critical limit",
  low: "below its low limit",
  low_low: "below its critical limit",
};
const FAR = new Set(["high_high", "low_low"]);

const tiles = new Map();
const courses = new Map();
let skew = 0; // clock of the service minus the clock of the screen

export function hearMachine(machine) {
  if (machine.last_seen && !machine.silent) skew = Math.max(skew - 50, Date.parse(machine.last_seen) - Date.now());
  for (const signal of machine.signals) {
    if (signal.source_time) course(machine.id, signal.id).add(Date.parse(signal.source_time), signal.value);
  }
  let tile = tiles.get(machine.id);
  if (!tile) {
    tile = el("article", { class: "machine", "aria-label": `Machine ${machine.id}` });
    tiles.set(machine.id, tile);
    byId("machines").append(tile);
  }
  paint(tile, machine);
}

export async function loadCourses(machine) {
  const start = new Date(Date.now() + skew - 180_000).toISOString();
  const path = `/v1/machines/${encodeURIComponent(machine)}/readings?max_points=120&start=${encodeURIComponent(start)}`;
  const { readings } = await call(path);
  const own = new Map();
  for (const reading of readings) {
    if (!own.has(reading.signal)) own.set(reading.signal, new Course());
    own.get(reading.signal).add(Date.parse(reading.source_time), reading.value);
  }
  for (const [signal, loaded] of own) {
    for (const point of course(machine, signal).points) loaded.add(...point);
    courses.set(`${machine}/${signal}`, loaded);
  }
}

export function forgetMachines(known) {
  for (const [id, tile] of tiles) {
    if (known.has(id)) continue;
    tile.remove();
    tiles.delete(id);
  }
}

function course(machine, signal) {
  const key = `${machine}/${signal}`;
  if (!courses.has(key)) courses.set(key, new Course());
  return courses.get(key);
}

function paint(tile, machine) {
  tile.classList.toggle("silent", machine.silent);
  tile.dataset.severity = machine.severity ?? "";
  fill(tile, machine, () => [header(machine), call_(machine), table(machine)]);
}

function header(machine) {
  const state = machine.state ? words(machine.state) : "State unknown";
  return el(
    "header",
    {},
    el("h3", { text: machine.id }),
    el("span", { class: "kind", text: `${words(machine.kind)}, ${machine.line}` }),
    el("span", { class: "state", text: machine.silent ? `Last: ${state}` : state }),
  );
}

function call_(machine) {
  const says = [];
  if (machine.silent) {
    const since = machine.last_seen ? `Silent since ${clock(machine.last_seen)}, values are old` : "Never heard";
    says.push(el("strong", { text: since }));
  }
  if (machine.issue) {
    const open = () => byId(`card-${machine.issue}`)?.focus();
    const word = words(machine.severity ?? "warning");
    says.push(el("a", { href: `#card-${machine.issue}`, text: `${word}: card ${machine.issue}`, data: { focus: machine.issue }, on: { click: open } }));
  }
  return says.length ? el("p", { class: "call" }, ...says) : null;
}

function table(machine) {
  const newest = machine.last_seen ? Date.parse(machine.last_seen) : Date.now();
  const rows = machine.signals.map((signal) => row(machine, signal, newest));
  return el("table", { class: "signals" }, el("tbody", {}, ...rows));
}

function row(machine, signal, newest) {
  const said = SAID[signal.status];
  const gone = signal.status === "silent" || signal.status === "unknown";
  const kind = FAR.has(signal.status) ? "far" : said ? "off" : gone ? "gone" : "";
  const value = el("td", { title: limits(signal) });
  if (signal.status === "unknown") value.append("no value");
  else value.append(figure(signal.value), el("span", { class: "unit", text: unit(signal.unit) }));
  const name = el("th", { scope: "row", text: words(signal.description || signal.id), title: signal.id });
  if (said) name.append(el("span", { class: "said", text: said }));
  else if (signal.status === "silent" && !machine.silent) {
    name.append(el("span", { class: "said", text: `silent for ${span((newest - Date.parse(signal.source_time)) / 1000)}` }));
  }
  const drawn = course(machine.id, signal.id).draw(signal.limits, newest);
  return el("tr", { class: kind }, name, el("td", { class: "trace" }, drawn), value);
}

function limits(signal) {
  const known = Object.entries(signal.limits).filter(([, limit]) => limit !== null);
  if (!known.length) return "no limit";
  return known.map(([name, limit]) => `${words(name).toLowerCase()} ${limit} ${unit(signal.unit)}`).join(", ");
}
