// Keeps what is left true while a page is open, and lets a form be sent once. Pages work without this module.

const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** What is left in the two largest units, in the page's language: the same words as the server's. */
function inWords(seconds, words) {
  const parts = [];
  let rest = seconds;
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) parts.push(words[unit].replace("{n}", String(count)));
  }
  return parts.slice(0, 2).join(" ") || words.second.replace("{n}", "0");
}

/** Count down by the server's clock: the moment the page was made plus the time that has passed here since. */
function countDown(element) {
  const words = element.dataset;
  const total = (Date.parse(words.countdown) - Date.parse(words.now)) / 1000;
  const show = () => {
    const left = Math.max(0, Math.floor(total - performance.now() / 1000));
    element.textContent = left > 0 ? words.left.replace("{left}", inWords(left, words)) : words.over;
    element.classList.toggle("countdown--soon", left > 0 && left < 3600);
    if (left === 0) clearInterval(ticking);
  };
  const ticking = setInterval(show, 1000);
  show();
}

/** A second press while the first is on its way does nothing; coming back to the page makes the form usable again. */
function sendOnce(event) {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-disabled", "true");
  setTimeout(() => release(form), 8000); // the answer was a file, or never came
}

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
}

document.querySelectorAll("[data-countdown]").forEach(countDown);

document.addEventListener("submit", (event) => {
  if (event.target.method === "post" && !event.defaultPrevented) sendOnce(event);
});

window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach(release);
});

document.querySelector("#errors")?.focus();
