// What a page does beyond being read: tables that sort, commands that are copied, the form. All of it can be read without this.
"use strict";

for (const table of document.querySelectorAll("main table")) {
  const body = table.tBodies[0], heads = [...(table.tHead?.rows[0].cells ?? [])];
  if (!body || body.rows.length < 3 || table.closest("form")) continue;
  const value = (row, i) => {
    const text = row.cells[i].textContent.trim(), number = Number.parseFloat(text.replace(/,/g, "").replace("\u2212", "-"));
    return Number.isNaN(number) ? text : number;
  };
  const order = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
  heads.forEach((head, i) => {
    if (!head.textContent.trim()) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].sort((a, b) => order(value(a, i), value(b, i)) * (down ? -1 : 1));
      body.append(...rows);
    });
  });
}

if (navigator.clipboard) {
  for (const command of document.querySelectorAll(".commands code, #data code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "copy";
    button.setAttribute("aria-label", `Copy: ${command.textContent}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = "copied";
    });
    command.after(" ", button);
  }
}

const form = document.getElementById("my-service");
if (form) {
  const curves = JSON.parse(form.querySelector("script").textContent);
  const columns = [0, 2, 3, 5, 6], said = form.querySelector(".said"), body = form.querySelector("tbody");
  const cell = (row, text, i) => {
    const made = document.createElement(i === 0 ? "th" : "td");
    if (i === 0) made.scope = "row";
    made.textContent = text;
    row.append(made);
  };
  const show = () => {
    const given = (name) => Number(form.elements[name].value);
    const service = { flows: Math.round(given("flows")), wait: given("wait") / 1e3, own: given("own") / 1e6, cores: Math.round(given("cores")) };
    if (!(service.flows >= 1 && service.wait > 0 && service.own >= 0 && service.cores >= 1)) return;
    const found = whatIf(curves, service, form.dataset.flows);
    said.replaceChildren(...found.sentences.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
    body.replaceChildren(
      ...found.rows.map((texts) => {
        const row = document.createElement("tr");
        columns.forEach((column, i) => cell(row, texts[column], i));
        return row;
      }),
    );
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => (event.preventDefault(), show()));
}

for (const event of ["beforeprint", "afterprint"]) {
  addEventListener(event, () => {
    for (const folded of document.querySelectorAll("main details")) folded.open = event === "beforeprint";
  });
}
