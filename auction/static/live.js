// The live channel of a lot (docs/protocol.md): keeps a connection and the state that was told last, and asks again with
// the same key for every bid whose answer was lost. It knows nothing of pages: it calls `onChange` and lets them look.

const VERSION = 2;
const STALE_AFTER_MS = 3000;
const LONGEST_PAUSE_MS = 2000;
const SUBSCRIBED_WITHIN_MS = 5000;
const ASKED_AGAIN_FOR_MS = 30_000; // a bid that a reload finds unanswered is repeated this long after it was made, not later
const BIDS_KEPT = 1000;
const ROUND_TRIPS_KEPT = 5;
const CLOSE_SIGNED_OUT = 4401;
const FINAL_CODES = new Set([CLOSE_SIGNED_OUT, 4403, 4404, 4409]);
export const ENDED = new Set(["sold", "withdrawn", "called_off"]);

export class LiveLot {
  /** `told` is what the page was made with: path, terms, state. `account` is whose bids are kept over a reload, or null. */
  constructor(told, account, onChange) {
    this.path = told.path;
    this.kept = `auction:${told.lot}:${account}`;
    this.onChange = onChange;
    this.terms = told.terms;
    this.waitsFor = told.waits_for ?? null; // the lot that must end before this one may begin
    this.state = null;
    this.bids = []; // accepted bids, and { between } where some were left out
    this.events = []; // every other event
    this.present = [];
    this.watchers = 0;
    this.plate = null;
    this.stale = true;
    this.closedWith = null;
    this.heardAt = performance.now();
    this.lastHeardServerTime = null;
    this.roundTrips = [];
    this.offset = null;
    this.pending = new Map(restored(this.kept));
    this.pauseMs = 100;
    this.take(told.state);
    this.connect();
    setInterval(() => this.look(), 250);
    setInterval(() => this.ping(), 5000);
    window.addEventListener("online", () => this.reconnect());
    document.addEventListener("visibilitychange", () => !document.hidden && this.stale && this.reconnect());
  }

  /** The server's time now, in milliseconds; the reader's own clock does not matter. */
  now() {
    return performance.now() + (this.offset ?? Date.now() - performance.now());
  }

  get closedForGood() {
    return this.closedWith !== null;
  }

  get signedOut() {
    return this.closedWith === CLOSE_SIGNED_OUT;
  }

  get leading() {
    return !this.stale && this.plate !== null && this.state.plate === this.plate;
  }

  get hasEnded() {
    return ENDED.has(this.state.stage);
  }

  /** The auctioneer's hammer fell, and what was bid before it may still be on its way. */
  get falling() {
    const { stage, closes_at: closesAt } = this.state;
    return this.terms.method === "auction" && stage === "open" && closesAt !== null;
  }

  /** The middle one of the last round trips in milliseconds; null before the first. */
  get roundTrip() {
    return [...this.roundTrips].sort((a, b) => a - b)[Math.floor(this.roundTrips.length / 2)] ?? null;
  }

  last(kind) {
    const event = this.events.findLast((candidate) => candidate.kind === kind);
    return event === undefined ? null : event.facts ?? {};
  }

  all(kind) {
    return this.events.filter((event) => event.kind === kind).map((event) => event.facts ?? {});
  }

  /** Bid: the receipt is kept, and the message repeated after every new connection, until the answer is there. */
  bid(priceFen, { maximum = false, sealed = false } = {}) {
    const receipt = { key: newKey(), price_fen: priceFen, sent: this.now(), made: Date.now(), maximum, sealed };
    this.pending.set(receipt.key, receipt);
    this.keep();
    this.sayBid(receipt);
    return receipt;
  }

  sayBid({ key, price_fen, maximum = false, sealed = false }) {
    this.say({ type: "bid", key, price_fen, maximum, sealed });
  }

  sayPending() {
    for (const receipt of this.pending.values()) this.sayBid(receipt);
  }

  connect() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${this.path}`);
    this.socket = socket;
    this.subscribed = false;
    this.startedAt = performance.now();
    socket.addEventListener("open", () => {
      socket.send(JSON.stringify({ type: "subscribe", after: this.state.seq, version: VERSION }));
    });
    socket.addEventListener("message", (event) => {
      if (socket === this.socket) this.hear(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (socket !== this.socket) return;
      this.socket = null;
      if (FINAL_CODES.has(event.code)) this.closeForGood(event.code);
      else this.reconnectAt = performance.now() + this.pauseMs * (0.5 + Math.random());
      this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
    });
  }

  closeForGood(code) {
    this.closedWith = code;
    this.stale = true;
    this.onChange({ type: "stale" });
  }

  reconnect() {
    if (this.closedForGood) return;
    const old = this.socket;
    this.socket = null;
    old?.close();
    this.connect();
  }

  hear(message) {
    this.heardAt = performance.now();
    if (message.server_time) this.setClock(message.server_time, message.type === "pong" ? message.sent : null);
    this.pauseMs = 100;
    switch (message.type) {
      case "welcome":
        this.subscribed = true;
        this.plate = message.plate;
        this.terms = message.terms;
        this.stale = false;
        this.sayPending();
        this.ping();
        break;
      case "state":
        message.news = this.take(message);
        break;
      case "heartbeat":
        this.present = message.present ?? [];
        this.watchers = message.watchers;
        this.missed = message.seq > this.state.seq ? (this.missed ?? 0) + 1 : 0;
        if (this.missed > 2) this.reconnect();
        break;
      case "acknowledged":
      case "refused":
        this.pending.delete(message.key);
        this.keep();
        break;
      case "error":
        if (message.code === "not_decided") setTimeout(() => this.sayPending(), 1000);
        break;
      default:
        break;
    }
    this.onChange(message);
  }

  /** A state replaces the one before; its events join those known. Returns the events that are new. */
  take(told) {
    const anew = told.after === null || this.state === null;
    if (!anew && told.after > this.state.seq) {
      this.reconnect(); // something is missing between what is known and what was told
      return [];
    }
    if (!anew && told.seq < this.state.seq) return [];
    if (anew) [this.bids, this.events] = [[], []];
    const known = anew ? 0 : this.state.seq;
    const news = told.events.filter((event) => event.seq > known);
    const bids = news.filter((event) => event.kind === "bid_accepted");
    const counted = told.bid_count - (anew ? 0 : this.state.bid_count); // sealed quotes are counted too, and never left out
    const between = Math.min(told.left_out, counted - bids.length - news.filter((event) => event.kind === "quote_sealed").length);
    if (between > 0) this.bids.push({ between });
    this.bids.push(...bids.map(({ seq, at, facts }) => ({ seq, at, ...facts })));
    if (this.bids.length > BIDS_KEPT) this.bids.splice(0, this.bids.length - BIDS_KEPT);
    this.events.push(...news.filter((event) => event.kind !== "bid_accepted" && event.kind !== "bid_refused"));
    this.state = told;
    return news;
  }

  /** Four times a second: is what is shown still true, and is it time to connect again? */
  look() {
    const now = performance.now();
    const silentMs = now - this.heardAt;
    const wasStale = this.stale;
    if (silentMs > STALE_AFTER_MS) this.stale = true;
    if (this.socket === null && !this.closedForGood && now >= this.reconnectAt) this.connect();
    else if (this.subscribed && silentMs > STALE_AFTER_MS) this.reconnect();
    else if (!this.subscribed && now - this.startedAt > SUBSCRIBED_WITHIN_MS && this.socket !== null) this.reconnect();
    if (this.stale !== wasStale) this.onChange({ type: "stale" });
  }

  ping() {
    if (this.subscribed) this.say({ type: "ping", sent: Math.round(performance.now()) });
  }

  say(message) {
    if (this.socket?.readyState === WebSocket.OPEN && this.subscribed) this.socket.send(JSON.stringify(message));
  }

  /** A ping that came back tells the offset best; before the first one, any message will do. */
  setClock(serverTime, pingSent) {
    const at = Date.parse(serverTime);
    this.lastHeardServerTime = at;
    if (pingSent === null) {
      if (this.offset === null) this.offset = at - performance.now();
      return;
    }
    const roundTrip = Math.max(0, performance.now() - pingSent);
    if (this.roundTrip === null || roundTrip <= this.roundTrip * 1.5) {
      this.offset = at + roundTrip / 2 - performance.now();
    }
    this.roundTrips = [...this.roundTrips, roundTrip].slice(-ROUND_TRIPS_KEPT);
  }

  keep() {
    try {
      localStorage.setItem(this.kept, JSON.stringify([...this.pending]));
    } catch {
      // Without storage a reload forgets what waits for an answer; the server's own record shows it then.
    }
  }
}

function restored(kept) {
  try {
    const bids = JSON.parse(localStorage.getItem(kept) ?? "[]");
    return bids.filter(([, bid]) => Date.now() - bid.made < ASKED_AGAIN_FOR_MS);
  } catch {
    return [];
  }
}

/** A random UUID, also on pages served without TLS, where crypto.randomUUID is missing. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
