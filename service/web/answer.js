// Answers from documents: warnings first, steps in order, the place they were quoted from.

import { el } from "./dom.js";

const STEP = /^\s*(?:step\s+)?(\d{1,3})[.)]\s+(.+)$/i;
const HEADING = /^.{1,60}:$/; // of the warnings and of the steps, which are shown as such
const WARNING = /^[\s>*]*(danger|warning|caution|note)\b[\s:*]*(.*)$/i;

export function answerView(answer) {
  if (answer.declined) return declined(answer);
  const { guards, before, steps, after } = sort(answer.text);
  return [
    ...before.map((line) => el("p", { text: line })),
    guards.length ? el("div", { class: "guard" }, ...guards.map(guard)) : null,
    steps.length ? el("ol", { class: "steps" }, ...steps.map(step)) : null,
    ...after.map((line) => el("p", { text: line })),
    sources(answer.citations),
  ];
}

function declined(answer) {
  return [
    el("p", { class: "declined", text: "No answer from the documents." }),
    el("p", { class: "fine", text: answer.reason }),
    answer.nearest.length ? el("p", { class: "fine", text: "Nearest places:" }) : null,
    sources(answer.nearest),
  ];
}

function sort(text) {
  const found = { guards: [], before: [], steps: [], after: [] };
  for (const line of text.split("\n").filter((each) => each.trim() && !HEADING.test(each.trim()))) {
    const warning = WARNING.exec(line);
    const numbered = STEP.exec(line);
    if (warning) found.guards.push([warning[1], warning[2]]);
    else if (numbered) found.steps.push([Number(numbered[1]), numbered[2]]);
    else (found.steps.length ? found.after : found.before).push(line.trim());
  }
  return found;
}

function guard([kind, words]) {
  return el("p", {}, el("strong", { text: `${kind.toUpperCase()}: ` }), words);
}

function step([number, words]) {
  return el("li", { value: number, text: words });
}

export function sources(citations) {
  const seen = new Set();
  const places = [];
  for (const cited of citations) {
    const place = `${cited.document} \u00b7 revision ${cited.revision} \u00b7 page ${cited.page}`;
    if (seen.has(place)) continue;
    seen.add(place);
    places.push(el("p", {}, el("span", { class: "source" }, el("strong", { text: place }), ` \u00b7 ${cited.title}`)));
  }
  return places.length ? el("div", {}, ...places) : null;
}
