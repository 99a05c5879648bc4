// The auctioneer's console. Every button says what was seen: a bid that arrived meanwhile makes a call or a hammer void.

import { announce } from "./announce.js";
import { onHold } from "./hold.js";
import { LiveLot } from "./live.js";
import { fenFrom, yuan } from "./money.js";
import { post } from "./post.js";
import { newsWords, shownPrice } from "./saying.js";
import { render, tick } from "./view.js";
import { data, say, words, write } from "./words.js";

const part = (id) => document.querySelector(`#${id}`);
const form = part("console-form");
const base = form.getAttribute("action");
const openButton = part("open-sale");
const callOffButton = part("call-off");
const calls = [...document.querySelectorAll("[data-call]")];
const hammerPart = part("hammer");
const hammerPlate = part("hammer-plate");
const hammerButton = part("hammer-button");
const holdButton = part("hammer-hold");
const message = part("console-message");
const next = part("next-session");
let busy = false;
let wasFalling = false;

const live = new LiveLot(data, null, (heard) => {
  show();
  const news = heard.news ?? [];
  if (news.length > 0) showFall(news);
  const told = news.map(newsWords).filter(Boolean);
  if (told.length > 0) announce(told.at(-1));
  if (live.hasEnded && news.length > 0) next?.focus();
});

/** A hammer that fell is sold in a moment, or void by a bid that had reached the platform before it. */
function showFall(news) {
  const fell = news.some((event) => event.kind === "hammer_fell");
  const bid = news.findLast((event) => event.kind === "bid_accepted");
  if (live.falling) write(message, "");
  if ((wasFalling || fell) && !live.falling && !live.hasEnded && bid !== undefined) {
    write(message, say(words.hammer_void, { plate: bid.facts.plate, price: yuan(bid.facts.price_fen) }));
  }
  wasFalling = live.falling;
}

function show() {
  render(live);
  const { state, terms } = live;
  const led = terms.method === "auction";
  const free = !busy && !live.stale;
  const started = live.now() >= Date.parse(terms.starts_at);
  const enough = data.plates.length >= terms.minimum_bidders;
  openButton.hidden = state.stage !== "waiting" || !led || !enough;
  openButton.disabled = !free || !started;
  callOffButton.hidden = state.stage !== "waiting" || !led || enough;
  callOffButton.disabled = !free || !started;
  part("calling").hidden = state.stage !== "open" || !led || live.falling;
  for (const button of calls) button.disabled = !free || Number(button.dataset.call) !== state.calls + 1;
  showHammer(free, led);
  showPowers(free, led);
  const excluded = new Set(live.all("disqualified").map((facts) => facts.plate));
  for (const plate of document.querySelectorAll("[data-plate]")) {
    const number = Number(plate.dataset.plate);
    const here = !live.stale && live.present.includes(number);
    plate.classList.toggle("is-here", here && !excluded.has(number));
    plate.classList.toggle("is-leading", number === state.plate);
    const presence = here ? words.here : words.away;
    write(plate.querySelector("[data-part=presence]"), excluded.has(number) ? words.plate_excluded : presence);
  }
  write(part("present"), say(words.present, { here: live.present.length, all: data.plates.length }));
}

function showHammer(free, led) {
  const { state } = live;
  const ready = led && state.stage === "open" && state.calls === 3 && !live.falling;
  hammerPart.hidden = !ready;
  if (!ready) {
    hammerPlate.value = "";
    return;
  }
  const sold = state.plate !== null;
  part("hammer-type").hidden = !sold;
  const facts = { plate: state.plate, price: yuan(shownPrice(live)) };
  write(part("hammer-words"), say(sold ? words.hammer_sold : words.hammer_withdrawn, facts));
  write(holdButton.querySelector("[data-part=words]"), sold ? words.hold_hammer : words.hold_withdraw);
  hammerButton.disabled = !free || hammerPlate.value.trim() !== String(state.plate);
  holdButton.disabled = !free;
}

/** The powers that are used rarely: each is there only while it can be used. */
function showPowers(free, led) {
  const { state, terms } = live;
  const running = !live.hasEnded && state.stage !== "waiting";
  const bounds = terms.way?.increment_bounds;
  part("power-increment").hidden = !led || state.stage !== "open" || !bounds;
  if (bounds) {
    const facts = { lowest: yuan(bounds.lowest.fen), highest: yuan(bounds.highest.fen), now: yuan(state.increment_fen) };
    write(part("increment-words"), say(words.increment_words, facts));
  }
  part("power-suspend").hidden = !running || state.stage === "frozen";
  part("power-resume").hidden = state.stage !== "frozen";
  part("power-withdraw").hidden = live.hasEnded;
  part("power-disqualify").hidden = live.hasEnded || data.plates.length === 0;
  part("powers").hidden = live.hasEnded;
  for (const button of document.querySelectorAll("[data-power]")) button.disabled = !free || !isFilled(button.form);
}

/** Nothing is sent without its reason; a plate must be one of the lot's, an increment lie within its bounds. */
function isFilled(power) {
  const typed = new FormData(power);
  const goesOnNow = typed.get("resumes_at") === ""; // only what is announced needs a reason
  if (typed.has("reason") && !goesOnNow && typed.get("reason").trim().length < 5) return false;
  if (typed.has("plate") && !data.plates.includes(Number(typed.get("plate")))) return false;
  if (!typed.has("increment")) return true;
  const [increment, bounds] = [fenFrom(typed.get("increment")), live.terms.way?.increment_bounds];
  return increment !== null && increment >= bounds?.lowest.fen && increment <= bounds.highest.fen;
}

/** Returns whether the platform did it. */
async function act(address, facts) {
  if (busy || live.stale) return false;
  busy = true;
  show();
  write(message, "");
  const problem = await post(form, `${base}/${address}`, facts);
  busy = false;
  write(message, problem);
  show();
  return problem === "";
}

const call = (number) => act("call", { number, price_fen: shownPrice(live) });
const hammer = (plate) => act("hammer", { price_fen: shownPrice(live), plate });

openButton.addEventListener("click", () => act("open", {}));
callOffButton.addEventListener("click", () => act("call-off", {}));
for (const button of calls) button.addEventListener("click", () => call(Number(button.dataset.call)));
hammerPlate.addEventListener("input", show);
part("hammer-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!hammerButton.disabled) hammer(Number(hammerPlate.value.trim()));
});
onHold(
  holdButton,
  () => ({ plate: live.state.plate, price_fen: shownPrice(live) }),
  (facts) => act("hammer", facts),
);

// What a form of the rarer powers sends: its fields, once it is pressed or, where the button is to be held, held.
async function use(power) {
  const facts = Object.fromEntries([...new FormData(power)].filter(([name, value]) => name !== "_csrf_token" && value !== ""));
  if (facts.increment) facts.increment = String(fenFrom(facts.increment) / 100);
  if (!(await act(power.dataset.act, facts))) return;
  power.reset();
  power.closest("details").open = false;
  show();
}
for (const power of document.querySelectorAll("form[data-act]")) {
  const button = power.querySelector("[data-power]");
  power.addEventListener("input", show);
  power.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.type === "submit" && !button.disabled) use(power);
  });
  if (button.type === "button") onHold(button, () => power, use);
}

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const button = calls.find((candidate) => candidate.dataset.call === event.key);
  if (button !== undefined) button.click();
  else if (event.key === "o" && !openButton.hidden) openButton.click();
  else if (event.key === "h" && !hammerPart.hidden) hammerPlate.focus();
  else if (event.key === "n") next?.click();
  else return;
  event.preventDefault();
});

show();
setInterval(() => {
  tick(live);
  if (live.state.stage === "waiting") show();
}, 100);
tick(live);
