// The models page: versions, figures, gate, route, shadow, drift, trainings, and what people labelled.

import { blob, call, keep, remove, submit } from "./api.js";
import { byId, clock, el, figure, span, words } from "./dom.js";

const EVERY_MS = 2000;
const DRIFT = { unknown: "Unlike anything learnt", review: "For a person to look at", confidence: "Mean confidence" };
const shown = new Map(); // task -> version whose detail is open
const refusals = new Map(); // task -> { version, problem }
const drawn = new Map(); // "task version" -> nodes of the detail

const percent = (share) => (share === null || share === undefined ? "–" : `${(100 * share).toFixed(1)} %`);
const three = (value) => (typeof value === "number" ? value.toFixed(3) : "–");
const when = (moment) => (moment ? clock(moment, true) : "–");

async function refresh() {
  const [{ tasks }, { models }, { trainings }] = await Promise.all([call("/v1/tasks"), call("/v1/models"), call("/v1/trainings?limit=10")]);
  tasks.sort((a, b) => (b.version !== null) - (a.version !== null) || a.name.localeCompare(b.name));
  const views = await Promise.all(tasks.map((task) => facts(task, models, trainings)));
  for (const view of views) place(view);
  for (const node of [...byId("tasks").children]) if (!views.some((view) => node.id === `task-${view.task.name}`)) node.remove();
}

async function facts(task, models, trainings) {
  const mine = models.filter((model) => model.task === task.name).reverse();
  const none = () => null;
  const live = task.version !== null;
  const [route, shadow, drift, rows] = await Promise.all([
    task.revision ? call(`/v1/tasks/${task.name}/route`).catch(none) : null,
    live ? call(`/v1/models/${task.name}/shadow`).catch(none) : null,
    live ? call(`/v1/models/${task.name}/drift`).catch(none) : null,
    call(`/v1/tasks/${task.name}/rows`).catch(none),
  ]);
  return { task, mine, route, shadow, drift, rows, trainings: trainings.filter((one) => one.wanted.task === task.name) };
}

function place(view) {
  const id = `task-${view.task.name}`;
  let node = byId(id);
  if (!node) {
    node = el("section", { class: "task", id }, el("header"), el("div", { class: "scroll" }), el("div", { class: "said" }), el("div", { class: "open" }), el("div", { class: "facts" }), el("div", { class: "trainings" }), trainForm(view.task));
    byId("tasks").querySelector(":scope > .calm")?.remove();
    byId("tasks").append(node);
  }
  redraw(node, "header", [view.task.title, view.drift], () => heading(view));
  redraw(node, ".scroll", [view.mine, view.shadow?.shadow, shown.get(view.task.name)], () => [versions(view)]);
  redraw(node, ".said", refusals.get(view.task.name)?.version ?? "", () => [refusal(view.task.name)]);
  redraw(node, ".open", shown.get(view.task.name) ?? "", () => [detail(view.task)]);
  redraw(node, ".facts", [view.route, view.shadow, view.drift, view.rows], () => [routeFacts(view), shadowFacts(view), driftFacts(view), rowFacts(view)]);
  redraw(node, ".trainings", view.trainings, () => view.trainings.slice(0, 3).map(training));
}

function redraw(node, selector, key, build) {
  const part = node.querySelector(`:scope > ${selector}`);
  const now = JSON.stringify(key ?? null);
  if (part.shown === now) return;
  part.shown = now;
  part.replaceChildren(...build().filter(Boolean));
}

function heading({ task, drift }) {
  const bad = drift && drift.verdict === "retrain";
  return [
    el("h2", { text: words(task.name) }),
    el("span", { text: task.title }),
    drift ? el("span", { class: bad ? "badge" : "badge good", text: bad ? "Drifted: retrain" : `Drift: ${drift.verdict}` }) : null,
  ];
}

function versions({ task, mine, shadow }) {
  if (!mine.length) return el("p", { class: "fine", text: "No version is trained yet." });
  const names = ["Version", "Candidate", "Trained", "Rows", "Accuracy", "Macro-F1", "ECE", "Answered at 90 %", "State", ""];
  const rows = mine.map((model) => {
    const metrics = model.metrics;
    return el(
      "tr",
      { class: model.current ? "serves" : "" },
      el("td", { text: model.version }),
      el("td", { text: model.engine }),
      el("td", { text: when(model.trained_at) }),
      el("td", { text: model.rows ?? "–" }),
      el("td", { text: three(metrics.accuracy) }),
      el("td", { text: three(metrics.macro_f1) }),
      el("td", { text: three(metrics.ece) }),
      el("td", { text: percent(metrics.coverage_at_90) }),
      el("td", { text: standing(model, shadow) }),
      el("td", {}, ...choices(task.name, model, shadow)),
    );
  });
  return el("table", { class: "versions" }, el("thead", {}, el("tr", {}, ...names.map((name) => el("th", { text: name })))), el("tbody", {}, ...rows));
}

function standing(model, shadow) {
  if (model.fault) return `cannot be used: ${model.fault}`;
  const said = [model.current ? "serves" : "", model.previous ? "served before" : "", shadow?.shadow === model.version ? "in the shadow" : "", model.gate ? `gate: ${model.gate}` : ""];
  return said.filter(Boolean).join(", ") || "stored";
}

function choices(task, model, shadow) {
  const path = `/v1/models/${task}`;
  const open = shown.get(task) === model.version;
  const look = small(open ? "Close" : "Look", () => { shown.set(task, open ? "" : model.version); return refresh(); });
  if (model.fault) return [];
  if (model.current) return [look];
  if (model.previous) return [look, small("Roll back to it", () => ask(task, model.version, `${path}/rollback`, {}))];
  const shadowed = shadow?.shadow === model.version;
  return [
    look,
    small("Promote", () => ask(task, model.version, `${path}/promote`, { version: model.version })),
    small(shadowed ? "End shadow" : "Shadow", () => ask(task, model.version, `${path}/shadow`, { version: shadowed ? null : model.version })),
  ];
}

const small = (text, run) => el("button", { type: "button", class: "plain", text, on: { click: run } });

async function ask(task, version, path, body) {
  refusals.delete(task);
  try {
    await call(path, body);
  } catch (problem) {
    refusals.set(task, { version, problem });
    byId(`task-${task}`).querySelector(":scope > .said").shown = null;
  }
  await refresh();
}

function refusal(task) {
  const found = refusals.get(task);
  if (!found) return null;
  const { version, problem } = found;
  const reasons = problem.details?.reasons ?? [];
  const field = el("input", { id: `why-${task}`, maxlength: 500, required: true });
  const force = (event) => {
    event.preventDefault();
    ask(task, version, `/v1/models/${task}/promote`, { version, force: true, reason: field.value });
  };
  const all_the_same = el("form", { on: { submit: force } }, el("div", {}, el("label", { for: `why-${task}`, text: "Use it all the same, because" }), field), el("button", { type: "submit", text: `Promote ${version}` }));
  return el(
    "div",
    { class: "refusal", role: "alert" },
    el("p", { text: reasons.length ? `The gate keeps ${version} out of use:` : problem.message }),
    reasons.length ? el("ul", {}, ...reasons.map((text) => el("li", { text }))) : null,
    reasons.length ? all_the_same : null,
  );
}

function detail({ name: task, version: serving }) {
  const version = shown.get(task);
  if (!version) return null;
  const key = `${task} ${version}`;
  if (!drawn.has(key)) {
    const place = el("div", { class: "detail" }, el("p", { class: "fine", text: "Loading …" }));
    drawn.set(key, place);
    fillDetail(place, `/v1/models/${task}/${version}`, version !== serving).catch((problem) => place.replaceChildren(el("p", { text: problem.message })));
  }
  return drawn.get(key);
}

async function fillDetail(place, path, candidate) {
  const [card, gate, ...plots] = await Promise.all([blob(`${path}/card`), candidate ? call(`${path}/gate`).catch(() => null) : null, picture(`${path}/plots/reliability`, "How far its confidence can be believed"), picture(`${path}/plots/confusion`, "What it takes for what")]);
  place.replaceChildren(
    el("div", { class: "plots" }, ...plots.filter(Boolean)),
    ...(gate ? [el("p", { text: verdict(gate) }), gateFigures(gate)].filter(Boolean) : []),
    el("pre", { text: card ? await card.text() : "It has no card." }),
  );
}

function verdict(gate) {
  const on = `on ${gate.rows} rows that it had not learnt${gate.against ? `, against ${gate.against}` : ""}`;
  return gate.passed ? `The gate would let it into use (${on}).` : `The gate would refuse it (${on}): ${gate.reasons.join(" ")}`;
}

function gateFigures(gate) {
  const names = Object.keys(gate.figures.after ?? {});
  if (!names.length) return null;
  const line = (name) => `${words(name)} ${three(gate.figures.before?.[name])} → ${three(gate.figures.after[name])}`;
  return el("p", { class: "fine", text: names.map(line).join(" · ") });
}

async function picture(path, alt) {
  const found = await blob(path);
  if (!found) return null;
  const reader = new FileReader();
  const read = new Promise((resolve) => reader.addEventListener("load", () => resolve(reader.result)));
  reader.readAsDataURL(found);
  return el("img", { src: await read, alt });
}

// Nothing where the task follows no route: its classifier answers.
function routeFacts({ task, route }) {
  if (!route) return null;
  const arms = route.members.map((one) => `${one.approach}: ${one.name}`).join(", then ");
  const figures = [route.macro_f1 === null ? "" : `macro-F1 ${three(route.macro_f1)}`, route.share_first === null ? "" : `the first answers ${percent(route.share_first)}`].filter(Boolean).join(", ");
  const said = el("p", { class: "said-so", role: "alert" });
  const back = () => remove(`/v1/tasks/${task.name}/route`).then(refresh, (problem) => { said.textContent = problem.message; });
  return el(
    "section",
    {},
    el("h3", { text: "Route" }),
    el("p", { text: `Answered by ${route.route} (${arms}).` }),
    el("p", { class: "fine", text: `${route.revision}, set ${when(route.set_at)} by ${route.who}${route.reason ? `: ${route.reason}` : ""}` }),
    route.comparison ? el("p", { class: "fine" }, el("a", { href: `/comparisons/${route.comparison}`, text: "As it was measured" }), figures ? `: ${figures}` : "") : null,
    route.trouble ? el("p", { class: "said-so", role: "alert", text: route.trouble }) : null,
    small("Let the classifier answer", back),
    said,
  );
}

function shadowFacts({ shadow }) {
  if (!shadow?.shadow) return el("section", {}, el("h3", { text: "Shadow" }), el("p", { class: "fine", text: "No version is asked beside the one that serves." }));
  const judged = shadow.judged ? `Of ${shadow.judged} that people judged, ${shadow.serving} had ${shadow.serving_right} right, ${shadow.shadow} ${shadow.shadow_right}.` : "People have judged none of them yet.";
  const rows = shadow.pairs.slice(0, 8).map((pair) => el("tr", {}, el("td", { text: label(pair.serving) }), el("td", { text: "→" }), el("td", { text: label(pair.shadow) }), el("td", { text: pair.count })));
  return el(
    "section",
    {},
    el("h3", { text: "Shadow" }),
    el("p", { text: `${shadow.shadow} beside ${shadow.serving}: ${shadow.answers} answers, ${percent(shadow.agreement)} agree.` }),
    el("p", { class: "fine", text: judged }),
    rows.length ? el("table", {}, ...rows) : null,
  );
}

const label = (name) => (name ? words(name) : "no answer");

function driftFacts({ drift }) {
  if (!drift) return null;
  const figures = drift.figures;
  const rows = ["unknown", "review", "confidence"].filter((name) => name in figures).map((name) => {
    const expected = figures[`${name}_reference`];
    return el("tr", {}, el("td", { text: DRIFT[name] }), el("td", { text: percent(figures[name]) }), el("td", { text: expected === undefined ? "" : `expected ${percent(expected)}` }));
  });
  return el(
    "section",
    {},
    el("h3", { text: "Drift" }),
    el("p", { text: drift.words }),
    el("p", { class: "fine", text: `Of the last ${figure(figures.predictions ?? 0)} answers of ${drift.version}, looked at ${when(drift.at)}.` }),
    rows.length ? el("table", {}, ...rows) : null,
    "label_shift" in figures ? el("p", { class: "fine", text: `Labels: stability index ${three(figures.label_shift)}.` }) : null,
  );
}

function rowFacts({ rows }) {
  if (!rows) return null;
  const list = rows.rows.slice(-5).map((row) => el("tr", {}, el("td", { text: words(row.label) }), el("td", { text: row.text ? `“${row.text.slice(0, 60)}”` : `${Object.keys(row.features ?? {}).length} features` }), el("td", { text: row.provenance.who })));
  return el(
    "section",
    {},
    el("h3", { text: "Labelled by people" }),
    el("p", { text: `${rows.rows.length} row(s) for the next training, ${rows.left_out.length} left out.` }),
    list.length ? el("table", {}, ...list) : null,
    ...rows.left_out.slice(-3).map((one) => el("p", { class: "fine", text: `${one.subject}: ${one.reason}` })),
  );
}

function training(one) {
  const began = `Training ${one.id}, begun ${when(one.started_at)}${one.by ? ` by ${one.by}` : ""}`;
  if (one.state !== "running") {
    const came = one.report ? `${one.report.version}, ${one.report.chosen}, macro-F1 ${three(one.report.test?.macro_f1)}` : one.fault;
    return el("p", { class: "fine", text: `${began}: ${one.state}${came ? `. ${came}` : ""}` });
  }
  const left = one.progress.remaining_s === null ? "" : `, about ${span(one.progress.remaining_s)} left`;
  return el("div", {}, el("p", { text: `${began}: ${one.progress.step || "begins"}${left}` }), el("progress", { max: 1, value: one.progress.share, "aria-label": "How far the training is" }), small("Cancel the training", () => call(`/v1/trainings/${one.id}/cancel`, {}).then(refresh)));
}

function trainForm(task) {
  const id = `train-${task.name}`;
  const file = el("input", { id: `${id}-file`, type: "file", accept: ".csv,.jsonl,.ndjson,.parquet" });
  const promote = el("input", { id: `${id}-promote`, type: "checkbox" });
  const said = el("p", { class: "said-so", role: "alert" });
  const start = async (event) => {
    event.preventDefault();
    const form = new FormData();
    if (file.files.length) form.append("file", file.files[0]);
    form.append("promote", String(promote.checked));
    said.textContent = "";
    try {
      await submit(`/v1/models/${task.name}/train`, form);
      await refresh();
    } catch (problem) {
      said.textContent = problem.message;
    }
  };
  return el(
    "form",
    { class: "train", on: { submit: start } },
    el("div", {}, el("label", { for: `${id}-file`, text: "Labelled rows (else those that ship with the task)" }), file),
    el("div", { class: "check" }, promote, el("label", { for: `${id}-promote`, text: "Put into use if the gate lets it" })),
    el("button", { type: "submit", text: "Train" }),
    said,
  );
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

const [, named, version] = /^#([\w.-]+)\/(v\d+)$/.exec(location.hash) ?? [];
if (named) shown.set(named, version);
for (;;) {
  try {
    await refresh();
    byId("notice").hidden = true;
  } catch (problem) {
    if (problem.status === 401) await askKey();
    else {
      byId("notice").hidden = false;
      byId("notice").textContent = problem.status ? problem.message : "Service not reachable.";
    }
  }
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
}
