// Sends a recording in pieces and goes on where it stood: after a broken connection, and after the page was closed.

const PIECE_BYTES = 8 * 1024 * 1024;
const LONGEST_WAIT_S = 30;

const form = document.querySelector("#recording-form");
const chooser = form.querySelector("[data-chooser]");
const input = chooser.querySelector("input");
const progress = form.querySelector("[data-progress]");
const bar = progress.querySelector("progress");
const status = progress.querySelector("[role=status]");

chooser.hidden = false;
input.addEventListener("change", () => {
  const file = input.files[0];
  if (!file) return;
  form.elements.file_name.value = file.name;
  form.elements.size_bytes.value = String(file.size);
});

form.addEventListener("submit", (event) => {
  const file = input.files[0];
  if (event.submitter?.value !== "upload" || !file) return; // the page itself says what is missing
  event.preventDefault();
  send(file);
});

/** From the choice of a file to its last byte. */
async function send(file) {
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  progress.hidden = false;
  const begun = await address(file);
  if (begun) await sendPieces(file, begun);
  for (const button of form.querySelectorAll("button")) button.disabled = false;
}

/** The upload's address: of one that was begun before with the same file, or a new one. */
async function address(file) {
  for (const known of document.querySelectorAll("[data-upload]")) {
    if (known.dataset.name === file.name && Number(known.dataset.size) === file.size) {
      status.textContent = form.dataset.again;
      return known.dataset.upload;
    }
  }
  const fields = new FormData(form);
  fields.set("then", "upload");
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(fields), headers: { accept: "application/json" } });
  const told = await answer.json();
  if (answer.ok) return told.address;
  const reasons = told.errors ? Object.values(told.errors) : [told.title, told.detail];
  refuse(reasons.join(" "));
  return null;
}

async function sendPieces(file, place) {
  let waited = 1;
  for (;;) {
    try {
      let offset = await standing(place);
      while (offset !== null && offset < file.size) {
        show(offset, file.size);
        offset = await sendPiece(file, place, offset);
        waited = 1;
      }
      if (offset === null) return;
      show(file.size, file.size);
      status.textContent = form.dataset.done;
      location.reload();
      return;
    } catch {
      status.textContent = form.dataset.waiting.replace("{seconds}", String(waited));
      await new Promise((resolve) => setTimeout(resolve, waited * 1000));
      waited = Math.min(waited * 2, LONGEST_WAIT_S);
    }
  }
}

/** Where the upload stands; null when it is gone. Throws when it cannot be asked. */
async function standing(place) {
  const answer = await fetch(place, { method: "HEAD" });
  if (answer.status >= 500) throw new Error(String(answer.status));
  if (!answer.ok) {
    refuse(String(answer.status));
    return null;
  }
  return Number(answer.headers.get("upload-offset"));
}

/** Send one piece; returns the offset behind it. Throws when it is worth another try. */
async function sendPiece(file, place, offset) {
  const content = await file.slice(offset, offset + PIECE_BYTES).arrayBuffer();
  const headers = { "content-type": "application/offset+octet-stream", "upload-offset": String(offset), accept: "application/json" };
  if (window.crypto?.subtle) headers["upload-checksum"] = `sha256 ${base64(await crypto.subtle.digest("SHA-256", content))}`;
  const answer = await fetch(place, { method: "PATCH", body: content, headers });
  if (answer.ok) return Number(answer.headers.get("upload-offset"));
  const told = await answer.json().catch(() => ({}));
  if ([409, 423, 460].includes(answer.status) && !["recording_known", "recording_damaged"].includes(told.code)) throw new Error(told.code);
  if (answer.status >= 500 && answer.status !== 507) throw new Error(String(answer.status));
  refuse([told.title, told.detail].join(" "));
  return null;
}

function show(done, size) {
  bar.value = Math.floor((done * 100) / size);
  status.textContent = form.dataset.sending.replace("{done}", inWords(done)).replace("{size}", inWords(size));
}

function refuse(reason) {
  status.textContent = `${form.dataset.refused} ${reason}`;
}

function inWords(bytes) {
  for (const [unit, power] of [["GB", 3], ["MB", 2], ["KB", 1]]) {
    const count = bytes / 1024 ** power;
    if (count >= 1) return `${count.toFixed(1)} ${unit}`;
  }
  return `${bytes} B`;
}

function base64(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)));
}
