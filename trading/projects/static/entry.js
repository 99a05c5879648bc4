// Shows only the fields that count for the choices made so far. Without this module all of them are there, each with
// words that say when it counts.

/** `name=value,value`: whether the field of that name has one of the values. */
function holds(form, condition) {
  const [name, values] = condition.split("=");
  const chosen = form.elements[name]?.value ?? "";
  return values.split(",").includes(chosen);
}

for (const form of document.querySelectorAll("form")) {
  const parts = form.querySelectorAll("[data-only-if]");
  if (!parts.length) continue;
  const show = () => {
    for (const part of parts) {
      const wrong = part.querySelector(".field--wrong");
      part.hidden = !wrong && !part.dataset.onlyIf.split(" ").every((condition) => holds(form, condition));
    }
  };
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
}
