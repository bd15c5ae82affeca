// Talks to the service: JSON, problem details, and the event stream (by fetch, so that it can send a key).

const KEY = "andon-key";

export class Problem extends Error {
  constructor(status, details) {
    super(details.detail ?? details.title ?? `Error ${status}`);
    this.status = status;
    this.remedy = details.remedy ?? "";
    this.details = details;
  }
}

function headers(more = {}) {
  const key = sessionStorage.getItem(KEY);
  return key ? { Authorization: `Bearer ${key}`, ...more } : more;
}

export function keep(key) {
  sessionStorage.setItem(KEY, key.trim());
}

export async function call(path, body) {
  const post = { method: "POST", body: JSON.stringify(body), headers: headers({ "Content-Type": "application/json" }) };
  const reply = await fetch(path, body === undefined ? { headers: headers() } : post);
  if (!reply.ok) throw new Problem(reply.status, await reply.json().catch(() => ({})));
  return reply.json();
}

// Takes something away; nothing comes back.
export async function remove(path) {
  const reply = await fetch(path, { method: "DELETE", headers: headers() });
  if (!reply.ok) throw new Problem(reply.status, await reply.json().catch(() => ({})));
}

// Puts a thing into the place of what was there.
export async function put(path, body) {
  const reply = await fetch(path, { method: "PUT", body: JSON.stringify(body), headers: headers({ "Content-Type": "application/json" }) });
  if (!reply.ok) throw new Problem(reply.status, await reply.json().catch(() => ({})));
  return reply.json();
}

// Sends a form; the browser sets its boundary.
export async function submit(path, form) {
  const reply = await fetch(path, { method: "POST", body: form, headers: headers() });
  if (!reply.ok) throw new Problem(reply.status, await reply.json().catch(() => ({})));
  return reply.json();
}

// A text or a picture of the service; null where it has none.
export async function blob(path) {
  const reply = await fetch(path, { headers: headers() });
  if (reply.status === 404) return null;
  if (!reply.ok) throw new Problem(reply.status, await reply.json().catch(() => ({})));
  return reply.blob();
}

// Calls `hear(kind, data)` for each event until the connection ends; rejects when it breaks.
export async function listen(path, hear, signal) {
  const reply = await fetch(path, { headers: headers({ Accept: "text/event-stream" }), signal });
  await hearAll(reply, hear);
}

// The same for a request that is answered by events; a `problem` among them rejects.
export async function tellOf(path, body, hear) {
  const sent = headers({ "Content-Type": "application/json", Accept: "text/event-stream" });
  const reply = await fetch(path, { method: "POST", body: JSON.stringify(body), headers: sent });
  await hearAll(reply, (kind, data) => {
    if (kind === "problem") throw new Problem(data.status, data);
    hear(kind, data);
  });
}

async function hearAll(reply, hear) {
  if (!reply.ok) throw new Problem(reply.status, await reply.json().catch(() => ({})));
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (pending + value).replaceAll("\r\n", "\n").split("\n\n");
    pending = blocks.pop();
    for (const block of blocks) tell(block, hear);
  }
}

function tell(block, hear) {
  const fields = { event: "message", data: "" };
  for (const line of block.split("\n")) {
    const at = line.indexOf(":");
    if (at > 0) fields[line.slice(0, at)] = line.slice(at + 1).trimStart();
  }
  hear(fields.event, fields.data ? JSON.parse(fields.data) : null);
}
