// Builds elements. Text is only ever set as text, so nothing a machine or a document says is markup.

const SVG = "http://www.w3.org/2000/svg";

export function el(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "on") for (const [kind, run] of Object.entries(value)) node.addEventListener(kind, run);
    else if (name === "data") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export const byId = (id) => document.getElementById(id);

// Rebuilds a place only when what it shows has changed; keeps the focus where it was.
export function fill(place, key, build) {
  const shown = JSON.stringify(key);
  if (place.shown === shown) return;
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  place.shown = shown;
  place.replaceChildren(...[build()].flat().filter(Boolean));
  if (focused) place.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
}

let zone;

export function setZone(name) {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: name });
    zone = name;
  } catch {
    zone = undefined;
  }
}

export function clock(moment, withDay = false) {
  const day = withDay ? { day: "2-digit", month: "short" } : {};
  const format = { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone, ...day };
  return new Intl.DateTimeFormat("en-GB", format).format(new Date(moment));
}

export function span(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

export function figure(value) {
  if (typeof value !== "number") return value === null ? "no value" : String(value);
  const size = Math.abs(value);
  if (size >= 1000 || Number.isInteger(value)) return value.toFixed(0);
  if (size >= 100) return value.toFixed(1);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(2);
}

const UNITS = { degC: "\u00b0C", um: "\u00b5m", "m3/min": "m\u00b3/min" };

export const unit = (name) => UNITS[name] ?? name;

export function words(id) {
  const plain = id.replaceAll("_", " ").replaceAll("-", " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}
