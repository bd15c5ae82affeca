// Shows one page of a document with the cited words marked: its picture, or its text.

import { blob, call, keep } from "./api.js";
import { byId, el, svg } from "./dom.js";

const [, , id, revision] = location.pathname.split("/").map(decodeURIComponent);
const query = new URLSearchParams(location.search);
const base = `/v1/documents/${encodeURIComponent(id)}/${encodeURIComponent(revision)}/pages`;
const NOT = {
  superseded: "Superseded. Do not work by this revision.",
  withdrawn: "Withdrawn. Do not work by this document.",
  draft: "A draft. Do not work by this document.",
};

function asked(page) {
  const more = new URLSearchParams(query);
  if (page === undefined) more.delete("page");
  else more.set("page", page);
  return more.toString();
}

async function show() {
  const opened = await call(`${base}?${query}`);
  const { document: paper, page, page_label: label } = opened;
  document.title = `${paper.id} revision ${paper.revision}, page ${label}`;
  document.documentElement.lang = "en";
  byId("title").replaceChildren(el("strong", { text: paper.id }), ` ${paper.title} · revision ${paper.revision}`);
  standing(opened);
  byId("note").hidden = !opened.note;
  byId("note").textContent = opened.note;
  byId("pages").replaceChildren(...turns(opened));
  const sheet = byId("sheet");
  sheet.lang = paper.language;
  sheet.className = opened.picture ? "sheet" : "sheet text";
  sheet.replaceChildren(...(opened.picture ? await picture(opened) : text(opened.lines)));
  const mark = sheet.querySelector("#marked");
  mark?.scrollIntoView({ block: "center" });
}

function standing({ document: paper, in_force: holds, in_force_revision: other }) {
  const place = byId("standing");
  place.hidden = holds;
  if (holds) return;
  const later = `Not in force${paper.effective_from ? ` (effective from ${paper.effective_from})` : ""}.`;
  const link = other && other !== paper.revision;
  place.replaceChildren(
    el("strong", { text: NOT[paper.status] ?? later }),
    link ? " In force is " : "",
    link ? el("a", { href: `/documents/${encodeURIComponent(id)}/${encodeURIComponent(other)}`, text: `revision ${other}` }) : "",
    link ? "." : "",
  );
}

function turns({ document: paper, page, page_label: label, pages, marked_pages: marked }) {
  const place = label === String(page) ? `page ${page} of ${pages}` : `page ${label} (${page} of ${pages})`;
  const name = `${paper.id} ${paper.revision} \u00b7 ${place}`;
  return [
    turn("Previous page", page - 1, page > 1),
    el("span", { class: "where", text: name }),
    turn("Next page", page + 1, page < pages),
    ...marked.filter((each) => each !== page).map((each) => turn(`Marked words on page ${each}`, each, true)),
    el("button", { type: "button", class: "plain", text: "Print", on: { click: () => print() } }),
  ];
}

function turn(name, page, there) {
  return there ? el("a", { class: "turn", href: `?${asked(page)}`, text: name }) : el("span", { class: "turn none", text: name });
}

async function picture(opened) {
  const { page, pages, words } = opened;
  const { width, height, boxes } = opened.picture;
  const png = await blob(`${base}/${page}.png?${asked()}`);
  const about = `Page ${page} of ${pages} of ${opened.document.id}${boxes.length ? ", the cited words are marked" : ""}`;
  const view = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": about });
  view.append(svg("image", { href: await data(png), width, height }));
  view.append(...bars(boxes));
  const lost = words && boxes.length === 0 && (opened.marked_pages.includes(page) || opened.marked_pages.length === 0);
  const sorry = "The words could not be found on the picture of this page. They are:";
  return [
    lost ? el("p", { class: "note small", text: sorry }) : null,
    words ? el("p", { class: lost ? "words" : "hidden", text: words }) : null,
    view,
  ].filter(Boolean);
}

// Bars beside the marked lines, also where a printer leaves the colour out.
function bars(boxes) {
  const groups = [];
  for (const [left, top, , bottom] of boxes) {
    const last = groups.at(-1);
    if (last && top < last.bottom + (bottom - top) && bottom > last.top) {
      last.left = Math.min(last.left, left);
      last.bottom = Math.max(last.bottom, bottom);
    } else groups.push({ left, top, bottom });
  }
  return groups.map(({ left, top, bottom }, at) => {
    const more = at === 0 ? { id: "marked" } : {};
    return svg("rect", { class: "edge", x: left - 14, y: top, width: 5, height: bottom - top, ...more });
  });
}

function data(png) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(png);
  });
}

// Text is only ever set as text: nothing that a document says becomes markup.
function text(lines) {
  const nodes = [];
  let table = null;
  for (const line of lines) {
    const columns = line.cells.map(([name]) => name).join("|");
    if (!columns) table = null;
    else if (table?.columns !== columns) nodes.push((table = grid(line, columns)).node);
    if (table) table.node.tBodies[0].append(row(line));
    else nodes.push(paragraph(line));
  }
  const first = nodes.map((node) => (node.matches("mark, .marked") ? node : node.querySelector("mark, .marked"))).find(Boolean);
  if (first) first.id = "marked";
  return nodes;
}

function grid(line, columns) {
  const head = el("tr", {}, ...line.cells.map(([name]) => el("th", { scope: "col", text: name })));
  return { columns, node: el("table", {}, el("thead", {}, head), el("tbody")) };
}

function row(line) {
  const marked = line.parts.some((part) => part.marked);
  const cell = (words) => (marked ? el("td", {}, el("mark", { text: words })) : el("td", { text: words }));
  return el("tr", { class: marked ? "marked" : null }, ...line.cells.map(([, words]) => cell(words)));
}

function paragraph(line) {
  const parts = line.parts.map((part) => (part.marked ? el("mark", { text: part.text }) : part.text));
  const tag = line.kind === "heading" ? `h${Math.min(line.level + 1, 6)}` : "p";
  return el(tag, { class: line.kind }, ...parts);
}

function askKey() {
  const dialog = byId("login");
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      keep(byId("login-key").value);
      resolve();
    };
  });
}

for (;;) {
  try {
    await show();
    break;
  } catch (problem) {
    if (problem.status === 401) {
      await askKey();
      continue;
    }
    byId("sheet").replaceChildren();
    byId("notice").hidden = false;
    byId("notice").textContent = problem.status ? problem.message : "Service not reachable.";
    break;
  }
}
