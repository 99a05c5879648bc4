// The way the price took, as a stepped line: every accepted bid is one step. Drawn as SVG with the page's own colours.

import { wan } from "./money.js";

const HEIGHT = 200;
const LEFT = 76;
const BOTTOM = 30;
const TOP = 12;
const RIGHT = 12;

const time = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

function shape(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== "") element.textContent = text;
  return element;
}

/** Three round marks between the lowest and the highest price. */
function marks(lowest, highest) {
  const rough = Math.max(1, (highest - lowest) / 3);
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * size).find((candidate) => candidate >= rough);
  const found = [];
  for (let at = Math.ceil(lowest / step) * step; at <= highest; at += step) found.push(at);
  return found;
}

export function drawPricePath(figure, state, words) {
  const svg = figure.querySelector("svg");
  const { bids } = state;
  figure.hidden = bids.length < 2;
  if (bids.length < 2) return;
  const WIDTH = Math.max(240, svg.clientWidth); // drawn at its own size, so that its letters keep theirs
  const lowest = Math.min(state.starting_price_fen, bids[0].price_fen);
  const highest = bids.at(-1).price_fen;
  const [first, last] = [Date.parse(bids[0].at), Date.parse(bids.at(-1).at)];
  const x = (at) => LEFT + ((at - first) / Math.max(1, last - first)) * (WIDTH - LEFT - RIGHT);
  const y = (fen) => HEIGHT - BOTTOM - ((fen - lowest) / Math.max(1, highest - lowest)) * (HEIGHT - BOTTOM - TOP);
  const parts = marks(lowest, highest).flatMap((fen) => [
    shape("line", { class: "path-rule", x1: LEFT, x2: WIDTH - RIGHT, y1: y(fen), y2: y(fen) }),
    shape("text", { class: "path-mark", x: LEFT - 8, y: y(fen) + 4, "text-anchor": "end" }, wan(fen)),
  ]);
  const steps = bids.map((bid, index) => {
    const [at, level] = [x(Date.parse(bid.at)).toFixed(1), y(bid.price_fen).toFixed(1)];
    return index === 0 ? `M${at} ${level}` : `H${at}V${level}`;
  });
  parts.push(shape("path", { class: "path-line", d: steps.join("") }));
  parts.push(shape("circle", { class: "path-end", cx: x(last), cy: y(highest), r: 4 }));
  parts.push(shape("text", { class: "path-mark", x: LEFT, y: HEIGHT - 6 }, time.format(first)));
  parts.push(shape("text", { class: "path-mark", x: WIDTH - RIGHT, y: HEIGHT - 6, "text-anchor": "end" }, time.format(last)));
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.replaceChildren(...parts);
  svg.setAttribute("aria-label", words.path_label.replace("{from}", wan(lowest)).replace("{to}", wan(highest)));
}
