// A button that must be held: a slip of the finger does nothing. What stood there when the hold began is what is confirmed.

const HOLD_MS = 1200;

/** `seen` says what is confirmed, at the beginning of the hold; `act` is called with it at the end. */
export function onHold(button, seen, act) {
  let holding = null;
  function hold() {
    if (holding !== null || button.disabled) return;
    const confirmed = seen();
    button.classList.add("is-held");
    holding = setTimeout(() => {
      release();
      act(confirmed);
    }, HOLD_MS);
  }
  function release() {
    clearTimeout(holding);
    holding = null;
    button.classList.remove("is-held");
  }
  button.addEventListener("pointerdown", hold);
  for (const end of ["pointerup", "pointerleave", "pointercancel", "blur", "keyup"]) button.addEventListener(end, release);
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    if (!event.repeat) hold();
    event.preventDefault();
  });
}
