// The bidder's room: one's own standing, bidding, and a receipt for every bid.

import { LiveLot } from "./live.js";
import { capitalWords, fenFrom, wan, yuan } from "./money.js";
import { announce, clockTime, data, render, say, tick, words, write } from "./view.js";

const receipts = new Map([...data.receipts].reverse().map((receipt) => [receipt.key, { ...receipt, status: "decided" }]));
const standing = document.querySelector("#standing");
const quick = [...document.querySelectorAll("[data-steps]")];
const own = document.querySelector("#own-amount");
const ownWords = document.querySelector("#own-amount-words");
const ownButton = document.querySelector("#own-amount-button");
const list = document.querySelector("#receipts");
const held = new WeakMap(); // the price that stood on a button when the finger came down

const live = new LiveLot(data.lot, data.snapshot, data.ending, data.account, (message) => {
  const before = standing.dataset.kind;
  if (message.type === "event" && message.kind === "resumed") announce(words.told_resumed);
  if (message.type === "acknowledged" || message.type === "refused") settle(message);
  show();
  if (standing.dataset.kind !== before && !live.stale) announce(standing.innerText);
});
live.plate ??= data.plate;
for (const receipt of live.pending.values()) receipts.set(receipt.key, { ...receipt, status: "sent" });

function settle(answer) {
  const receipt = receipts.get(answer.key);
  if (receipt === undefined) return;
  Object.assign(receipt, {
    status: "decided",
    accepted: answer.type === "acknowledged",
    seq: answer.seq,
    at: answer.at,
    reason: answer.message ?? null,
    advice: answer.advice ?? null,
    before_close_ms: answer.before_close_ms ?? null,
  });
  announce(answer.type === "acknowledged" ? say(words.told_stored, { price: yuan(receipt.price_fen) }) : `${answer.message} ${answer.advice}`);
}

function place(fen) {
  if (!mayBid()) return;
  const receipt = live.bid(fen);
  receipts.set(receipt.key, { ...receipt, status: "sent" });
  own.value = "";
  show();
}

const mayBid = () => live.plate !== null && live.state.stage === "open" && !live.stale && !live.leading && live.pending.size === 0;

function show() {
  render(live);
  showStanding();
  const open = mayBid();
  for (const button of quick) {
    const fen = live.lowest + Number(button.dataset.steps) * live.state.increment_fen;
    button.dataset.fen = fen;
    write(button.querySelector("[data-part=amount]"), yuan(fen));
    button.disabled = !open;
  }
  showOwn();
  list.replaceChildren(...[...receipts.values()].reverse().slice(0, 30).map(receiptLine));
  document.querySelector("#receipts-empty").hidden = receipts.size > 0;
}

function showStanding() {
  const [kind, text] = standingNow();
  standing.dataset.kind = kind;
  write(standing.querySelector("[data-part=words]"), text);
  document.querySelector("#bidding").hidden = live.state.stage !== "open";
}

function standingNow() {
  const { state } = live;
  if (live.stale) return ["none", words.standing_unknown];
  if (state.stage === "sold") return state.plate === live.plate ? ["leads", words.standing_won] : ["none", words.standing_not_won];
  if (state.stage === "waiting") return ["none", words.standing_waiting];
  if (state.stage !== "open") return ["none", words[state.stage]];
  if (live.pending.size > 0) return ["sent", words.standing_sent];
  if (live.leading) return ["leads", words.standing_leads];
  const hasBid = [...receipts.values()].some((receipt) => receipt.accepted);
  return hasBid ? ["outbid", words.standing_outbid] : ["none", words.standing_no_bid];
}

function showOwn() {
  const fen = fenFrom(own.value);
  let text = "";
  let valid = false;
  if (own.value.trim() !== "") {
    if (fen === null) text = words.own_not_amount;
    else if (fen < live.lowest) text = say(words.own_too_low, { lowest: yuan(live.lowest) });
    else {
      valid = true;
      text = say(words.own_words, { words: capitalWords(fen), wan: wan(fen), more: yuan(fen - (live.state.price_fen ?? live.state.starting_price_fen)) });
    }
  }
  write(ownWords, text);
  ownWords.classList.toggle("is-wrong", text !== "" && !valid);
  ownButton.disabled = !(valid && mayBid());
  write(ownButton, valid ? say(words.own_confirm, { price: yuan(fen) }) : words.own_confirm_empty);
}

function receiptLine(receipt) {
  const line = document.createElement("li");
  const [kind, text] = receiptState(receipt);
  line.dataset.kind = kind;
  const price = receipt.price_fen === null ? receipt.given : yuan(receipt.price_fen);
  for (const [name, words_] of [
    ["receipt__price", price],
    ["receipt__state", text],
    ["receipt__at", clockTime(receipt.at ? Date.parse(receipt.at) : receipt.sent)],
    ["receipt__detail", receiptDetail(receipt)],
  ]) {
    const part = document.createElement("span");
    part.className = name;
    part.textContent = words_;
    if (words_ !== "") line.append(part);
  }
  return line;
}

function receiptState(receipt) {
  if (receipt.status === "sent") return ["sent", words.receipt_sent];
  if (!receipt.accepted) return ["refused", words.receipt_refused];
  if (live.stale) return ["stored", words.receipt_stored];
  if (live.state.plate === live.plate && live.state.price_fen === receipt.price_fen) {
    return ["leads", live.state.stage === "sold" ? words.receipt_won : words.receipt_leads];
  }
  return ["stored", words.receipt_outbid];
}

function receiptDetail(receipt) {
  if (receipt.status === "sent") return "";
  const early = receipt.before_close_ms;
  const parts = [receipt.reason ? `${receipt.reason} ${receipt.advice}` : ""];
  if (receipt.seq) parts.push(say(words.receipt_entry, { seq: receipt.seq }));
  if (early !== null && early >= 0) parts.push(say(words.receipt_early, { seconds: (early / 1000).toFixed(1) }));
  if (early !== null && early < 0) parts.push(say(words.receipt_late, { seconds: (-early / 1000).toFixed(1) }));
  return parts.filter(Boolean).join(" · ");
}

for (const button of quick) {
  // A price that moves while the finger is on the button must not be the price that is bid.
  button.addEventListener("pointerdown", () => held.set(button, Number(button.dataset.fen)));
  button.addEventListener("click", () => {
    place(held.get(button) ?? Number(button.dataset.fen));
    held.delete(button);
  });
}
own.addEventListener("input", showOwn);
document.querySelector("#own-amount-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const fen = fenFrom(own.value);
  if (fen !== null && !ownButton.disabled) place(fen);
});

show();
setInterval(() => tick(live), 100);
tick(live);
