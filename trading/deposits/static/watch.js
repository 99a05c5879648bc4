// Looks again every few seconds, and loads the page anew when something has changed: the money has arrived.

const EVERY_MS = 3000;
const shown = document.querySelector("[data-watch]");
const known = meaning(shown);
const LEAVES_WITHIN_MS = 20_000; // somebody who is on the way to another page is not called back; a page that did not come is forgotten

let leftAt = -Infinity;
addEventListener("beforeunload", () => (leftAt = performance.now()));

/** The words without what ticks by itself, so that a countdown is not a change. */
function meaning(element) {
  const copy = element.cloneNode(true);
  for (const ticking of copy.querySelectorAll("[data-countdown]")) ticking.remove();
  return copy.textContent.replace(/\s+/g, " ");
}

async function look() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-watch]");
  if (fresh && meaning(fresh) !== known && performance.now() > leftAt + LEAVES_WITHIN_MS) location.reload();
}

setInterval(() => look().catch(() => {}), EVERY_MS); // a lost connection is noticed at the next look
