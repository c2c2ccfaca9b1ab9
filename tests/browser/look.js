// What test_pages.py asks a page that is on show: what does not fit, what is cut off, what is hard to read.
// Arguments: the least contrast of text, and whether to open the folded parts first.

const [least, opened] = arguments;
if (opened) for (const folded of document.querySelectorAll("details")) folded.open = true;

const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** A colour of CSS as [red, green, blue, opacity], with an opacity of 0 to 1. */
function rgba(colour) {
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = colour;
  pixel.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
}

/** What is seen of a colour in front of one that hides what is behind it. */
const over = (front, back) => [0, 1, 2].map((i) => front[i] * front[3] + back[i] * (1 - front[3]));

/** An element and all that it is in, outermost first. */
function chain(element) {
  const found = [];
  for (let e = element; e; e = e.parentElement) found.unshift(e);
  return found;
}

const behind = (element) =>
  chain(element).reduce((back, e) => over(rgba(getComputedStyle(e).backgroundColor), back), rgba("Canvas").slice(0, 3));

/** Relative luminance, and contrast ratio, as WCAG 2.2 defines them. */
function luminance(colour) {
  const [r, g, b] = colour.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const chart = (element) => element.closest("svg");
const words = (element) =>
  [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("").trim();

/** Everything on show that has text of its own. */
const texts = [...document.body.querySelectorAll("*")].filter(
  (e) => words(e) && !e.closest("title, desc, script, style") && e.checkVisibility(),
);

function standing_out(element) {
  const style = getComputedStyle(element), back = behind(element);
  const ink = rgba(chart(element) ? style.fill : style.color);
  for (const e of chain(element)) ink[3] *= getComputedStyle(e).opacity;
  if (chart(element)) ink[3] *= style.fillOpacity;
  return contrast(over(ink, back), back);
}

function is_cut(element) {
  const text = element.getBoundingClientRect(), box = chart(element).getBoundingClientRect();
  const slack = 0.5; // px: edges are rounded
  return (
    text.left < box.left - slack || text.right > box.right + slack ||
    text.top < box.top - slack || text.bottom > box.bottom + slack
  );
}

return {
  width: document.documentElement.scrollWidth,
  room: innerWidth,
  texts: texts.length,
  chart_texts: texts.filter(chart).length,
  cut: texts.filter(chart).filter(is_cut).map((e) => `${chart(e).querySelector("title").textContent}: ${words(e)}`),
  pale: texts
    .map((e) => [standing_out(e), e])
    .filter(([ratio]) => !(ratio >= least))
    .map(([ratio, e]) => `<${e.tagName.toLowerCase()}> ${words(e).slice(0, 60)}: ${ratio.toFixed(2)}`),
};
