// The big screen of the hall: one lot readable from far away; with several lots each in turn, and at once where something
// happens.

import { announce } from "./announce.js";
import { LiveLot } from "./live.js";
import { capitalWords, wan } from "./money.js";
import { drawPricePath } from "./price_path.js";
import { clockOf, leaderWords, newsWords, noteOf, priceLabel, resultTitle, resultWords, shownPrice } from "./saying.js";
import { clockTime, data, momentWords, say, words, write } from "./words.js";

const TURN_MS = 15_000;
const RELOADED_AFTER_MS = 300_000; // lots come and go
const BIDS_SHOWN = 6;
const SEEN_AT_ONCE = new Set(["opened", "called", "hammer_fell", "timed_bidding_opened", "cap_reached", "sold", "withdrawn", "suspended"]);

const part = (name) => document.querySelector(`[data-hall=${name}]`);
const strip = part("strip");
let turn = 0;
let turnedAt = performance.now();

const lots = data.lots.map((told, index) => ({ told, live: new LiveLot(told, null, (message) => heard(index, message)) }));
const shown = () => lots[turn];

function heard(index, message) {
  const news = message.news ?? [];
  if (lots[index] === undefined) return; // still being made
  if (news.some((event) => SEEN_AT_ONCE.has(event.kind))) show(index);
  else if (index === turn) render();
  renderStrip(index);
  const told = news.map(newsWords).filter(Boolean);
  if (index === turn && told.length > 0) announce(told.at(-1));
}

function show(index) {
  turn = index;
  turnedAt = performance.now();
  render();
}

function render() {
  const { told, live } = shown();
  const { state } = live;
  const fen = shownPrice(live);
  write(part("title"), told.title);
  write(part("about"), told.about);
  part("demonstration").hidden = !told.is_demonstration;
  write(part("price-label"), priceLabel(live));
  write(part("price"), wan(fen));
  part("price").style.setProperty("--signs", wan(fen).length);
  write(part("price-words"), capitalWords(fen));
  write(part("leader"), leaderWords(live));
  const note = live.hasEnded ? [resultTitle(live), resultWords(live)] : noteOf(live);
  part("note").hidden = note === null;
  write(part("note-title"), note?.[0] ?? "");
  write(part("note-words"), note?.[1] ?? "");
  const calls = part("calls");
  calls.hidden = live.terms.method !== "auction" || state.stage !== "open";
  [...calls.children].forEach((mark, index) => mark.classList.toggle("is-called", index < state.calls));
  showRows(rowsOf(live));
  drawPricePath(part("path"), live);
  part("cover").hidden = !live.stale;
  write(part("cover-words"), live.closedForGood ? words.closed : words.disconnected);
  [...(strip?.children ?? [])].forEach((line, index) => line.classList.toggle("is-shown", index === turn));
}

/** What the hall wants to see beside the price: the drawn order, the opened quotes, or the last bids. */
function rowsOf(live) {
  const [drawn, opened] = [live.last("lots_drawn"), live.last("quotes_opened")];
  const plateWords = (plate) => say(words.plate, { plate });
  if (drawn !== null) {
    const numbers = new Map(live.all("number_given").map((given) => [given.plate, given.number]));
    const { order, plate: winner } = drawn;
    const rows = order.map((plate, index) => ({ cells: [`${index + 1}`, plateWords(plate), numbers.get(plate) ?? ""], wins: plate === winner }));
    return { title: words.draw_heading, rows };
  }
  if (opened !== null) {
    const { quotes, plate: winner } = opened;
    const rows = quotes.map(({ plate, price_fen: fen }) => ({ cells: ["", plateWords(plate), wan(fen)], wins: plate === winner }));
    return { title: words.quotes_heading, rows };
  }
  const bids = live.bids.filter((bid) => bid.between === undefined).slice(-BIDS_SHOWN).reverse();
  const rows = bids.map(({ at, plate, price_fen: fen }, index) => {
    return { cells: [momentWords(Date.parse(at), live.now()), plateWords(plate), wan(fen)], wins: index === 0 };
  });
  return { title: "", rows };
}

/** As many of them as there is room for. */
function showRows({ title, rows }) {
  const [list, side] = [part("bids"), part("side")];
  part("bids-title").hidden = title === "";
  write(part("bids-title"), title);
  list.replaceChildren(...rows.map(rowOf));
  while (list.lastChild !== null && side.scrollHeight > side.clientHeight) list.lastChild.remove();
}

function rowOf({ cells, wins }) {
  const row = document.createElement("tr");
  row.classList.toggle("is-leading", wins);
  cells.forEach((text, index) => {
    const cell = row.insertCell();
    cell.textContent = text;
    cell.className = ["time", "", "money"][index];
  });
  return row;
}

/** A lot among the others: its price and where it stands. */
function renderStrip(index) {
  const line = strip?.children[index];
  if (!line) return;
  const { live } = lots[index];
  write(line.querySelector("[data-part=price]"), wan(shownPrice(live)));
  const clock = clockOf(live);
  write(line.querySelector("[data-part=stage]"), clock?.left ? `${clock.left} · ${clock.label}` : noteOf(live)?.[0] ?? words[live.state.stage]);
}

function tick() {
  const { live } = shown();
  write(part("time"), clockTime(live.now()));
  const clock = clockOf(live);
  part("clock").hidden = clock === null;
  write(part("clock-label"), clock?.label ?? "");
  write(part("clock-left"), clock?.left ?? "");
  part("clock-left").style.setProperty("--signs", [...(clock?.left ?? "")].reduce((sum, sign) => sum + (sign > "\u2e80" ? 1.8 : 1), 0));
  part("clock").classList.toggle("is-soon", clock?.soon ?? false);
  if (lots.length > 1 && performance.now() - turnedAt > TURN_MS) show((turn + 1) % lots.length);
}

if (lots.length > 0) {
  render();
  tick();
  lots.forEach((_, index) => renderStrip(index));
  setInterval(tick, 100);
  setInterval(() => lots.forEach((_, index) => renderStrip(index)), 1000);
  window.addEventListener("resize", render);
}
// Nobody stands at this screen to reload an error page: it is left only for a page that is there.
async function reload() {
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.reload();
  else setTimeout(reload, RELOADED_AFTER_MS / 10);
}
if (data.reloads) setTimeout(reload, lots.length > 0 ? RELOADED_AFTER_MS : RELOADED_AFTER_MS / 10);
