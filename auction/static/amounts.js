// A form for an amount of one's own: what is typed is said in capital words before it can be sent. A form that has a
// confirming part asks once more, because what it sends cannot be changed.

import { capitalWords, fenFrom, wan, yuan } from "./money.js";
import { say, words, write } from "./words.js";

/**
 * `judge(fen)` says what is wrong with an amount ("" when nothing is) and, as its second part, what else to know;
 * `mayPlace()` whether it may be sent now; `place(fen)` sends it. Returns what shows the form anew; null without a form.
 */
export function amountForm(id, { judge, mayPlace, place, button: buttonWords }) {
  const part = (name) => document.querySelector(`#${id}-${name}`);
  const form = part("form");
  if (form === null) return () => {};
  const [input, button, confirm] = [document.querySelector(`#${id}`), part("button"), part("confirm")];
  let asked = null; // the amount that waits to be confirmed

  function show() {
    const fen = fenFrom(input.value);
    const [wrong, note] = fen === null ? [words.own_not_amount, ""] : judge(fen);
    const typed = input.value.trim() !== "";
    write(part("words"), !typed ? "" : wrong || `${say(words.own_words, { words: capitalWords(fen), wan: wan(fen) })} ${note}`.trim());
    part("words").classList.toggle("is-wrong", typed && wrong !== "");
    const valid = typed && wrong === "";
    button.disabled = !(valid && mayPlace());
    write(button, valid ? say(buttonWords.amount, { price: yuan(fen) }) : buttonWords.empty);
    if (confirm !== null && (asked !== fen || button.disabled)) ask(null);
  }
  function ask(fen) {
    if (asked === fen) return;
    asked = fen;
    confirm.hidden = fen === null;
    if (fen === null) return;
    write(part("confirm-words"), say(buttonWords.confirm, { price: yuan(fen), words: capitalWords(fen) }));
    part("yes").focus();
  }
  function send(fen) {
    input.value = "";
    place(fen);
    show();
  }
  input.addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fen = fenFrom(input.value);
    if (fen === null || button.disabled) return;
    if (confirm === null) send(fen);
    else ask(fen);
  });
  part("yes")?.addEventListener("click", () => asked !== null && send(asked));
  part("back")?.addEventListener("click", () => {
    ask(null);
    input.focus();
  });
  return show;
}
