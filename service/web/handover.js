// The shift handover of a line: sections with their sentences, instructions given and cleared.

import { call } from "./api.js";
import { byId, clock, el } from "./dom.js";

const SHIFT_H = 8;
const WORDS = {
  en: {
    title: "Shift handover",
    exceptions: "Exceptions",
    standing: "Standing alarms",
    out_of_service: "Out of service",
    open_cards: "Open cards",
    instructions: "Instructions",
    clear: "Clear",
    give: "Give instruction",
    about: "About",
    line: "the whole line",
    words: "What the next shifts are to know or to do",
    by: "Your name",
  },
  de: {
    title: "Schichtübergabe",
    exceptions: "Besonderheiten",
    standing: "Anstehende Meldungen",
    out_of_service: "Außer Betrieb",
    open_cards: "Offene Karten",
    instructions: "Anweisungen",
    clear: "Erledigt",
    give: "Anweisung geben",
    about: "Betrifft",
    line: "die ganze Linie",
    words: "Was die nächsten Schichten wissen oder tun sollen",
    by: "Ihr Name",
  },
};
const SECTIONS = ["exceptions", "standing", "out_of_service", "open_cards", "instructions"];

let machines = [];
let line = "";
let language = document.documentElement.lang in WORDS ? document.documentElement.lang : "en";

export function setUpHandover(found) {
  machines = found;
  const lines = [...new Set(found.map((machine) => machine.line))];
  const button = (id) => el("button", { class: "plain", type: "button", text: `Shift handover ${id}`, on: { click: () => open(id) } });
  byId("handovers").replaceChildren(...lines.map(button));
  byId("handover-close").addEventListener("click", () => byId("handover").close());
  byId("handover-language").addEventListener("change", (event) => {
    language = event.target.value;
    show();
  });
  const linked = decodeURIComponent(location.hash.replace("#handover=", ""));
  if (lines.includes(linked)) open(linked); // a link to a handover
}

async function open(id) {
  line = id;
  byId("handover").showModal();
  await show();
}

async function show() {
  const said = WORDS[language];
  byId("handover-language").value = language;
  byId("handover-title").textContent = `${said.title} ${line}`;
  const place = byId("handover-text");
  place.lang = language;
  place.replaceChildren(el("p", { class: "fine", text: "\u2026" }));
  const end = new Date();
  const start = new Date(end - SHIFT_H * 3_600_000);
  try {
    const summary = await call("/v1/summaries", { line, start, end, language, prompt: "shift-handover" });
    place.replaceChildren(...text(summary, said), form(said));
  } catch (problem) {
    place.replaceChildren(el("p", { class: "declined", text: problem.message }), el("p", { class: "fine", text: problem.remedy ?? "" }));
  }
}

function text(summary, said) {
  const proofs = new Map(summary.evidence.map((item) => [item.id, item]));
  const own = (name) => summary.statements.filter((one) => one.section === name);
  return [
    el("p", { class: "fine", text: `${clock(summary.start, true)} \u2013 ${clock(summary.end)} \u00b7 ${summary.engine} ${summary.model}` }),
    el("p", { class: "head", text: summary.headline }),
    ...SECTIONS.map((name) => el("section", {}, el("h3", { text: said[name] }), el("ul", {}, ...own(name).map((one) => point(one, proofs, said))))),
  ];
}

function point(one, proofs, said) {
  const item = el("li", { text: one.text });
  const first = proofs.get(one.evidence[0]);
  if (first?.kind === "instruction") {
    const clear = () => change(`/v1/instructions/${encodeURIComponent(first.codes[0])}/clear`, {});
    item.append(" ", el("button", { class: "plain", type: "button", text: said.clear, on: { click: clear } }));
  }
  return item;
}

function form(said) {
  const own = machines.filter((machine) => machine.line === line);
  const about = el("select", { id: "give-about" }, el("option", { value: "", text: said.line }), ...own.map((one) => el("option", { value: one.id, text: one.id })));
  const words = el("textarea", { id: "give-words", rows: "2", maxlength: "500", required: true });
  const by = el("input", { id: "give-by", maxlength: "120" });
  const give = (event) => {
    event.preventDefault();
    change("/v1/instructions", { ...(about.value ? { machine: about.value } : { line }), text: words.value, by: by.value });
  };
  return el(
    "form",
    { on: { submit: give } },
    el("label", { for: "give-about", text: said.about }),
    about,
    el("label", { for: "give-words", text: said.words }),
    words,
    el("label", { for: "give-by", text: said.by }),
    by,
    el("button", { type: "submit", text: said.give }),
  );
}

async function change(path, body) {
  try {
    await call(path, body);
    await show();
  } catch (problem) {
    byId("handover-text").prepend(el("p", { class: "declined", role: "alert", text: problem.message }));
  }
}
