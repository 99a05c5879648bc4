// The auctioneer's console. Every button says what was seen: a bid that arrived meanwhile makes a call or a hammer void.

import { LiveLot } from "./live.js";
import { yuan } from "./money.js";
import { announce, data, render, say, tick, words, write } from "./view.js";

const HOLD_MS = 1200;
const form = document.querySelector("#console-form");
const openButton = document.querySelector("#open-sale");
const callOffButton = document.querySelector("#call-off");
const calls = [...document.querySelectorAll("[data-call]")];
const hammerPart = document.querySelector("#hammer");
const hammerPlate = document.querySelector("#hammer-plate");
const hammerButton = document.querySelector("#hammer-button");
const holdButton = document.querySelector("#hammer-hold");
const message = document.querySelector("#console-message");
const next = document.querySelector("#next-session");
let busy = false;

const live = new LiveLot(data.lot, data.snapshot, data.ending, null, (heard) => {
  show();
  if (heard.type !== "event") return;
  if (heard.kind === "bid_accepted") announce(say(words.told_bid, { plate: heard.plate, price: yuan(heard.price_fen) }));
  if (["sold", "withdrawn", "called_off"].includes(heard.kind)) next?.focus();
});

function show() {
  render(live);
  const { state } = live;
  const led = state.method === "auction";
  const free = !busy && !live.stale;
  const started = live.now() >= Date.parse(state.starts_at);
  const enough = data.plates.length >= data.minimum_bidders;
  openButton.hidden = state.stage !== "waiting" || !led || !enough;
  openButton.disabled = !free || !started;
  callOffButton.hidden = state.stage !== "waiting" || !led || enough;
  callOffButton.disabled = !free || !started;
  document.querySelector("#calling").hidden = state.stage !== "open" || !led;
  for (const button of calls) button.disabled = !free || Number(button.dataset.call) !== state.calls + 1;
  showHammer(free, led);
  for (const plate of document.querySelectorAll("[data-plate]")) {
    const here = !live.stale && live.present.includes(Number(plate.dataset.plate));
    plate.classList.toggle("is-here", here);
    plate.classList.toggle("is-leading", Number(plate.dataset.plate) === state.plate);
    write(plate.querySelector("[data-part=presence]"), here ? words.here : words.away);
  }
  write(document.querySelector("#present"), say(words.present, { here: live.present.length, all: data.plates.length }));
}

function showHammer(free, led) {
  const { state } = live;
  const ready = led && state.stage === "open" && state.calls === 3;
  hammerPart.hidden = !ready;
  if (!ready) {
    hammerPlate.value = "";
    return;
  }
  const sold = state.plate !== null;
  document.querySelector("#hammer-type").hidden = !sold;
  const facts = { plate: state.plate, price: yuan(state.price_fen ?? state.starting_price_fen) };
  write(document.querySelector("#hammer-words"), say(sold ? words.hammer_sold : words.hammer_withdrawn, facts));
  write(holdButton.querySelector("[data-part=words]"), sold ? words.hold_hammer : words.hold_withdraw);
  hammerButton.disabled = !free || hammerPlate.value.trim() !== String(state.plate);
  holdButton.disabled = !free;
}

async function act(address, facts) {
  if (busy || live.stale) return;
  busy = true;
  show();
  write(message, "");
  const body = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(facts)) if (value !== null) body.set(name, value);
  try {
    const answer = await fetch(address, { method: "POST", body, headers: { accept: "application/json" } });
    if (!answer.ok) {
      const problem = await answer.json();
      write(message, `${problem.title} ${problem.detail}`);
    }
  } catch {
    write(message, words.not_answered);
  }
  busy = false;
  show();
}

const base = form.getAttribute("action");
const seen = () => live.state.price_fen ?? live.state.starting_price_fen;
const call = (number) => act(`${base}/call`, { number, price_fen: seen() });
const hammer = (plate) => act(`${base}/hammer`, { price_fen: seen(), plate });

openButton.addEventListener("click", () => act(`${base}/open`, {}));
callOffButton.addEventListener("click", () => act(`${base}/call-off`, {}));
for (const button of calls) button.addEventListener("click", () => call(Number(button.dataset.call)));
hammerPlate.addEventListener("input", show);
document.querySelector("#hammer-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!hammerButton.disabled) hammer(Number(hammerPlate.value.trim()));
});

// Holding the button is the other way to confirm: what stood there when the hold began is what is confirmed.
let holding = null;
function hold() {
  if (holding !== null || holdButton.disabled) return;
  const [plate, price] = [live.state.plate, seen()];
  holdButton.classList.add("is-held");
  holding = setTimeout(() => {
    release();
    act(`${base}/hammer`, { price_fen: price, plate });
  }, HOLD_MS);
}
function release() {
  clearTimeout(holding);
  holding = null;
  holdButton.classList.remove("is-held");
}
holdButton.addEventListener("pointerdown", hold);
for (const end of ["pointerup", "pointerleave", "pointercancel", "blur", "keyup"]) holdButton.addEventListener(end, release);
holdButton.addEventListener("keydown", (event) => {
  if ((event.key === " " || event.key === "Enter") && !event.repeat) hold();
  if (event.key === " " || event.key === "Enter") event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
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
