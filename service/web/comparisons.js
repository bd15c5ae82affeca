// The list of comparisons: what was recommended, with its report, what runs, and a form for more.

import { call, keep, put, submit } from "./api.js";
import { byId, clock, el, figure, fill, span, words } from "./dom.js";

const EVERY_MS = 2000;
const VERDICTS = {
  prompt: "A prompt is enough",
  rag: "Retrieval is enough",
  finetune: "Fine-tune a model",
  cascade: "Ask the cheap one first",
  none: "None of them reaches the target yet",
};

const said = new Map(); // id -> what came of following it

async function refresh() {
  const [{ comparisons }, { tasks }] = await Promise.all([call("/v1/comparisons"), call("/v1/tasks")]);
  fill(byId("new"), tasks.map((task) => task.name), () => form(tasks));
  fill(byId("list"), [comparisons, [...said]], () => (comparisons.length ? comparisons.map(row) : el("p", { class: "calm", text: "Nothing was compared yet. On the command line: andon compare TASK --data FILE" })));
}

function row(one) {
  const by = one.by ? ` by ${one.by}` : " with the command";
  return el(
    "article",
    { class: "compared", data: { state: one.state } },
    el("h3", { text: words(one.asked.task) }),
    el("p", { class: "verdict", text: came(one) }),
    el("p", { class: "small", text: `${clock(one.started_at, true)}${by}${measured(one.verdict)}` }),
    el("div", { class: "went" }, ...went(one)),
    el("p", { class: "said-so", role: "alert", text: said.get(one.id) ?? "" }),
  );
}

function came(one) {
  if (one.verdict) {
    const words = one.verdict.arm === "prompt/key words" ? "Key words are enough" : VERDICTS[one.verdict.approach];
    return one.fault ? `${words} (${one.fault})` : words;
  }
  if (one.state !== "running") return one.fault ? `${words(one.state)}: ${one.fault}` : words(one.state);
  const left = one.progress.remaining_s === null ? "" : `, about ${span(one.progress.remaining_s)} left`;
  return `${one.progress.step || "It begins"}${left}`;
}

function measured(verdict) {
  return verdict ? ` · target ${figure(verdict.target)}, ${verdict.test_rows} of ${verdict.rows} rows for the test · took ${span(verdict.seconds)}` : "";
}

function went(one) {
  if (one.page) return [follow(one), el("a", { class: "open", href: one.page, text: "Report", "aria-label": `Report of ${one.id}`, data: { focus: one.id } })].filter(Boolean);
  if (one.state !== "running") return [];
  const cancel = () => call(`/v1/comparisons/${one.id}/cancel`, {}).then(refresh);
  return [el("progress", { max: 1, value: one.progress.share, "aria-label": "How far the comparison is" }), el("button", { type: "button", class: "plain", text: "Cancel", on: { click: cancel }, data: { focus: one.id } })];
}

// Nothing where nothing is recommended; questions have no route.
function follow(one) {
  const task = one.asked.task;
  if (!one.verdict || one.verdict.approach === "none" || task === "questions") return null;
  const set = async () => {
    if (!confirm(`Answer ${words(task)} from now on as this report recommends?`)) return;
    try {
      const route = await put(`/v1/tasks/${task}/route`, { comparison: one.id });
      said.set(one.id, `From now on it is answered that way (${route.route}).`);
    } catch (problem) {
      said.set(one.id, problem.message);
    }
    await refresh();
  };
  return el("button", { type: "button", class: "plain", text: "Follow it", on: { click: set } });
}

function form(tasks) {
  const task = el("input", { id: "task", required: true, maxlength: 64, list: "tasks", autocomplete: "off" });
  const file = el("input", { id: "file", type: "file", accept: ".csv,.tsv,.jsonl,.ndjson,.parquet" });
  const codes = el("input", { id: "codes", type: "file" });
  const target = el("input", { id: "target", type: "number", min: 0.01, max: 1, step: 0.01, placeholder: "0.80" });
  const apply = el("input", { id: "apply", type: "checkbox" });
  const answer = el("p", { class: "said-so", role: "alert" });
  const start = async (event) => {
    event.preventDefault();
    const sent = new FormData();
    sent.append("task", task.value.trim());
    if (file.files.length) sent.append("file", file.files[0]);
    if (codes.files.length) sent.append("codes", codes.files[0]);
    if (target.value) sent.append("target", target.value);
    sent.append("apply", String(apply.checked));
    answer.textContent = "";
    try {
      await submit("/v1/comparisons", sent);
      await refresh();
    } catch (problem) {
      answer.textContent = problem.message;
    }
  };
  const field = (id, text, input) => el("div", {}, el("label", { for: id, text }), input);
  return el(
    "form",
    { class: "start", on: { submit: start } },
    el("h2", { text: "Compare the three ways" }),
    el("datalist", { id: "tasks" }, ...tasks.map((one) => el("option", { value: one.name }))),
    el(
      "div",
      { class: "fields" },
      field("task", "Task", task),
      field("file", "Labelled rows (else those that ship with the task)", file),
      field("codes", "Code table or manual (else the plant's documents)", codes),
      field("target", "Macro-F1 that is wanted", target),
    ),
    el("div", { class: "check" }, apply, el("label", { for: "apply", text: "Answer the task that way from then on" })),
    el("button", { type: "submit", text: "Compare" }),
    answer,
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
