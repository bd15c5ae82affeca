// Shows the report of a comparison, asked for with the reader's own key. The page is taken over as it
// lies in the store: its own style, no script of it runs.

import { blob, keep } from "./api.js";
import { byId, el } from "./dom.js";

const id = decodeURIComponent(location.pathname.split("/").pop());

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

function show(text) {
  const style = new CSSStyleSheet();
  const bare = text.replace(/<style>([^]*?)<\/style>/, (_, rules) => {
    style.replaceSync(rules);
    return "";
  });
  const report = new DOMParser().parseFromString(bare, "text/html");
  document.adoptedStyleSheets = [style];
  document.title = report.title;
  document.body.replaceChildren(...report.body.childNodes);
  const saved = URL.createObjectURL(new Blob([text], { type: "text/html" }));
  const links = el("p", { class: "links" }, el("a", { href: "/comparisons", text: "All comparisons" }), el("a", { href: saved, download: `${id}.html`, text: "Save" }));
  document.querySelector(".bar")?.append(links);
}

for (let shown = false; !shown; ) {
  try {
    const found = await blob(`/v1/comparisons/${encodeURIComponent(id)}/report`);
    if (found) show(await found.text());
    else byId("notice").textContent = "This comparison has no report.";
    shown = true;
  } catch (problem) {
    if (problem.status === 401) await askKey();
    else {
      byId("notice").textContent = problem.status ? problem.message : "Service not reachable.";
      shown = true;
    }
  }
}
