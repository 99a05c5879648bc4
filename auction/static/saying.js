// What the state of a sale means in words: the same on the watching page, in the bidder's room, at the console, in the hall.

import { capitalWords, yuan } from "./money.js";
import { leftWords, say, untilWords, words } from "./words.js";

export const shownPrice = (live) => live.state.price_fen ?? live.terms.starting_price_fen;

export function priceLabel({ state }) {
  if (state.price_fen === null) return words.starting_price;
  if (state.stage === "sold") return words.final_price;
  if (state.stage === "withdrawn") return words.highest_bid;
  return state.stage === "listing" ? words.highest_quote : words.current_price;
}

export function leaderWords({ state }) {
  if (state.plate === null) return state.stage === "sealed" ? "" : words.no_bid;
  return say(state.stage === "open" || state.stage === "listing" ? words.plate_leads : words.plate, { plate: state.plate });
}

/** By how much a bid must rise; "" where no price rises (any more). */
export function incrementWords({ state }) {
  return ["waiting", "open", "listing", "preparing"].includes(state.stage) ? say(words.increment, { increment: yuan(state.increment_fen) }) : "";
}

/** What a valid bid does to the clock of timed bidding; "" where it does nothing. */
export function windowWords({ state, terms }) {
  const resets = state.stage === "open" && terms.window_s !== null && terms.method !== "online_auction";
  return resets ? say(words.window_words, { window: leftWords(terms.window_s * 1000) }) : "";
}

/** What the clock says: its label, what is left of it (null: it only says the label), and whether that is little. */
export function clockOf(live) {
  const { state, terms } = live;
  const now = live.now();
  if (state.stage === "waiting") {
    const left = Date.parse(terms.starts_at) - now;
    if (left > 0) return { label: words.starts_in, left: leftWords(left) };
    if (live.waitsFor) return { label: say(words.waits_for_lot, { lot: live.waitsFor }), left: "" };
    return { label: terms.method === "auction" ? words.waits_for_auctioneer : words.starts_now, left: "" };
  }
  const label = words[`clock_${state.stage}`];
  if (state.closes_at === null || label === undefined || live.falling) return null;
  const left = Date.parse(state.closes_at) - now;
  if (left <= 0) return { label: words.closing, left: "0.0" };
  return { label, left: leftWords(left), soon: left < 10_000, leftMs: left };
}

/** What this stage means for everybody: a title and a sentence; null where the price and the clock say it all. */
export function noteOf(live) {
  const { state, terms } = live;
  const until = state.closes_at === null ? "" : untilWords(Date.parse(state.closes_at), live.now());
  switch (state.stage) {
    case "listing":
      return [words.listing, say(words.listing_words, { until })];
    case "declaring":
      return [words.declaring, say(words.declaring_words, { count: live.last("declared")?.willing ?? 0, until })];
    case "preparing":
      return [words.preparing, preparingWords(live)];
    case "sealed":
      return [words.sealed, sealedWords(live)];
    case "drawing":
      return [words.drawing, say(words.drawing_words, { count: live.all("number_given").length })];
    case "frozen":
      return [words.frozen, frozenWords(live, until)];
    case "open":
      if (live.falling) return [words.falling, words.falling_words];
      if (terms.way?.online) return [words.online, words.online_words];
      return null;
    default:
      return null;
  }
}

function preparingWords(live) {
  const entrants = live.last("timed_bidding_decided")?.entrants;
  return entrants ? say(words.entrants_words, { plates: entrants.join("、") }) : words.preparing_words;
}

function sealedWords(live) {
  const cap = live.last("cap_reached");
  const count = live.all("quote_sealed").length;
  if (cap === null) return say(words.tender_words, { count });
  return say(words.one_price_words, { cap: yuan(cap.cap_fen), ceiling: yuan(cap.ceiling_fen), count });
}

function frozenWords(live, until) {
  const facts = live.last("suspended");
  const because = facts?.because === "by_order" ? facts.reason.trim() : words[`because_${facts?.because}`];
  return sentences(because, until === "" ? words.frozen_open_end : say(words.frozen_until, { until }));
}

/** Sentences one after the other: what somebody typed gets its full stop; between Chinese ones there is no space. */
function sentences(...all) {
  const stopped = all.filter(Boolean).map((one) => (/[.!?。！？；]$/.test(one) ? one : one + (/[\u2e80-\uffef]$/.test(one) ? "。" : ".")));
  return stopped.reduce((said, one) => (/[\u2e80-\uffef]$/.test(said) ? said + one : `${said} ${one}`), "").trim();
}

/** How the sale ended, in a word. */
export function resultTitle(live) {
  return live.last("withdrawn")?.because === "by_order" ? words.ended_by_order : words[live.state.stage];
}

/** How the sale ended, in sentences. */
export function resultWords(live) {
  const { state } = live;
  const price = state.price_fen === null ? "" : yuan(state.price_fen);
  if (state.stage === "called_off") {
    const facts = live.last("called_off");
    return say(words.called_off_words, { qualified: facts?.qualified, needed: facts?.needed });
  }
  if (state.stage === "sold") {
    const facts = live.last("sold");
    const sold = say(words.sold_words, { plate: state.plate, price, words: capitalWords(state.price_fen) });
    return facts?.reserve_fen ? sentences(sold, say(words.reserve_reached, { reserve: yuan(facts.reserve_fen) })) : sold;
  }
  const facts = live.last("withdrawn");
  if (facts?.because === "by_order") return sentences(say(words.by_order_words, { reason: facts.reason.trim() }));
  if (facts?.because !== "below_reserve") return words.nobody_bid_words;
  return say(words.below_reserve_words, { price, reserve: facts.reserve_fen ? yuan(facts.reserve_fen) : "" });
}

/** What a new event tells those who only listen; "" when nobody needs to hear of it. */
export function newsWords(event) {
  const { kind, facts = {} } = event;
  switch (kind) {
    case "bid_accepted":
      return say(words.told_bid, { plate: facts.plate, price: yuan(facts.price_fen) });
    case "called":
      return say(words.called, { number: facts.number });
    case "increment_changed":
      return say(words.told_increment, { increment: yuan(facts.increment_fen) });
    case "disqualified":
      return say(words.told_disqualified, { plate: facts.plate });
    case "opened":
    case "resumed":
    case "hammer_fell":
    case "quoting_ended":
    case "timed_bidding_decided":
    case "timed_bidding_opened":
    case "cap_reached":
    case "quotes_opened":
    case "lots_drawn":
    case "suspended":
    case "resumption_announced":
      return words[`told_${kind}`];
    default:
      return words[kind] ?? "";
  }
}
