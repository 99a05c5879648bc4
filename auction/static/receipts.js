// A line for every bid of one's own: sent, stored, leading or refused with the reason; its entry in the journal and how
// long before the end it arrived. What was sealed is known to this browser alone, until it is opened.

import { yuan } from "./money.js";
import { data, leftWords, momentWords, say, words, write } from "./words.js";

const SHOWN = 30;
const HASH_SHOWN = 12;
const keptAmounts = `auction:amounts:${data.lot}:${data.account}`;
const list = document.querySelector("#receipts");

export class Receipts {
  constructor(live) {
    this.live = live;
    this.amounts = new Map(restored());
    this.byKey = new Map([...data.receipts].reverse().map((receipt) => [receipt.key, this.known(receipt)]));
    for (const receipt of live.pending.values()) this.sent(receipt);
  }

  /** A receipt that the platform keeps; the amount of a sealed one is kept only here. */
  known(receipt) {
    const sealed = receipt.price_fen === null && receipt.given.startsWith("sealed");
    return { ...receipt, status: "decided", sealed, price_fen: receipt.price_fen ?? this.amounts.get(receipt.key) ?? null };
  }

  sent(receipt) {
    this.byKey.set(receipt.key, { ...receipt, status: "sent" });
    if (receipt.sealed || receipt.maximum) this.keepAmount(receipt);
  }

  /** Take the answer; returns the receipt, or undefined when the bid was not made here. */
  settle(answer) {
    const receipt = this.byKey.get(answer.key);
    if (receipt === undefined) return undefined;
    return Object.assign(receipt, {
      status: "decided",
      accepted: answer.type === "acknowledged",
      seq: answer.seq,
      hash: answer.hash,
      at: answer.arrived_at ?? answer.at,
      reason: answer.message ?? null,
      advice: answer.advice ?? null,
      before_close_ms: answer.before_close_ms ?? null,
    });
  }

  get accepted() {
    return [...this.byKey.values()].filter((receipt) => receipt.status === "decided" && receipt.accepted);
  }

  /** The own sealed quote, or undefined. */
  get quote() {
    return this.accepted.find((receipt) => receipt.sealed && !receipt.maximum);
  }

  /** The highest own secret maximum, or undefined; its amount may be unknown to this browser. */
  get maximum() {
    const maxima = this.accepted.filter((receipt) => receipt.maximum || receipt.sealed);
    return maxima.toSorted((a, b) => (a.price_fen ?? 0) - (b.price_fen ?? 0)).at(-1);
  }

  keepAmount({ key, price_fen }) {
    this.amounts.set(key, price_fen);
    try {
      localStorage.setItem(keptAmounts, JSON.stringify([...this.amounts]));
    } catch {
      // Without storage the amount is forgotten at the next load; the quote itself is stored by the platform.
    }
  }

  show() {
    const shown = [...this.byKey.values()].reverse().slice(0, SHOWN);
    const known = new Map([...list.children].map((line) => [line.dataset.key, line]));
    const lines = shown.map((receipt) => this.line(receipt, known.get(receipt.key)));
    if (lines.some((line, index) => list.children[index] !== line) || list.children.length !== lines.length) list.replaceChildren(...lines);
    document.querySelector("#receipts-empty").hidden = shown.length > 0;
  }

  /** The line of a receipt: the one that is there, when nothing of it changed. */
  line(receipt, there) {
    const [kind, text] = this.stateOf(receipt);
    const amount = this.amountOf(receipt);
    const facts = [kind, text, amount, receipt.seq, receipt.hash].join("|");
    if (there?.dataset.facts === facts) return there;
    const line = document.createElement("li");
    Object.assign(line.dataset, { kind, facts, key: receipt.key });
    for (const [name, said] of [
      ["receipt__price", amount],
      ["receipt__state", text],
      ["receipt__at", momentWords(receipt.at ? Date.parse(receipt.at) : receipt.sent, this.live.now())],
      ["receipt__detail", detailOf(receipt)],
    ]) {
      if (said !== "") line.append(part("span", name, said));
    }
    if (receipt.status === "decided" && receipt.seq) line.append(proofOf(receipt));
    return line;
  }

  stateOf(receipt) {
    const { state, plate, stale } = this.live;
    if (receipt.status === "sent") return ["sent", words.receipt_sent];
    if (!receipt.accepted) return ["refused", words.receipt_refused];
    if (receipt.sealed || receipt.maximum) return this.stateOfSealed(receipt);
    if (stale) return ["stored", words.receipt_stored];
    if (state.plate === plate && state.price_fen === receipt.price_fen) {
      return ["leads", state.stage === "sold" ? words.receipt_won : words.receipt_leads];
    }
    return ["stored", words.receipt_outbid];
  }

  stateOfSealed(receipt) {
    const opened = receipt.maximum ? null : this.live.last("quotes_opened");
    if (opened === null) return ["stored", words.receipt_sealed];
    return opened.plate === this.live.plate ? ["leads", words.receipt_won] : ["stored", words.receipt_opened];
  }

  amountOf(receipt) {
    const opened = this.live.last("quotes_opened")?.quotes.find((quote) => quote.plate === this.live.plate);
    const fen = receipt.price_fen ?? (receipt.sealed && receipt.accepted ? opened?.price_fen : undefined) ?? null;
    if (fen !== null) return yuan(fen);
    return receipt.sealed ? words.receipt_amount_elsewhere : receipt.given;
  }
}

function restored() {
  try {
    return JSON.parse(localStorage.getItem(keptAmounts) ?? "[]");
  } catch {
    return [];
  }
}

function detailOf(receipt) {
  if (receipt.status === "sent") return "";
  const early = receipt.before_close_ms;
  const parts = [receipt.reason ? `${receipt.reason} ${receipt.advice}` : ""];
  if (early !== null) parts.push(say(early >= 0 ? words.receipt_early : words.receipt_late, { length: lengthWords(Math.abs(early)) }));
  return parts.filter(Boolean).join(" · ");
}

/** The journal entry: its number, a link to the receipt where there is one, and its hash, short and to copy whole. */
function proofOf({ seq, hash }) {
  const line = part("span", "receipt__proof", "");
  const entry = part(data.receipt_path ? "a" : "span", "", say(words.receipt_entry, { seq }));
  if (data.receipt_path) entry.href = `${data.receipt_path}/${seq}`;
  line.append(entry);
  if (!hash) return line;
  const copy = part("button", "receipt__copy", words.receipt_copy);
  copy.type = "button";
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(hash);
    write(copy, words.receipt_copied);
  });
  line.append(part("code", "", `${hash.slice(0, HASH_SHOWN)}…`), copy);
  line.querySelector("code").title = hash;
  return line;
}

/** In the last minute to the thousandth of a second; before it nobody asks. */
function lengthWords(lengthMs) {
  return lengthMs < 60_000 ? say(words.seconds, { seconds: (lengthMs / 1000).toFixed(3) }) : leftWords(lengthMs);
}

function part(name, className, text) {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}
