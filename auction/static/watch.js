// The public watching page.

import { announce } from "./announce.js";
import { LiveLot } from "./live.js";
import { newsWords } from "./saying.js";
import { render, tick } from "./view.js";
import { data } from "./words.js";

const live = new LiveLot(data, null, (message) => {
  render(live);
  const told = (message.news ?? []).map(newsWords).filter(Boolean);
  if (told.length > 0) announce(told.at(-1));
});

render(live);
setInterval(() => tick(live), 100);
tick(live);
