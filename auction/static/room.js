// The bidder's room: one's own standing, one thing to do at each stage, and a receipt for every bid.

import { amountForm } from "./amounts.js";
import { announce, answer } from "./announce.js";
import { LiveLot } from "./live.js";
import { capitalWords, yuan } from "./money.js";
import { post } from "./post.js";
import { Receipts } from "./receipts.js";
import { newsWords, resultTitle } from "./saying.js";
import { offerSound, toneLastSeconds, toneOutbid } from "./sound.js";
import { render, tick } from "./view.js";
import { data, say, words, write } from "./words.js";

const part = (id) => document.querySelector(`#${id}`);
const standing = part("standing");
const quick = [...document.querySelectorAll("[data-steps]")];
const match = part("match");
const held = new WeakMap(); // the price that stood on a button when the finger came down
const mine = { declared: data.declared, number: null };
let busy = false;

const live = new LiveLot(data, data.account, hear);
live.plate ??= data.plate;
const receipts = new Receipts(live);

function hear(message) {
  if (standing.dataset.ready !== "yes") return;
  const before = standing.dataset.kind;
  if (message.type === "acknowledged" || message.type === "refused") settle(message);
  const told = (message.news ?? []).filter((event) => event.kind !== "bid_accepted").map(newsWords).filter(Boolean);
  show();
  if (live.stale) return;
  if (standing.dataset.kind !== before) {
    told.unshift(standing.innerText);
    if (standing.dataset.kind === "outbid") toneOutbid();
  }
  if (told.length > 0) announce(told.join(" "));
}

function settle(message) {
  const receipt = receipts.settle(message);
  if (receipt === undefined) return;
  if (!receipt.accepted) answer(`${message.message} ${message.advice}`);
  else answer(say(receipt.sealed || receipt.maximum ? words.told_sealed : words.told_stored, { price: yuan(receipt.price_fen) }));
}

const way = () => live.terms.way ?? {};
const takesBids = () => (live.state.stage === "open" && !live.falling) || live.state.stage === "listing";
const isExcluded = () => data.excluded || live.all("disqualified").some((facts) => facts.plate === live.plate);
const hasQuoted = () => receipts.accepted.some((receipt) => !receipt.sealed);

/** In timed bidding after a listing: whether this plate may enter it. */
function isEntrant() {
  if (!["preparing", "open"].includes(live.state.stage)) return true;
  const entrants = live.last("timed_bidding_decided")?.entrants;
  return !entrants || entrants.includes(live.plate);
}

function mayAct() {
  return live.plate !== null && !live.stale && live.pending.size === 0 && !isExcluded() && isEntrant();
}

// Who holds a priority right may match the price of whoever holds none.
const lowest = () => (data.has_priority && live.state.lowest_for_priority_fen) || live.state.lowest_fen;

// Whoever leads may not raise himself, except by another quote in a listing, whose last part decides.
const mayBid = () => mayAct() && takesBids() && (!live.leading || live.state.stage === "listing");

function place(fen, options = {}) {
  receipts.sent(live.bid(fen, options));
  show();
}

function show() {
  render(live);
  showStanding();
  showBidding();
  showActs();
  showOwn();
  showMaximum();
  showQuote();
  receipts.show();
  const after = part("after");
  if (after !== null) after.hidden = !live.hasEnded;
}

function showStanding() {
  const [kind, text] = standingNow();
  standing.dataset.kind = kind;
  write(standing.querySelector("[data-part=words]"), text);
}

function standingNow() {
  const { state } = live;
  if (live.stale) return ["none", words.standing_unknown];
  if (state.stage === "sold") return state.plate === live.plate ? ["leads", words.standing_won] : ["none", words.standing_not_won];
  if (live.hasEnded) return ["none", resultTitle(live)];
  if (isExcluded()) return ["outbid", words.standing_excluded];
  if (live.pending.size > 0) return ["sent", words.standing_sent];
  switch (state.stage) {
    case "declaring":
      if (mine.declared) return ["done", words.standing_declared];
      return hasQuoted() ? ["outbid", words.standing_not_declared] : ["none", words.standing_not_quoted];
    case "preparing":
      return isEntrant() ? ["sent", words.standing_preparing] : ["none", words.standing_not_entrant];
    case "sealed":
      return receipts.quote ? ["stored", words.standing_sealed] : ["outbid", words.standing_not_sealed];
    case "drawing":
      return ownNumber() === null ? ["outbid", words.standing_no_number] : ["done", words.standing_number];
    case "open":
    case "listing":
      return standingAmongBids(state.stage === "listing");
    default:
      return ["none", words[`standing_${state.stage}`]];
  }
}

function standingAmongBids(isListing) {
  if (!isEntrant()) return ["none", words.standing_not_entrant];
  if (live.leading) return ["leads", isListing ? words.standing_quote_leads : words.standing_leads];
  if (receipts.accepted.length > 0) return ["outbid", words.standing_outbid];
  return ["none", isListing ? words.standing_no_quote : words.standing_no_bid];
}

function showBidding() {
  const { state, terms } = live;
  part("bidding").hidden = !takesBids() || isExcluded() || !isEntrant();
  const open = mayBid();
  const cap = way().cap?.price.fen;
  for (const button of quick) {
    const steps = Number(button.dataset.steps);
    const fen = state.lowest_fen + steps * state.increment_fen;
    button.dataset.fen = fen;
    write(button.querySelector("[data-part=amount]"), yuan(fen));
    const count = Math.round((fen - (state.price_fen ?? terms.starting_price_fen)) / state.increment_fen);
    write(button.querySelector("[data-part=steps]"), count === 1 ? words.one_increment : say(words.increments, { count }));
    button.disabled = !open || (steps > 0 && fen > cap); // more than the next price must not stop the bidding by a slip
  }
  part("cap-note").hidden = cap === undefined;
  if (cap !== undefined) write(part("cap-note"), say(words.cap_note, { cap: yuan(cap) }));
  const matches = lowest() < state.lowest_fen && !live.leading;
  match.hidden = !matches;
  match.disabled = !open;
  if (!matches) return;
  match.dataset.fen = state.price_fen;
  write(match.querySelector("[data-part=amount]"), yuan(state.price_fen));
}

/** Taking part in timed bidding, and in a draw by lot. */
function showActs() {
  part("declaring").hidden = live.state.stage !== "declaring" || mine.declared || !hasQuoted() || isExcluded();
  part("declare-button").disabled = busy || !mayAct();
  part("drawing").hidden = live.state.stage !== "drawing" || ownNumber() !== null || isExcluded();
  const typed = part("draw-number").value.trim();
  part("draw-button").disabled = busy || typed === "" || !mayAct();
}

const ownNumber = () => live.all("number_given").find((facts) => facts.plate === live.plate)?.number ?? null;

const showOwn = amountForm("own-amount", {
  judge: (fen) => {
    const { state } = live;
    if (fen < state.lowest_fen && fen !== lowest()) return [say(words.own_too_low, { lowest: yuan(lowest()) })];
    const from = state.price_fen ?? live.terms.starting_price_fen;
    const off = (fen - state.lowest_fen) % state.increment_fen;
    if (live.terms.whole_multiple && off !== 0) {
      const below = fen - off;
      return [say(words.own_not_multiple, { below: yuan(below), above: yuan(below + state.increment_fen) })];
    }
    return ["", say(words.own_more, { more: yuan(fen - from) })];
  },
  mayPlace: mayBid,
  place: (fen) => mayBid() && place(fen),
  button: { amount: words.own_confirm, empty: words.own_confirm_empty },
});

const mayPlaceMaximum = () => mayAct() && takesBids();
const showMaximumForm = amountForm("maximum", {
  judge: (fen) => {
    const own = receipts.maximum?.price_fen ?? null;
    if (own !== null && fen <= own) return [say(words.maximum_lower, { maximum: yuan(own) })];
    if (!live.leading && fen < lowest()) return [say(words.own_too_low, { lowest: yuan(lowest()) })];
    return ["", ""];
  },
  mayPlace: mayPlaceMaximum,
  place: (fen) => mayPlaceMaximum() && place(fen, { maximum: true }),
  button: { amount: words.maximum_set, empty: words.maximum_set_empty, confirm: words.maximum_confirm },
});

function showMaximum() {
  part("maximum-part").hidden = way().online?.proxy_bids !== true;
  const own = receipts.maximum;
  const known = own?.price_fen ? say(words.maximum_known, { maximum: yuan(own.price_fen) }) : words.maximum_elsewhere;
  write(part("maximum-own"), own === undefined ? "" : known);
  showMaximumForm();
}

const mayQuote = () => mayAct() && live.state.stage === "sealed" && receipts.quote === undefined;
const showQuoteForm = amountForm("quote", {
  judge: (fen) => {
    const cap = live.last("cap_reached");
    if (cap === null) {
      const lowest = live.terms.starting_price_fen;
      return fen < lowest ? [say(words.own_too_low, { lowest: yuan(lowest) })] : ["", ""];
    }
    if (fen > cap.cap_fen && (!cap.ceiling_fen || fen <= cap.ceiling_fen)) return ["", ""];
    return [say(words.quote_outside, { cap: yuan(cap.cap_fen), ceiling: yuan(cap.ceiling_fen ?? 0) })];
  },
  mayPlace: mayQuote,
  place: (fen) => mayQuote() && place(fen, { sealed: true }),
  button: { amount: words.quote_seal, empty: words.quote_seal_empty, confirm: words.quote_confirm },
});

function showQuote() {
  const own = live.state.stage === "sealed" ? receipts.quote : undefined;
  part("sealing").hidden = live.state.stage !== "sealed" || isExcluded();
  part("quote-form").hidden = own !== undefined;
  const known = own?.price_fen ? say(words.quote_known, { price: yuan(own.price_fen), words: capitalWords(own.price_fen) }) : words.quote_elsewhere;
  write(part("quote-own"), own === undefined ? "" : known);
  showQuoteForm();
}

for (const button of [...quick, match]) {
  // A price that moves while the finger is on the button must not be the price that is bid.
  button.addEventListener("pointerdown", () => held.set(button, Number(button.dataset.fen)));
  button.addEventListener("click", () => {
    if (mayBid()) place(held.get(button) ?? Number(button.dataset.fen));
    held.delete(button);
  });
}

async function act(form, facts, done) {
  if (busy || !mayAct()) return;
  busy = true;
  show();
  const problem = await post(form, form.action, facts);
  busy = false;
  if (problem === "") done();
  write(part("room-message"), problem);
  show();
}

part("declare-form").addEventListener("submit", (event) => {
  event.preventDefault();
  act(event.target, {}, () => {
    mine.declared = true;
    answer(words.standing_declared);
  });
});
part("draw-form").addEventListener("submit", (event) => {
  event.preventDefault();
  act(event.target, { number: part("draw-number").value.trim() }, () => answer(words.standing_number));
});
part("draw-number").addEventListener("input", showActs);

offerSound(part("sound"));
standing.dataset.ready = "yes";
show();
setInterval(() => toneLastSeconds(tick(live)?.leftMs), 100);
tick(live);
