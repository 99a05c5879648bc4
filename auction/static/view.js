// What the watching page, the bidder's room and the console show alike: price, clock, calls, bids, the price path, and
// the cover over everything that is stale.

import { announce, retract } from "./announce.js";
import { capitalWords, wan, yuan } from "./money.js";
import { drawPricePath } from "./price_path.js";
import { renderOpened } from "./results.js";
import { clockOf, incrementWords, leaderWords, noteOf, priceLabel, resultTitle, resultWords, shownPrice, windowWords } from "./saying.js";
import { clockTime, momentWords, say, words, write } from "./words.js";

const BIDS_SHOWN = 50;
const QUALITIES = [[150, "good"], [400, "fair"], [Infinity, "poor"]]; // round trip in milliseconds, up to

const find = (name) => document.querySelector(`[data-live="${name}"]`);

export function render(live) {
  renderPrice(live);
  renderStage(live);
  renderBids(live);
  renderCover(live);
  document.body.dataset.stage = live.state.stage;
}

/** Write a price as large as its place allows; it moves once when it is new. */
export function writePrice(element, fen) {
  if (element.dataset.fen === String(fen)) return;
  const first = element.dataset.fen === undefined;
  element.dataset.fen = fen;
  write(element, yuan(fen));
  element.style.setProperty("--signs", yuan(fen).length);
  if (first) return;
  element.classList.remove("is-new");
  void element.offsetWidth; // so that the same movement can start again
  element.classList.add("is-new");
}

function renderPrice(live) {
  const fen = shownPrice(live);
  writePrice(find("price"), fen);
  write(find("price-label"), priceLabel(live));
  write(find("price-wan"), say(words.wan, { amount: wan(fen) }));
  write(find("price-words"), say(words.in_words, { words: capitalWords(fen) }));
  write(find("increment"), incrementWords(live));
  write(find("leader"), leaderWords(live));
  write(find("bid-count"), String(live.state.bid_count));
}

function renderStage(live) {
  const { state } = live;
  const calls = find("calls");
  if (calls !== null) {
    calls.hidden = state.stage !== "open";
    [...calls.querySelectorAll("li")].forEach((mark, index) => {
      mark.classList.toggle("is-called", index < state.calls);
    });
    write(find("calls-words"), state.calls === 0 ? words.not_called : say(words.called, { number: state.calls }));
  }
  const note = noteOf(live);
  find("note").hidden = note === null;
  if (note !== null) {
    write(find("note-title"), note[0]);
    write(find("note-words"), note[1]);
  }
  find("result").hidden = !live.hasEnded;
  if (live.hasEnded) {
    write(find("result-title"), resultTitle(live));
    write(find("result-words"), resultWords(live));
  }
  renderOpened(find("opened"), live);
}

let bidsDrawn = null;
function renderBids(live) {
  const newest = `${live.bids.length}:${live.bids.at(-1)?.seq ?? 0}:${live.state.stage}:${live.plate}`;
  if (newest === bidsDrawn) return;
  bidsDrawn = newest;
  const list = find("bids");
  if (list !== null) {
    const shown = live.bids.slice(-BIDS_SHOWN).reverse();
    list.replaceChildren(...shown.map((bid, index) => bidRow(bid, shown[index + 1], live, index === 0)));
    find("bids-empty").hidden = live.bids.length > 0 || live.hasEnded;
  }
  const path = find("price-path");
  if (path !== null) drawPricePath(path, live);
}

/** Why a bid of an online auction leads at the price of the one before it; "" where it rises. */
function equalWords(bid, before, live) {
  if (live.terms.method !== "online_auction" || bid.price_fen !== before?.price_fen) return "";
  if (live.all("disqualified").some((facts) => facts.plate === before.plate)) return ""; // that bid had fallen
  return ` ${bid.for_maximum ? words.by_maximum : words.by_priority}`;
}

function bidRow(bid, before, live, leads) {
  const row = document.createElement("tr");
  if (bid.between !== undefined) {
    const cell = row.insertCell();
    cell.colSpan = 3;
    cell.className = "between";
    cell.textContent = say(words.bids_between, { count: bid.between });
    return row;
  }
  row.classList.toggle("is-leading", leads);
  row.classList.toggle("is-own", bid.plate === live.plate);
  const plate = say(words.plate, { plate: bid.plate }) + (bid.plate === live.plate ? ` ${words.you}` : "") + equalWords(bid, before, live);
  for (const [text, kind] of [
    [momentWords(Date.parse(bid.at), live.now()), "time"],
    [plate, "plate"],
    [yuan(bid.price_fen), "money"],
  ]) {
    const cell = row.insertCell();
    cell.textContent = text;
    cell.className = kind;
  }
  return row;
}

/** Nothing heard for three seconds: the screen is covered, nothing behind the cover can be used or believed. */
function renderCover(live) {
  const cover = find("cover");
  if (cover.hidden === live.stale) {
    cover.hidden = !live.stale;
    find("content").inert = live.stale;
    if (live.stale) retract(words.disconnected);
    else announce(words.connected);
  }
  if (!live.stale) return;
  const since = live.lastHeardServerTime;
  find("cover-sign-in").hidden = !live.signedOut;
  find("cover-nothing-lost").hidden = live.closedForGood;
  write(find("cover-title"), live.signedOut ? words.signed_out : live.closedForGood ? words.closed : words.disconnected);
  write(find("cover-since"), since === null ? words.connecting : say(words.since, { time: clockTime(since) }));
}

/** Ten times a second: the clock by the server's time, and how good the connection is. Returns what the clock shows. */
export function tick(live) {
  write(find("server-time"), clockTime(live.now()));
  write(find("watchers"), live.watchers > 0 ? say(words.watchers, { watchers: live.watchers }) : "");
  renderConnection(live);
  const shown = clockOf(live);
  const clock = find("clock");
  clock.hidden = shown === null;
  if (shown === null) return null;
  write(find("clock-label"), shown.label);
  write(find("clock-left"), shown.left);
  write(find("clock-window"), windowWords(live));
  clock.classList.toggle("is-soon", shown.soon ?? false);
  return shown;
}

function renderConnection(live) {
  const place = find("connection");
  const { roundTrip } = live;
  const quality = live.stale ? "none" : roundTrip === null ? "" : QUALITIES.find(([most]) => roundTrip < most)[1];
  place.dataset.quality = quality;
  const facts = { quality: words[`quality_${quality}`], ms: Math.round(roundTrip ?? 0) };
  write(place.querySelector("[data-part=words]"), quality === "" || live.stale ? words.quality_none : say(words.connection, facts));
}
