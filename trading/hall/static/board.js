// Renews the board from the server. While that fails the stale board is covered, and says of when it is.

const RENEWED_EVERY_MS = 3000;
const CUT_AFTER_MS = 10000;

let renewedAt = performance.now();

async function renew() {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(RENEWED_EVERY_MS * 2) });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-board]");
    if (!fresh) throw new Error("no board");
    document.querySelector("[data-board]").replaceWith(fresh);
    renewedAt = performance.now();
  } catch {
    if (performance.now() - renewedAt > CUT_AFTER_MS) cover();
  }
  setTimeout(renew, RENEWED_EVERY_MS);
}

function cover() {
  const board = document.querySelector("[data-board]");
  const words = board.querySelector(".board__cut");
  if (!words.hidden) return;
  words.textContent = board.dataset.cut.replace("{time}", board.querySelector(".board__time").textContent.trim());
  words.hidden = false;
}

setTimeout(renew, RENEWED_EVERY_MS);
