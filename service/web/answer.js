// Answers from documents: warnings marked, steps in order, every place a link that opens it.

import { el } from "./dom.js";

const STEP = /^\s*(?:step\s+|schritt\s+)?(\d{1,3})[.)]\s+(.+)$/i;
const HEADING = /^.{1,60}:$/; // of the warnings and of the steps, which are shown as such
const WARNING = /^[\s>*]*(danger|warning|caution|note|notice|gefahr|warnung|vorsicht|achtung|hinweis)\b[\s:*]*(.*)$/i;
const PLACE = /^\(.+, (?:revision|Revision|Rev\.?) .+\)$/; // said by the links below

export function answerView(answer) {
  if (answer.declined) return declined(answer);
  return [
    answer.conflicts?.length ? conflicts(answer.conflicts) : null,
    ...body(answer),
    sources(answer.citations),
    written(answer),
  ];
}

function body(answer) {
  const blocks = sort(answer.text);
  if (!answer.sentences?.length) return blocks.map(block);
  return [
    ...blocks.filter(([kind]) => kind === "guard").map(block),
    el("ul", { class: "said" }, ...answer.sentences.map((one) => sentence(one, answer.citations))),
    ...blocks.filter(([kind]) => kind === "steps").map(block),
  ];
}

function declined(answer) {
  return [
    el("p", { class: "declined", text: "No answer from the documents." }),
    el("p", { class: "fine", text: answer.reason }),
    answer.nearest.length ? el("p", { class: "fine", text: "Nearest places:" }) : null,
    el("ul", { class: "nearest" }, ...answer.nearest.map((cited) => el("li", {}, source(cited), el("p", { class: "fine", text: short(cited.quote) })))),
  ];
}

// Lines in their order, as blocks of one kind: [kind, lines].
function sort(text) {
  const found = [];
  const put = (kind, line) => {
    if (found.at(-1)?.[0] === kind && kind !== "text") found.at(-1)[1].push(line);
    else found.push([kind, [line]]);
  };
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (!line || HEADING.test(line) || PLACE.test(line)) continue;
    const warning = WARNING.exec(line);
    const numbered = STEP.exec(line);
    if (warning) put("guard", [warning[1], warning[2]]);
    else if (numbered) put("steps", [Number(numbered[1]), numbered[2]]);
    else put("text", line);
  }
  return found;
}

function block([kind, lines]) {
  if (kind === "guard") return el("div", { class: "guard", role: "note" }, ...lines.map(([word, words]) => el("p", {}, el("strong", { text: `${word.toUpperCase()}: ` }), words)));
  if (kind === "steps") return el("ol", { class: "steps" }, ...lines.map(([number, words]) => el("li", { value: number, text: words })));
  return el("p", { text: lines[0] });
}

function sentence(one, citations) {
  const cited = citations.find((each) => each.passage === one.passage);
  const proof = el("details", {}, el("summary", { text: "the words it stands on" }), el("blockquote", { text: one.quote }));
  if (cited) proof.append(source(cited, one.quote));
  return el("li", {}, el("span", { text: one.text }), proof);
}

function conflicts(found) {
  const side = (cited, word) =>
    el("div", {}, el("p", {}, el("strong", { text: word })), el("blockquote", { text: short(cited.quote) }), source(cited));
  return el(
    "div",
    { class: "conflicts", role: "note" },
    el("p", {}, el("strong", { text: "Documents in force do not say the same. The newer one counts." })),
    ...found.map((one) => el("div", {}, one.what ? el("p", { text: one.what }) : null, el("div", { class: "sides" }, side(one.newer, "Newer"), side(one.older, "Older")))),
  );
}

function written(answer) {
  const dropped = answer.dropped ? ` ${answer.dropped} sentence(s) that no passage bears out were left out.` : "";
  const by = answer.sentences?.length ? `Written by ${answer.model || answer.engine}; each sentence stands on words of a document.` : "Quoted word for word.";
  return el("p", { class: "fine", text: `${by}${dropped} ${answer.note ?? ""}`.trim() });
}

export function sources(citations) {
  const seen = new Set();
  const places = [];
  for (const cited of citations) {
    if (seen.has(place(cited))) continue;
    seen.add(place(cited));
    places.push(el("p", {}, source(cited)));
  }
  return places.length ? el("div", { class: "sources" }, ...places) : null;
}

// Opens beside this page; the key of this tab goes along, for it is kept by the tab.
function source(cited, quote = "") {
  const path = `/documents/${encodeURIComponent(cited.document)}/${encodeURIComponent(cited.revision)}`;
  const asked = new URLSearchParams({ passage: cited.passage, ...(quote ? { quote: quote.slice(0, 1000) } : {}) });
  return el("a", { class: "source", href: `${path}?${asked}`, target: "_blank", rel: "opener" }, el("strong", { text: place(cited) }), ` \u00b7 ${cited.title}`);
}

export function place(cited) {
  const last = cited.last_page ? ` to ${cited.last_page}` : "";
  const label = cited.page_label ? ` (printed ${cited.page_label})` : "";
  return `${cited.document} \u00b7 revision ${cited.revision} \u00b7 page ${cited.page}${last}${label}`;
}

function short(words) {
  return words.length > 320 ? `${words.slice(0, 319)}\u2026` : words;
}
