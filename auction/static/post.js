// Sending a form without leaving the page.

import { words } from "./words.js";

/** Send the form's token and these facts. Returns "" when the platform did it, else what it says. */
export async function post(form, address, facts) {
  const body = new URLSearchParams({ _csrf_token: new FormData(form).get("_csrf_token") });
  for (const [name, value] of Object.entries(facts)) if (value !== null) body.set(name, value);
  try {
    const answer = await fetch(address, { method: "POST", body, headers: { accept: "application/json" } });
    if (answer.ok) return "";
    const problem = await answer.json();
    return `${problem.title} ${problem.detail}`;
  } catch {
    return words.not_answered;
  }
}
