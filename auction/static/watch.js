// The public watching page.

import { LiveLot } from "./live.js";
import { yuan } from "./money.js";
import { announce, data, render, say, tick, words } from "./view.js";

const live = new LiveLot(data.lot, data.snapshot, data.ending, null, (message) => {
  render(live);
  if (message.type === "event") tell(message);
});

function tell(event) {
  if (event.kind === "bid_accepted") announce(say(words.told_bid, { plate: event.plate, price: yuan(event.price_fen) }));
  else if (event.kind === "called") announce(say(words.called, { number: event.number }));
  else if (event.kind === "opened") announce(words.told_opened);
  else if (event.kind === "resumed") announce(words.told_resumed);
  else if (words[event.kind]) announce(words[event.kind]);
}

render(live);
setInterval(() => tick(live), 100);
tick(live);
