// Compares a file with the hashes on the page. The file stays in the browser.

const part = document.querySelector("[data-hashes]");
const [current, ...older] = part.dataset.hashes.split(" ");
const input = part.querySelector("input[type=file]");
const drop = part.querySelector(".compare__drop");

function show(result, hash) {
  for (const element of part.querySelectorAll("[data-result]")) {
    element.hidden = element.dataset.result !== result;
    const place = element.querySelector("[data-hash]");
    if (place) place.textContent = hash;
  }
}

async function compare(file) {
  if (!file) return;
  // Without a secure context (https, or this very machine) browsers compute no hashes.
  if (!globalThis.crypto?.subtle) return show("impossible", "");
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  const hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  show(hash === current ? "same" : older.includes(hash) ? "older" : "different", `SHA-256 ${hash}`);
}

input.addEventListener("change", () => compare(input.files[0]));
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("compare__drop--over");
  });
}
drop.addEventListener("dragleave", () => drop.classList.remove("compare__drop--over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("compare__drop--over");
  compare(event.dataTransfer.files[0]);
});
