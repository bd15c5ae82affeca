// The operator page: puts the parts together and keeps them live.

import { call, keep, listen } from "./api.js";
import { setUpAsk } from "./ask.js";
import { hearIssue, keepOnly, setUp, tick } from "./cards.js";
import { byId, clock, el, setZone } from "./dom.js";
import { setUpHandover } from "./handover.js";
import { forgetMachines, hearMachine, loadCourses } from "./machines.js";

const WAITS_MS = [500, 1000, 2000, 5000];
const DEAF_MS = 25_000; // the service pings more often than that
let plant = "";
let heard = Date.now();
let machines = [];

async function start() {
  for (;;) {
    try {
      await load();
      return;
    } catch (problem) {
      if (problem.status === 401 || problem.status === 403) await askKey();
      else {
        state("lost", "Service not reachable");
        await sleep(2000);
      }
    }
  }
}

async function load() {
  const [found, { tasks }] = await Promise.all([call("/v1/machines"), call("/v1/tasks")]);
  plant = found.plant;
  machines = found.machines.map((machine) => machine.id);
  setZone(found.timezone);
  byId("plant").textContent = found.plant;
  setUp({ tasks, machines: found.machines, changed: count });
  setUpHandover(found.machines);
  setUpAsk(machines);
  await Promise.all(machines.map((id) => loadCourses(id)));
  found.machines.forEach(hearMachine);
  const { issues } = await call("/v1/issues?state=open&state=acknowledged");
  issues.forEach(hearIssue);
  count(issues.length);
  await resolved();
}

async function follow() {
  for (let failures = 0; ; failures += 1) {
    const closing = new AbortController();
    const deaf = setInterval(() => Date.now() - heard > DEAF_MS && closing.abort(), 1000);
    const ids = new Set();
    let snapshot = true;
    heard = Date.now();
    try {
      await listen("/v1/stream", (kind, data) => {
        heard = Date.now();
        if (kind === "machine") hearMachine(data);
        if (kind === "issue") {
          if (snapshot) ids.add(data.id);
          hearIssue(data);
          if (data.state === "resolved") resolved();
        }
        if (kind === "ready") {
          snapshot = false;
          failures = 0;
          keepOnly(ids);
          forgetMachines(new Set(machines));
          state("live", "Live");
        }
      }, closing.signal);
    } catch (problem) {
      if (problem.status === 401) await askKey();
    } finally {
      clearInterval(deaf);
    }
    state("lost", `Connection lost at ${clock(heard)}: what you see is old`);
    await sleep(WAITS_MS[Math.min(failures, WAITS_MS.length - 1)]);
  }
}

function state(name, text) {
  byId("link").dataset.state = name;
  byId("link").textContent = text;
  document.querySelector("main").classList.toggle("stale", name === "lost");
}

function count(open, fresh = null) {
  byId("count").textContent = open === 0 ? "No open card" : `${open} open card${open > 1 ? "s" : ""}`;
  byId("calm").hidden = open > 0;
  document.title = `${open ? `(${open}) ` : ""}Andon \u00b7 ${plant}`;
  if (fresh) byId("spoken").textContent = `New ${fresh.severity} at ${fresh.machine}: ${fresh.title}`;
}

async function resolved() {
  const { issues } = await call("/v1/issues?state=resolved&limit=10");
  byId("past").hidden = issues.length === 0;
  byId("resolved").replaceChildren(...issues.map((issue) => {
    const label = issue.diagnosis?.label ? ` \u00b7 ${issue.diagnosis.label.replaceAll("_", " ")}` : "";
    const when = `${clock(issue.opened_at, true)} to ${clock(issue.resolved_at)}`;
    return el("li", {}, el("strong", { text: `${issue.machine}: ${issue.title}` }), `${label} \u00b7 ${when} \u00b7 ${issue.resolution}`);
  }));
}

async function notice() {
  const reply = await call("/readyz").catch((problem) => problem.details); // 503 has the same form
  const bad = (reply?.components ?? []).filter((part) => part.state !== "ok" && ["data", "history", "watch"].includes(part.name));
  byId("notice").hidden = bad.length === 0;
  byId("notice").textContent = bad.map((part) => part.detail).join(" ");
}

function askKey() {
  const dialog = byId("login");
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      keep(byId("login-key").value);
      resolve();
    }, { once: true });
    dialog.showModal();
  });
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

setInterval(() => {
  byId("clock").textContent = clock(Date.now());
  tick();
}, 1000);
await start();
setInterval(notice, 5000);
notice();
await follow();
