// What test_gallery.py asks a page's pictures: labels that lines cross, and what is too pale to be seen.
// Argument: the least contrast of what is no text. A grid only guides the eye: it may be pale.

const [least] = arguments;
const letters = { above: 0.72, below: 0.1 }; // of a text's size, from its base line: the letters themselves

/** The corners of a text's letters in its picture's own units. */
function box_of(text) {
  const box = text.getBBox(), size = parseFloat(getComputedStyle(text).fontSize), base = text.y.baseVal[0].value;
  return [box.x, base - letters.above * size, box.x + box.width, base + letters.below * size];
}

/** The pieces of a line: [x1, y1, x2, y2] each. */
function pieces(stroke) {
  if (stroke.tagName === "line") return [["x1", "y1", "x2", "y2"].map((name) => stroke[name].baseVal.value)];
  const points = [...stroke.points];
  return points.slice(1).map((point, i) => [points[i].x, points[i].y, point.x, point.y]);
}

/** Does a piece of a line come into a box? Its part inside is what is left when each side has cut it off (Liang and Barsky 1984). */
function crosses([left, top, right, bottom], [x1, y1, x2, y2]) {
  let from = 0, to = 1;
  for (const [along, room] of [[x1 - x2, x1 - left], [x2 - x1, right - x1], [y1 - y2, y1 - top], [y2 - y1, bottom - y1]]) {
    if (along === 0 && room <= 0) return false;
    if (along < 0) from = Math.max(from, room / along);
    if (along > 0) to = Math.min(to, room / along);
  }
  return from < to;
}

const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

function rgb(colour) {
  const found = colour.match(/^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/);
  return found && !(Number(found[4]) === 0) ? found.slice(1, 4).map(Number) : null;
}

function luminance(colour) {
  const [r, g, b] = colour.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const paper = rgb(getComputedStyle(document.body).backgroundColor), crossed = [], met = [], pale = new Set();
let labels = 0;
for (const svg of document.querySelectorAll("main svg")) {
  if (!svg.checkVisibility()) continue;
  const name = svg.querySelector("title").textContent;
  const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim()).map((text) => [text.textContent, box_of(text)]);
  const lines = [...svg.querySelectorAll("line, polyline")].flatMap(pieces);
  labels += texts.length;
  for (const [i, [text, box]] of texts.entries()) {
    if (lines.some((line) => crosses(box, line))) crossed.push(`${name}: ${text}`);
    for (const [other, its] of texts.slice(i + 1)) if (overlap(box, its)) met.push(`${name}: ${text} and ${other}`);
  }
  for (const shape of svg.querySelectorAll("line, polyline, polygon, circle, rect, path")) {
    if (shape.closest("pattern") || shape.getAttribute("stroke") === "var(--grid)") continue;
    const style = getComputedStyle(shape);
    // A shape is seen by its outline or by its fill: the plainer of the two counts. A line has no fill.
    const seen = (shape.matches("line, polyline") ? [style.stroke] : [style.stroke, style.fill]).map(rgb).filter(Boolean).map((colour) => contrast(colour, paper));
    const opaque = Number(style.opacity) * Math.max(Number(style.strokeOpacity), Number(style.fillOpacity));
    if (seen.length && (Math.max(...seen) < least || opaque < 1)) pale.add(`${name}: <${shape.tagName}> ${style.stroke} ${style.fill} ${opaque}`);
  }
}
return { labels, crossed, met, pale: [...pale] };
