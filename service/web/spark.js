// Small course of a signal with its limits as dashed lines.

import { svg } from "./dom.js";

const WIDTH = 74;
const HEIGHT = 20;
const SPAN_MS = 180_000;
const MOST = 240;

export class Course {
  constructor() {
    this.points = [];
  }

  add(at, value) {
    if (typeof value !== "number") return;
    const last = this.points.at(-1);
    if (last && at <= last[0]) return;
    this.points.push([at, value]);
    while (this.points.length > MOST || this.points[0][0] < at - SPAN_MS) this.points.shift();
  }

  draw(limits, now) {
    const root = svg("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" });
    const bounds = [limits.low, limits.high].filter((limit) => limit !== null);
    const values = this.points.map((point) => point[1]);
    if (!values.length) return root;
    const [low, high] = range([...values, ...bounds]);
    const y = (value) => (HEIGHT - 1 - ((value - low) / (high - low)) * (HEIGHT - 2)).toFixed(1);
    const x = (at) => (WIDTH * Math.max(0, 1 - (now - at) / SPAN_MS)).toFixed(1);
    for (const limit of bounds) root.append(svg("line", { class: "limit", x1: 0, x2: WIDTH, y1: y(limit), y2: y(limit) }));
    const path = this.points.map(([at, value]) => `${x(at)},${y(value)}`).join(" ");
    root.append(svg("polyline", { class: "trace", points: path }));
    const [at, value] = this.points.at(-1);
    root.append(svg("circle", { class: "tip", cx: x(at), cy: y(value), r: 2.2 }));
    return root;
  }
}

function range(values) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  return [low - room, high + room];
}
