// Issue cards: what is going on, what kind of fault, what to do; and what a person says to it.

import { answerView } from "./answer.js";
import { call } from "./api.js";
import { byId, clock, el, fill, figure, span, unit, words } from "./dom.js";

const cards = new Map();
const opened = new Map(); // card -> ids of evidence shown
const forms = new Map(); // card -> name of the form shown
let labels = new Map(); // name -> label of the task error_code
let kinds = new Map(); // machine -> kind
let onChange = () => {};

export function setUp({ tasks, machines, changed }) {
  onChange = changed;
  kinds = new Map(machines.map((machine) => [machine.id, machine.kind]));
  const task = tasks.find((one) => one.name === "error_code");
  labels = new Map((task?.labels ?? []).map((label) => [label.name, label]));
}

export function hearIssue(issue) {
  if (issue.state === "resolved") {
    byId(`card-${issue.id}`)?.remove();
    cards.delete(issue.id);
    return onChange(cards.size);
  }
  const isNew = !cards.has(issue.id);
  cards.set(issue.id, issue);
  paint(issue);
  if (isNew) order();
  onChange(cards.size, isNew ? issue : null);
}

export function keepOnly(ids) {
  for (const id of [...cards.keys()]) if (!ids.has(id)) hearIssue({ id, state: "resolved" });
}

function order() {
  const rank = { critical: 0, warning: 1, info: 2 };
  const sorted = [...cards.values()].sort(
    (a, b) => rank[a.severity] - rank[b.severity] || b.opened_at.localeCompare(a.opened_at),
  );
  const place = byId("cards");
  sorted.forEach((issue, at) => {
    const node = byId(`card-${issue.id}`);
    if (place.children[at] !== node) place.insertBefore(node, place.children[at] ?? null);
  });
}

function paint(issue) {
  let node = byId(`card-${issue.id}`);
  if (!node) {
    node = el("article", { class: "card", id: `card-${issue.id}`, tabindex: "-1", "aria-labelledby": `title-${issue.id}` });
    const three = el("div", { class: "triple" });
    for (const name of ["on", "kind", "do"]) three.append(el("section", { class: name }));
    node.append(el("header"), el("p", { class: "meta" }), three, el("div", { class: "actions" }));
    byId("cards").append(node);
  }
  node.dataset.severity = issue.severity;
  const part = (name) => node.querySelector(name);
  fill(part("header"), [issue.severity, issue.title, issue.state, issue.machine], () => heading(issue));
  paintAge(node, issue);
  fill(part(".on"), [issue.summary, issue.summary ? 0 : issue.evidence, [...shown(issue.id)]], () => goingOn(issue));
  fill(part(".kind"), [issue.diagnosis, issue.defect], () => faultKind(issue));
  fill(part(".do"), [issue.procedure, issue.diagnosis?.label], () => toDo(issue));
  fill(part(".actions"), [issue.state, issue.tags, forms.get(issue.id) ?? ""], () => actions(issue));
}

export function tick() {
  for (const issue of cards.values()) paintAge(byId(`card-${issue.id}`), issue);
}

function paintAge(node, issue) {
  const age = (Date.now() - Date.parse(issue.opened_at)) / 1000;
  const seen = issue.tags.acknowledged_by ? `, acknowledged by ${issue.tags.acknowledged_by}` : "";
  node.querySelector(".meta").textContent = `Card ${issue.id} \u00b7 opened ${clock(issue.opened_at)}, ${span(age)} ago${seen}`;
}

function heading(issue) {
  const sign = issue.severity === "critical" ? "\u25b2" : "\u25c6";
  return [
    el("span", { class: "badge", data: { severity: issue.severity } }, el("span", { "aria-hidden": "true", text: sign }), issue.severity),
    el("span", { class: "where", text: issue.machine }),
    el("h3", { id: `title-${issue.id}`, text: issue.title }),
    issue.state === "acknowledged" ? el("span", { class: "badge quiet", text: "Acknowledged" }) : null,
  ].filter(Boolean);
}

const shown = (id) => opened.get(id) ?? new Set();

function goingOn(issue) {
  const summary = issue.summary;
  const proofs = new Map([...issue.evidence, ...(summary?.evidence ?? [])].map((item) => [item.id, item]));
  const statements = summary?.statements ?? issue.evidence.slice(0, 6).map((item) => ({ text: item.statement, evidence: [item.id] }));
  return [
    el("h4", { text: "What is going on" }),
    summary ? el("p", { class: "head", text: summary.headline }) : null,
    el("ul", { class: "statements" }, ...statements.map((one) => statement(issue, one, proofs))),
    summary ? el("p", { class: "fine", text: writer(summary) }) : null,
  ];
}

function writer(summary) {
  const by = summary.engine === "deterministic" ? "Written by rule, without a language model" : `Written by ${summary.model}`;
  const replaced = summary.replaced.length ? `; ${summary.replaced.length} sentence(s) failed the check and were replaced` : "";
  return `${by}${replaced}. ${summary.note}`.trim();
}

function statement(issue, one, proofs) {
  const open = shown(issue.id);
  const item = el("li", {}, one.text);
  for (const id of one.evidence) item.append(chip(issue, id, open.has(id)));
  for (const id of one.evidence) if (open.has(id) && proofs.has(id)) item.append(proof(proofs.get(id)));
  return item;
}

function chip(issue, id, isOpen) {
  const toggle = () => {
    const ids = new Set(shown(issue.id));
    if (!ids.delete(id)) ids.add(id);
    opened.set(issue.id, ids);
    paint(cards.get(issue.id));
  };
  return el("button", {
    type: "button", class: "chip", text: id, "aria-expanded": String(isOpen), title: "Show the evidence",
    data: { focus: `${issue.id}-${id}` }, on: { click: toggle },
  });
}

function proof(item) {
  const rows = item.rows.map((range) => `${range.table} ${range.first} to ${range.last}`).join(", ");
  const facts = [
    ["Kind", words(item.kind)],
    ["Signals", item.signals.join(", ")],
    ["From, to", `${clock(item.start)} to ${item.active ? "now" : clock(item.end)}`],
    ...Object.entries(item.numbers).map(([role, number]) => [words(role), `${figure(number.value)} ${unit(number.unit)}`]),
    ["Codes", item.codes.join(", ")],
    ["Rows of the history", rows],
  ].filter(([, value]) => value);
  return el(
    "div",
    { class: "proof" },
    el("p", { text: item.statement }),
    el("dl", {}, ...facts.flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { text: value })])),
    ...item.quotes.map((quote) => el("blockquote", { text: quote })),
  );
}

function faultKind(issue) {
  const diagnosis = issue.diagnosis;
  return [
    el("h4", { text: "What kind of fault" }),
    ...(diagnosis ? diagnosed(diagnosis) : [el("p", { class: "fine", text: "Not looked at yet." })]),
    issue.defect?.label ? defect(issue.defect) : null,
  ];
}

function diagnosed(diagnosis) {
  const others = diagnosis.alternatives.filter((other) => other.label !== diagnosis.label && other.confidence >= 0.01).slice(0, 2);
  const also = others.map((other) => `${words(other.label)} ${percent(other.confidence)}`).join(", ");
  if (!diagnosis.label) {
    return [
      el("p", { class: "label", text: diagnosis.outcome === "review" ? "Needs a look by a person" : "Not known" }),
      oneOf(diagnosis),
      el("p", { class: "fine", text: `${diagnosis.reason} ${also && `Considered: ${also}.`}` }),
      weighed(diagnosis),
    ];
  }
  const level = el("span");
  level.style.width = `${diagnosis.confidence * 100}%`;
  const sure = el("span", { class: "bar-of", "aria-hidden": "true" }, level);
  return [
    el("p", { class: "label", text: words(diagnosis.label) }),
    diagnosis.engine === "classifier" ? el("p", { class: "sure" }, sure, `${percent(diagnosis.confidence)} sure`) : null,
    labels.get(diagnosis.label)?.description ? el("p", { text: labels.get(diagnosis.label).description }) : null,
    el("p", { class: "fine", text: origin(diagnosis) }),
    diagnosis.label_set.length > 1 ? oneOf(diagnosis) : also ? el("p", { class: "fine", text: `Also considered: ${also}.` }) : null,
    weighed(diagnosis),
  ];
}

// The labels among which the right one is nine times in ten.
function oneOf(diagnosis) {
  if (!diagnosis.label_set.length) return null;
  return el("p", { class: "fine" }, "One of: ", el("strong", { text: diagnosis.label_set.map(words).join(", ") }), ".");
}

function weighed(diagnosis) {
  const heavy = diagnosis.explanation.filter((one) => one.weight > 0).map((one) => one.what);
  return heavy.length ? el("p", { class: "fine", text: `Weighed most: ${heavy.join(", ")}.` }) : null;
}

function origin(diagnosis) {
  if (diagnosis.engine === "code-table") return `Known code, looked up: ${diagnosis.reason}`;
  if (diagnosis.engine === "operator") return "Said by a person.";
  return `Read from ${diagnosis.basis.length} message(s) by model ${diagnosis.model_version}. ${diagnosis.reason}`;
}

function defect(found) {
  return el("p", { class: "fine" }, "Parts made now: ", el("strong", { text: words(found.label) }), ` (${percent(found.confidence)} sure)`);
}

const percent = (share) => (share > 0.99 && share < 1 ? "over 99 %" : `${Math.round(share * 100)} %`);

function toDo(issue) {
  const title = el("h4", { text: "What to do" });
  if (!issue.procedure) {
    return [title, el("p", { class: "fine", text: issue.diagnosis?.label ? "No procedure found yet." : "A procedure is looked up once the kind of fault is known." })];
  }
  return [title, ...answerView(issue.procedure)];
}

function actions(issue) {
  const open = forms.get(issue.id);
  if (open) return form(issue, open);
  const verdict = issue.tags.label ? `Corrected to ${words(issue.tags.label)}` : issue.tags.verdict === "right" ? "Diagnosis confirmed" : issue.tags.verdict === "wrong" ? "Diagnosis marked wrong" : "";
  return [
    issue.state === "open" ? button(issue, "acknowledge", "Acknowledge", () => send(issue, `/v1/issues/${issue.id}/acknowledge`, {})) : null,
    button(issue, "ask", "Ask about it", () => document.dispatchEvent(new CustomEvent("andon-ask", { detail: issue.machine })), "plain"),
    button(issue, "resolve", "Resolve \u2026", () => show(issue, "resolve"), "plain"),
    issue.diagnosis?.label && !verdict ? button(issue, "right", "Diagnosis right", () => send(issue, "/v1/feedback", { issue: issue.id, verdict: "right" }), "plain") : null,
    button(issue, "wrong", "Diagnosis wrong \u2026", () => show(issue, "wrong"), "plain"),
    verdict ? el("span", { class: "said-so", text: verdict }) : null,
  ].filter(Boolean);
}

function button(issue, name, text, run, look = "") {
  return el("button", { type: "button", class: look, text, data: { focus: `${issue.id}-${name}` }, on: { click: run } });
}

function show(issue, name) {
  if (name) forms.set(issue.id, name);
  else forms.delete(issue.id);
  paint(cards.get(issue.id));
  byId(`card-${issue.id}`).querySelector(".actions :is(select, input)")?.focus();
}

function form(issue, name) {
  const id = `form-${issue.id}`;
  const fields = name === "resolve" ? [field(id, "What was done")] : [choice(id, kinds.get(issue.machine)), field(`${id}-more`, "Remark")];
  const submit = (event) => {
    event.preventDefault();
    const [first, second] = event.target.querySelectorAll("select, input");
    forms.delete(issue.id);
    if (name === "resolve") send(issue, `/v1/issues/${issue.id}/resolve`, { resolution: first.value });
    else send(issue, "/v1/feedback", { issue: issue.id, verdict: "wrong", ...(first.value ? { label: first.value } : {}), comment: second.value });
  };
  return el(
    "form",
    { on: { submit } },
    ...fields,
    el("button", { type: "submit", text: name === "resolve" ? "Resolve" : "Send" }),
    el("button", { type: "button", class: "plain", text: "Cancel", on: { click: () => show(issue, null) } }),
  );
}

function field(id, label) {
  return el("div", {}, el("label", { for: id, text: label }), el("input", { id, maxlength: 500 }));
}

function choice(id, kind) {
  const possible = [...labels.values()].filter((label) => !label.machine_kinds.length || label.machine_kinds.includes(kind));
  const options = possible.map(({ name }) => el("option", { value: name, text: words(name) }));
  return el("div", {}, el("label", { for: id, text: "It really was" }), el("select", { id }, el("option", { value: "", text: "not known" }), ...options));
}

async function send(issue, path, body) {
  const place = byId(`card-${issue.id}`).querySelector(".actions");
  for (const one of place.querySelectorAll("button")) one.disabled = true;
  try {
    await call(path, body);
    hearIssue(await call(`/v1/issues/${issue.id}`));
  } catch (problem) {
    place.shown = null;
    paint(cards.get(issue.id) ?? issue);
    place.append(el("span", { class: "said-so", role: "alert", text: problem.message }));
  }
}
