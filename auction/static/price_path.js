// The way the price took, as a stepped line: every accepted bid is one step. Drawn as SVG with the page's own colours; the
// same is there as a table.

import { wan, yuan } from "./money.js";
import { clockTime, dayTime, say, words } from "./words.js";

const DAY_MS = 86_400_000;
const BENEATH = 0.08; // the line begins this part of the height above the axis

function shape(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== "") element.textContent = text;
  return element;
}

/** About `count` round marks, never fewer than two, between the lowest and the highest price. */
function marks(lowest, highest, count) {
  const rough = Math.max(1, (highest - lowest) / count);
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * size).find((candidate) => candidate >= rough);
  const found = [];
  for (let at = Math.ceil(lowest / step) * step; at <= highest; at += step) found.push(at);
  return found.length > 1 || step === 1 ? found : marks(lowest, highest, count * 2);
}

const stageStarts = new Map([["timed_bidding_opened", "path_timed"], ["cap_reached", "path_cap"], ["suspended", "path_frozen"]]);

/** Where things lie in the drawing; it is drawn at its own size, so that its letters keep theirs. */
function placesOf(svg, { lowest, highest, first, last }) {
  const em = parseFloat(getComputedStyle(svg).fontSize);
  const [left, top] = [7 * em, 3.2 * em];
  const [right, floor] = [Math.max(260, svg.clientWidth) - 1.3 * em, Math.max(150, svg.clientHeight) - 3.6 * em];
  const x = (at) => left + ((at - first) / (last - first)) * (right - left);
  const y = (fen) => floor - (floor - top) * (BENEATH + ((fen - lowest) / (highest - lowest)) * (1 - BENEATH));
  return { em, left, top, right, floor, x, y };
}

export function drawPricePath(figure, live) {
  const bids = live.bids.filter((bid) => bid.between === undefined);
  figure.hidden = bids.length < 2; // one bid is no way yet
  if (figure.hidden) return;
  const svg = figure.querySelector("svg");
  const first = Date.parse(bids[0].at);
  const lowest = Math.min(live.terms.starting_price_fen, bids[0].price_fen);
  const span = {
    lowest,
    highest: Math.max(...bids.map((bid) => bid.price_fen), lowest + 1),
    first,
    last: Math.max(first + 1000, Date.parse(live.state.ended_at ?? bids.at(-1).at)),
  };
  const at = placesOf(svg, span);
  const steps = bids.map((bid, index) => {
    const [x, y] = [at.x(Date.parse(bid.at)).toFixed(1), at.y(bid.price_fen).toFixed(1)];
    return index === 0 ? `M${x} ${y}` : `H${x}V${y}`;
  });
  const end = bids.at(-1);
  svg.setAttribute("viewBox", `0 0 ${at.right + 1.3 * at.em} ${at.floor + 3.6 * at.em}`);
  svg.replaceChildren(
    ...axes(at, span),
    ...stages(at, span, live),
    shape("path", { class: "path-line", d: `${steps.join("")}H${at.x(span.last).toFixed(1)}` }),
    shape("circle", { class: "path-end", cx: at.x(Date.parse(end.at)), cy: at.y(end.price_fen), r: at.em / 3 }),
  );
  svg.setAttribute("aria-label", say(words.path_label, { count: bids.length, from: wan(bids[0].price_fen), to: wan(end.price_fen) }));
  const table = figure.querySelector("tbody");
  if (table !== null) fillTable(table, live.bids);
}

function axes({ em, left, top, right, floor, y }, { lowest, highest, first, last }) {
  const label = (x, height, words_, anchor) => shape("text", { class: "path-mark", x, y: height, "text-anchor": anchor }, words_);
  const written = last - first > DAY_MS ? dayTime : clockTime;
  return [
    ...marks(lowest, highest, Math.max(1, Math.round((floor - top) / (4 * em)))).flatMap((fen) => [
      shape("line", { class: "path-rule", x1: left, x2: right, y1: y(fen), y2: y(fen) }),
      label(left - 0.6 * em, y(fen) + 0.35 * em, wan(fen), "end"),
    ]),
    shape("path", { class: "path-axis", d: `M${left} ${top}V${floor}H${right}` }),
    label(left - 0.6 * em, top - 1.6 * em, words.path_price, "end"),
    label(right, floor + 3.1 * em, words.path_time, "end"),
    label(left, floor + 1.5 * em, written(first), "start"),
    label(right, floor + 1.5 * em, written(last), "end"),
  ];
}

/** Where another stage of the sale began. */
function stages({ em, left, top, right, floor, x }, { first, last }, live) {
  return live.events.flatMap((event) => {
    const [at, name] = [Date.parse(event.at), stageStarts.get(event.kind)];
    if (name === undefined || at < first || at > last) return [];
    const isLeft = x(at) < (left + right) / 2;
    const place = { x: x(at) + (isLeft ? 0.4 : -0.4) * em, y: top - 0.9 * em, "text-anchor": isLeft ? "start" : "end" };
    return [
      shape("line", { class: "path-stage", x1: x(at), x2: x(at), y1: top, y2: floor }),
      shape("text", { class: "path-mark", ...place }, words[name]),
    ];
  });
}

function fillTable(body, bids) {
  const rows = bids.map((bid) => {
    const row = document.createElement("tr");
    const cells = bid.between === undefined
      ? [dayTime(bid.at), say(words.plate, { plate: bid.plate }), yuan(bid.price_fen)]
      : ["", say(words.bids_between, { count: bid.between }), ""];
    for (const text of cells) row.insertCell().textContent = text;
    row.lastChild.className = "money";
    return row;
  });
  body.replaceChildren(...rows);
}
