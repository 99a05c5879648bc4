// What screen readers are told. What happens in the sale is told politely and not more often than they can speak: what
// came meanwhile is replaced by what is newest. The answer to one's own act is told at once.

import { write } from "./words.js";

const QUIET_MS = 3000;

let announced = -QUIET_MS;
let waiting = null;

export function announce(text) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    announced = performance.now();
    write(document.querySelector("#live-status"), text);
  }, Math.max(0, announced + QUIET_MS - performance.now()));
}

/** Say this at once and leave nothing standing that was said before: it is no longer known to be true. */
export function retract(text) {
  announced = -QUIET_MS;
  announce(text);
  write(document.querySelector("#live-status"), "");
  answer("");
}

export function answer(text) {
  write(document.querySelector("#live-answer"), text);
}
