// Whoever walks away leaves the first screen to the next one: nothing touched for a while leads back to the start.

const query = document.querySelector("[data-back-to-start]");
const lasts = Number(query.dataset.backToStart);
const left = query.querySelector("[data-left]");
let touchedAt = performance.now();

for (const kind of ["pointerdown", "keydown", "scroll"]) {
  addEventListener(kind, () => { touchedAt = performance.now(); }, { passive: true });
}

setInterval(() => {
  const seconds = Math.ceil(lasts - (performance.now() - touchedAt) / 1000);
  if (seconds <= 0) location.replace(query.dataset.start);
  else left.textContent = seconds <= lasts / 2 ? query.dataset.words.replace("{seconds}", String(seconds)) : "";
}, 500);
