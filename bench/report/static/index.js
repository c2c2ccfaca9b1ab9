const form = document.querySelector("form.pick");
if (form) {
  const pages = JSON.parse(form.dataset.pages), said = form.querySelector(".command");
  const show = () => {
    const two = [form.elements.first.value, form.elements.second.value];
    const code = Object.assign(document.createElement("code"), { textContent: `make compare RUNS="${two.join(" ")}"` });
    const page = pages[[...two].sort().join(" ")];
    if (two[0] === two[1]) return said.replaceChildren("Two different runs are needed.");
    said.replaceChildren("The command: ", code);
    if (page) said.append(" · ", Object.assign(document.createElement("a"), { href: page, textContent: "the page that is there" }));
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => (event.preventDefault(), show()));
}
