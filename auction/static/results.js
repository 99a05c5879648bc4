// What was opened or drawn at the end: the sealed quotes with their distance from the average, the drawn order.

import { yuan } from "./money.js";
import { say, words } from "./words.js";

let drawn = "";

/** Show it in `part` once it is there. */
export function renderOpened(part, live) {
  const [quotes, lots] = [live.last("quotes_opened"), live.last("lots_drawn")];
  const shown = JSON.stringify([quotes, lots]);
  if (part === null || shown === drawn) return;
  drawn = shown;
  part.hidden = quotes === null && lots === null;
  part.replaceChildren(...(quotes ? quotesOpened(quotes) : []), ...(lots ? lotsDrawn(lots, live.all("number_given")) : []));
}

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className !== "") made.className = className;
  return made;
}

function table(caption, heads, rows) {
  const made = element("table", "", "live-opened__table");
  made.append(element("caption", caption));
  const head = made.createTHead().insertRow();
  for (const [text, kind] of heads) {
    const cell = element("th", text, kind);
    cell.scope = "col";
    head.append(cell);
  }
  const body = made.createTBody();
  for (const { cells, wins } of rows) {
    const row = body.insertRow();
    row.classList.toggle("is-leading", wins);
    cells.forEach((text, index) => row.append(element("td", text, heads[index][1])));
  }
  const frame = element("div", "", "live-opened__frame");
  frame.append(made);
  return frame;
}

function quotesOpened({ quotes = [], average_fen: average, plate }) {
  const heads = [[words.quote_plate, ""], [words.quote_amount, "money"]];
  if (average !== undefined) heads.push([words.quote_distance, "money"]);
  const rows = quotes.map((quote) => {
    const wins = quote.plate === plate;
    const cells = [say(words.plate, { plate: quote.plate }) + (wins ? ` · ${words.quote_wins}` : ""), yuan(quote.price_fen)];
    if (average !== undefined) cells.push(yuan(Math.abs(quote.price_fen - average)));
    return { cells, wins };
  });
  const parts = [table(words.quotes_heading, heads, rows)];
  if (average !== undefined) parts.push(element("p", say(words.quotes_average, { average: yuan(average) })));
  parts.push(commitments(quotes));
  return parts;
}

/** What anybody needs to check that no quote was changed after it was sealed. */
function commitments(quotes) {
  const details = element("details");
  details.append(element("summary", words.quotes_check), element("p", words.quotes_check_words));
  const list = element("ul", "", "live-opened__proofs");
  for (const { plate, salt, commitment } of quotes) {
    const line = element("li", `${say(words.plate, { plate })}: `);
    line.append(element("code", `salt ${salt} commitment ${commitment}`));
    list.append(line);
  }
  details.append(list);
  return details;
}

function lotsDrawn({ order = [], plate, secret, seed }, numbers) {
  const given = new Map(numbers.map((one) => [one.plate, one.number]));
  const heads = [[words.draw_place, "number"], [words.quote_plate, ""], [words.draw_number, ""]];
  const rows = order.map((drawnPlate, index) => ({
    cells: [String(index + 1), say(words.plate, { plate: drawnPlate }), given.get(drawnPlate) ?? ""],
    wins: drawnPlate === plate,
  }));
  const details = element("details");
  details.append(element("summary", words.draw_check), element("p", words.draw_check_words));
  for (const [name, value] of [["secret", secret], ["seed", seed]]) {
    const line = element("p", `${name} `);
    line.append(element("code", value));
    details.append(line);
  }
  return [table(words.draw_heading, heads, rows), details];
}
