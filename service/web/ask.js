// The box for questions: a conversation with streamed answers, and a verdict on each.

import { answerView } from "./answer.js";
import { call, tellOf } from "./api.js";
import { byId, el } from "./dom.js";

const SAID = /"text"\s*:\s*"((?:[^"\\]|\\.)*)/g; // of a draft, which is JSON that is not ended yet

let conversation = null;
let documents = []; // to choose from when an answer was wrong
let turns = 0;

export function setUpAsk(machines) {
  const chosen = byId("ask-machine");
  chosen.replaceChildren(chosen.options[0], ...machines.map((id) => el("option", { value: id, text: id })));
}

// A card sends its machine here.
function about(machine) {
  byId("ask-machine").value = machine;
  byId("ask-question").focus();
  byId("ask-title").scrollIntoView({ block: "nearest" });
}

function begin() {
  conversation = null;
  byId("ask-turns").replaceChildren();
  byId("ask-new").hidden = true;
  byId("ask-label").textContent = "Question";
  byId("ask-question").focus();
}

async function ask() {
  const question = byId("ask-question").value.trim();
  if (!question) return;
  const send = byId("ask").querySelector("button[type=submit]");
  const machine = byId("ask-machine").value;
  const turn = shown(question, machine);
  send.disabled = true;
  try {
    const answer = await answered({ question, ...(machine ? { machine } : {}) }, turn);
    conversation = answer.conversation;
    paint(turn, answer);
    byId("ask-question").value = "";
    byId("ask-new").hidden = false;
    byId("ask-label").textContent = "Follow-up question";
  } catch (problem) {
    turn.replaceChildren(el("p", { class: "declined", role: "alert", text: problem.message }), el("p", { class: "fine", text: problem.remedy ?? "" }));
  } finally {
    send.disabled = false;
  }
}

// A conversation that is over is begun anew, and said to be.
async function answered(body, turn) {
  try {
    return await streamed({ ...body, ...(conversation ? { conversation } : {}) }, turn);
  } catch (problem) {
    if (!conversation || ![404, 409].includes(problem.status)) throw problem;
    conversation = null;
    turn.before(el("p", { class: "fine", text: "The conversation before is over; this is a new one." }));
    return streamed(body, turn);
  }
}

async function streamed(body, turn) {
  let draft = "";
  let answer = null;
  await tellOf("/v1/ask", { ...body, stream: true }, (kind, data) => {
    if (kind === "draft") draft += data.text;
    if (kind === "again") draft = "";
    if (kind === "draft" || kind === "again") drafted(turn, draft);
    if (kind === "answer") answer = data;
  });
  if (!answer) throw new Error("The answer broke off. Ask again.");
  return answer;
}

function drafted(turn, draft) {
  const words = [...draft.matchAll(SAID)].map((one) => one[1].replaceAll(/\\[nrt]/g, " ").replaceAll(/\\(.)/g, "$1"));
  turn.replaceChildren(el("p", { class: "fine", text: "A draft, not checked yet:" }), el("p", { class: "draft", text: words.join(" ") || "\u2026" }));
}

function shown(question, machine) {
  turns += 1;
  const body = el("div", { class: "body", "aria-busy": "true" }, el("p", { class: "fine", text: "Looking in the documents \u2026" }));
  const head = el("h3", { id: `turn-${turns}`, text: question });
  const where = machine ? el("p", { class: "fine about", text: `About ${machine}` }) : null;
  byId("ask-turns").append(el("li", { class: "answer", "aria-labelledby": head.id }, head, where, body));
  head.scrollIntoView({ block: "nearest" });
  return body;
}

function paint(turn, answer) {
  const named = answer.machine ? `About ${answer.machine}` : "About any machine";
  const where = turn.parentElement.querySelector(".about") ?? el("p", { class: "fine about" });
  where.textContent = named;
  turn.before(where);
  turn.removeAttribute("aria-busy");
  turn.replaceChildren(...answerView(answer).filter(Boolean), verdict(answer));
}

function verdict(answer) {
  const place = el("div", { class: "verdict" });
  const right = answer.declined ? "Right: nothing there" : "Right";
  const say = (word) => () => judge(place, { answer: answer.id, verdict: word });
  place.append(
    el("button", { type: "button", class: "plain", text: right, on: { click: say("right") } }),
    el("button", { type: "button", class: "plain", text: "Wrong \u2026", on: { click: () => correct(place, answer) } }),
  );
  return place;
}

async function correct(place, answer) {
  if (!documents.length) documents = (await call("/v1/documents?status=current").catch(() => ({ documents: [] }))).documents;
  const id = `fix-${answer.id}`;
  const which = el("select", { id }, el("option", { value: "", text: "I do not know" }), ...documents.map((one) => el("option", { value: one.id, text: `${one.id} \u00b7 ${one.title}` })));
  const page = el("input", { id: `${id}-page`, type: "number", min: "1", max: "100000" });
  const words = el("input", { id: `${id}-words`, maxlength: "2000" });
  const send = (event) => {
    event.preventDefault();
    const right = which.value ? { document: which.value, ...(page.value ? { page: Number(page.value) } : {}) } : {};
    judge(place, { answer: answer.id, verdict: "wrong", comment: words.value, ...right });
  };
  place.replaceChildren(
    el(
      "form",
      { on: { submit: send } },
      el("label", { for: id, text: "Which document would have been right?" }),
      which,
      el("label", { for: page.id, text: "On which page?" }),
      page,
      el("label", { for: words.id, text: "What was wrong?" }),
      words,
      el("button", { type: "submit", text: "Send" }),
      el("button", { type: "button", class: "plain", text: "Cancel", on: { click: () => place.replaceWith(verdict(answer)) } }),
    ),
  );
  which.focus();
}

async function judge(place, body) {
  try {
    await call("/v1/feedback", body);
    place.replaceChildren(el("p", { class: "said-so", role: "status", text: body.verdict === "right" ? "Kept: right." : "Kept: wrong. Thank you." }));
  } catch (problem) {
    place.append(el("p", { class: "said-so", role: "alert", text: problem.message }));
  }
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
byId("ask-question").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId("ask").requestSubmit();
});
byId("ask-new").addEventListener("click", begin);
document.addEventListener("andon-ask", (event) => about(event.detail));
