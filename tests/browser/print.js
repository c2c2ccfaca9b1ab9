// What does not fit on a sheet of paper: cells of tables, code and pictures that leave it, or that are cut off by what they are in.

const right = innerWidth + 1, lost = [], shown = { cells: 0, folded: 0 }; // a pixel: edges are rounded
for (const folded of document.querySelectorAll("details")) if (!folded.open) shown.folded += 1;
for (const e of document.querySelectorAll("main td, main th, main pre, main svg")) {
  if (!e.checkVisibility()) continue;
  shown.cells += 1;
  const box = e.getBoundingClientRect();
  const cut = e.tagName === "PRE" && e.scrollWidth > e.clientWidth + 1;
  if (box.right > right || box.left < -1 || cut) lost.push(`<${e.tagName.toLowerCase()}> ${e.textContent.trim().slice(0, 40)}: ${Math.round(box.right)}`);
}
for (const e of document.querySelectorAll("main .scroll, main table")) {
  if (e.checkVisibility() && e.scrollWidth > e.clientWidth + 1) lost.push(`${e.tagName} ${e.textContent.trim().slice(0, 40)}: ${e.scrollWidth} in ${e.clientWidth}`);
}
return { ...shown, lost };
