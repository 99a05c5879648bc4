// The live channel of a lot (docs/protocol.md): keeps a connection, folds events into one state, and asks again with the
// same key for every bid whose answer was lost. It knows nothing of pages: it calls `onChange` and lets them look.

const STALE_AFTER_MS = 3000;
const LONGEST_PAUSE_MS = 2000;
const SUBSCRIBED_WITHIN_MS = 5000;
const ASKED_AGAIN_FOR_MS = 30_000; // a bid that a reload finds unanswered is repeated this long after it was made, not later
const FINAL_CODES = new Set([4403, 4404, 4409]);

export class LiveLot {
  /** `account` is whose bids are kept over a reload; null for whoever only watches. */
  constructor(lot, snapshot, ending, account, onChange) {
    this.lot = lot;
    this.kept = `auction:${lot}:${account}`;
    this.onChange = onChange;
    this.state = null;
    this.present = [];
    this.watchers = 0;
    this.plate = null;
    this.stale = true;
    this.closedForGood = false;
    this.heardAt = performance.now();
    this.lastHeardServerTime = null;
    this.roundTrip = null;
    this.offset = null;
    this.pending = new Map(restored(this.kept));
    this.pauseMs = 100;
    this.take(snapshot);
    this.state.ending = ending;
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

  get leading() {
    return !this.stale && this.plate !== null && this.state.plate === this.plate;
  }

  get lowest() {
    const { price_fen: price, starting_price_fen: start, increment_fen: increment } = this.state;
    return price === null ? start : price + increment;
  }

  /** Bid: the receipt is kept, and the message repeated after every new connection, until the answer is there. */
  bid(priceFen) {
    const receipt = { key: newKey(), price_fen: priceFen, sent: this.now(), made: Date.now() };
    this.pending.set(receipt.key, receipt);
    this.keep();
    this.say({ type: "bid", key: receipt.key, price_fen: priceFen });
    return receipt;
  }

  connect() {
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/lots/${this.lot}/live`;
    const socket = new WebSocket(address);
    this.socket = socket;
    this.subscribed = false;
    this.startedAt = performance.now();
    socket.addEventListener("open", () => {
      socket.send(JSON.stringify({ type: "subscribe", after: this.state.seq, version: 1 }));
    });
    socket.addEventListener("message", (event) => {
      if (socket === this.socket) this.hear(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (socket !== this.socket) return;
      this.socket = null;
      if (FINAL_CODES.has(event.code)) this.closedForGood = true;
      else this.reconnectAt = performance.now() + this.pauseMs * (0.5 + Math.random());
      this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
    });
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
        this.stale = false;
        for (const { key, price_fen } of this.pending.values()) this.say({ type: "bid", key, price_fen });
        this.ping();
        break;
      case "snapshot":
        this.take(message);
        break;
      case "event":
        this.fold(message);
        break;
      case "heartbeat":
        this.present = message.present ?? [];
        this.watchers = message.watchers;
        if (message.seq > this.state.seq) this.missed = (this.missed ?? 0) + 1;
        else this.missed = 0;
        if (this.missed > 2) this.reconnect();
        break;
      case "acknowledged":
      case "refused":
        this.pending.delete(message.key);
        this.keep();
        break;
      default:
        break;
    }
    this.onChange(message);
  }

  take(snapshot) {
    this.state = { ...snapshot, ending: this.state?.ending ?? null, bids: [...snapshot.bids] };
  }

  fold(event) {
    const state = this.state;
    if (event.seq <= state.seq) return;
    state.seq = event.seq;
    state.hash = event.hash;
    if (event.closes_at) state.closes_at = event.closes_at;
    switch (event.kind) {
      case "opened":
        state.stage = "open";
        break;
      case "bid_accepted":
        state.price_fen = event.price_fen;
        state.plate = event.plate;
        state.calls = 0;
        state.bid_count += 1;
        state.bids.push({ seq: event.seq, at: event.at, plate: event.plate, price_fen: event.price_fen });
        break;
      case "called":
        state.calls = event.number;
        break;
      case "sold":
      case "withdrawn":
      case "called_off":
        state.stage = event.kind;
        state.ended_at = event.at;
        state.ending = { because: event.because, reserve_fen: event.reserve_fen ?? null };
        break;
      default:
        break;
    }
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
    const roundTrip = performance.now() - pingSent;
    if (this.roundTrip === null || roundTrip <= this.roundTrip * 1.5) {
      this.offset = at + roundTrip / 2 - performance.now();
    }
    this.roundTrip = roundTrip;
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
