// What the watching page, the bidder's room and the console show alike: price, clock, calls, bids, the price path, and
// the cover over everything that is stale.

import { capitalWords, wan, yuan } from "./money.js";
import { drawPricePath } from "./price_path.js";

const beijing = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const BIDS_SHOWN = 50;
const QUIET_MS = 1500; // a screen reader is told the newest thing, and not more often than this

export const data = JSON.parse(document.querySelector("#live-data").textContent);
export const words = JSON.parse(document.querySelector("#live-words").textContent);

const find = (name) => document.querySelector(`[data-live="${name}"]`);

export const clockTime = (milliseconds) => beijing.format(new Date(milliseconds));

/** Fill `{name}` places. */
export const say = (text, facts = {}) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");

export function write(element, text) {
  if (element !== null && element.textContent !== text) element.textContent = text;
}

/** Tell screen readers, without flooding them: what came meanwhile is replaced by what is newest. */
let announced = 0;
let waiting = null;
export function announce(text) {
  const region = document.querySelector("#live-status");
  const wait = Math.max(0, announced + QUIET_MS - performance.now());
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    announced = performance.now();
    write(region, text);
  }, wait);
}

export function render(live) {
  renderPrice(live);
  renderStanding(live);
  renderBids(live);
  renderCover(live);
  document.body.dataset.stage = live.state.stage;
}

function renderPrice(live) {
  const { state } = live;
  const shown = state.price_fen ?? state.starting_price_fen;
  const price = find("price");
  if (price.dataset.fen !== String(shown)) {
    price.dataset.fen = shown;
    write(price, yuan(shown));
    price.style.setProperty("--signs", yuan(shown).length);
    price.classList.remove("is-new");
    void price.offsetWidth; // so that the same movement can start again
    price.classList.add("is-new");
  }
  write(find("price-label"), state.price_fen === null ? words.starting_price : priceLabel(state));
  write(find("price-wan"), say(words.wan, { amount: wan(shown) }));
  write(find("price-words"), say(words.in_words, { words: capitalWords(shown) }));
  const leads = state.stage === "open" ? words.plate_leads : words.plate;
  write(find("leader"), state.plate === null ? words.no_bid : say(leads, { plate: state.plate }));
  write(find("bid-count"), String(state.bid_count));
}

function priceLabel(state) {
  return state.stage === "sold" ? words.final_price : words.current_price;
}

function renderStanding(live) {
  const { state } = live;
  const calls = find("calls");
  if (calls !== null) {
    calls.hidden = state.stage !== "open";
    [...calls.querySelectorAll("li")].forEach((mark, index) => {
      mark.classList.toggle("is-called", index < state.calls);
    });
    write(find("calls-words"), state.calls === 0 ? words.not_called : say(words.called, { number: state.calls }));
  }
  const ended = ["sold", "withdrawn", "called_off"].includes(state.stage);
  const result = find("result");
  result.hidden = !ended;
  if (ended) {
    write(find("result-title"), words[state.stage]);
    write(find("result-words"), resultWords(state));
  }
}

function resultWords(state) {
  if (state.stage === "sold") {
    return say(words.sold_words, { plate: state.plate, price: yuan(state.price_fen), words: capitalWords(state.price_fen) });
  }
  if (state.stage === "called_off") return words.called_off_words;
  if (state.ending?.because !== "below_reserve") return words.nobody_bid_words;
  return say(words.below_reserve_words, {
    price: yuan(state.price_fen),
    reserve: state.ending.reserve_fen === null ? "" : yuan(state.ending.reserve_fen),
  });
}

let bidsDrawn = null;
function renderBids(live) {
  const { bids } = live.state;
  const newest = `${bids.length}:${bids.at(-1)?.seq ?? 0}:${live.plate}`;
  if (newest === bidsDrawn) return;
  bidsDrawn = newest;
  const list = find("bids");
  if (list !== null) {
    const rows = bids.slice(-BIDS_SHOWN).reverse().map((bid, index) => bidRow(bid, index === 0, live.plate));
    list.replaceChildren(...rows);
    find("bids-empty").hidden = bids.length > 0;
  }
  const path = find("price-path");
  if (path !== null) drawPricePath(path, live.state, words);
}

function bidRow(bid, leads, ownPlate) {
  const row = document.createElement("tr");
  row.classList.toggle("is-leading", leads);
  row.classList.toggle("is-own", bid.plate === ownPlate);
  const plate = say(words.plate, { plate: bid.plate }) + (bid.plate === ownPlate ? ` ${words.you}` : "");
  for (const [text, kind] of [
    [clockTime(Date.parse(bid.at)), "time"],
    [plate, "plate"],
    [yuan(bid.price_fen), "money"],
  ]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    cell.className = kind;
    row.append(cell);
  }
  return row;
}

/** Nothing heard for three seconds: the screen is covered, nothing behind the cover can be used or believed. */
function renderCover(live) {
  const cover = find("cover");
  const content = find("content");
  if (cover.hidden === live.stale) {
    cover.hidden = !live.stale;
    content.inert = live.stale;
    if (live.stale) announce(words.disconnected);
    else announce(words.connected);
  }
  if (!live.stale) return;
  const since = live.lastHeardServerTime;
  write(find("cover-title"), live.closedForGood ? words.closed : words.disconnected);
  write(find("cover-since"), since === null ? words.connecting : say(words.since, { time: clockTime(since) }));
}

/** Ten times a second: the clock by the server's time, and how good the connection is. */
export function tick(live) {
  const { state } = live;
  const now = live.now();
  write(find("server-time"), clockTime(now));
  write(find("round-trip"), live.roundTrip === null ? "" : say(words.round_trip, { ms: Math.round(live.roundTrip) }));
  write(find("watchers"), live.watchers > 0 ? say(words.watchers, { watchers: live.watchers }) : "");
  const clock = find("clock");
  let label = "";
  let until = null;
  if (state.stage === "waiting") {
    until = Date.parse(state.starts_at);
    label = until > now ? words.starts_in : state.method === "auction" ? words.waits_for_auctioneer : words.starts_now;
  } else if (state.stage === "open" && state.closes_at !== null) {
    until = Date.parse(state.closes_at);
    label = until > now ? words.closes_in : words.closing;
  }
  const left = until === null ? null : Math.max(0, until - now);
  clock.hidden = state.stage !== "waiting" && left === null;
  write(find("clock-label"), label);
  write(find("clock-left"), left === null || (state.stage === "waiting" && left === 0) ? "" : leftWords(left));
  clock.classList.toggle("is-soon", state.stage === "open" && left !== null && left < 10_000);
}

/** `1:02:03`, `4:05`, and tenths in the last ten seconds. Rounded up, so that 0 is never shown while time is left. */
function leftWords(left) {
  if (left < 10_000) return (Math.ceil(left / 100) / 10).toFixed(1);
  const seconds = Math.ceil(left / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (h >= 48) return say(words.days, { days: Math.floor(h / 24) });
  const two = (n) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
