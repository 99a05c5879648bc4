// Amounts for people: yuan with separators, 万元, and capital words (大写金额). Amounts are whole fen below 2**53.

const FEN_IN_YUAN = 100;
const FEN_IN_WAN = 1_000_000;
const LARGEST_FEN = 100_000_000_000_000;

const separated = (whole) => String(whole).replace(/\B(?=(\d{3})+$)/g, ",");

/** Full yuan, `3,820,000`; the fen only when there are any: `3,820,000.50`. */
export function yuan(fen) {
  const whole = separated(Math.floor(fen / FEN_IN_YUAN));
  const part = fen % FEN_IN_YUAN;
  return part === 0 ? whole : `${whole}.${String(part).padStart(2, "0")}`;
}

/** 万元 with two decimals, half up: `382.00`. */
export function wan(fen) {
  const hundredths = Math.floor(fen / (FEN_IN_WAN / 100) + 0.5);
  return `${separated(Math.floor(hundredths / 100))}.${String(hundredths % 100).padStart(2, "0")}`;
}

const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const PLACES = [[1000, "仟"], [100, "佰"], [10, "拾"], [1, ""]];
const GROUPS = [[10 ** 12, "万亿"], [10 ** 8, "亿"], [10 ** 4, "万"], [1, ""]];

/** A number as digits with the names of their places; several zeros in a row are one 零. */
function inWords(number, places, base, written) {
  let words = "";
  let gap = false;
  for (const [size, name] of places) {
    const digits = Math.floor(number / size) % base;
    if (digits === 0) {
      gap = true;
      continue;
    }
    if (words !== "" && (gap || digits < base / 10)) words += "零";
    words += written(digits) + name;
    gap = false;
  }
  return words;
}

const groupInWords = (group) => inWords(group, PLACES, 10, (digit) => DIGITS[digit]);
const wholeInWords = (whole) => inWords(whole, GROUPS, 10_000, groupInWords);

/** 人民币大写 as the papers write it (archive/capital_words.py): `叁佰捌拾贰万元整`. */
export function capitalWords(fen) {
  const whole = Math.floor(fen / FEN_IN_YUAN);
  const jiao = Math.floor(fen / 10) % 10;
  const rest = fen % 10;
  if (fen === 0) return "零元整";
  let words = whole > 0 ? `${wholeInWords(whole)}元` : "";
  if (jiao === 0 && rest === 0) return `${words}整`;
  if (jiao > 0) words += `${DIGITS[jiao]}角`;
  else if (whole > 0) words += "零";
  return words + (rest > 0 ? `${DIGITS[rest]}分` : "");
}

/** Fen from what a person typed in yuan, `3,820,000.50` or `382万`; null when it is no amount. */
export function fenFrom(typed) {
  const text = typed.normalize("NFKC").replace(/[\s,]/g, "").replace(/元$/, "");
  const match = /^(\d{1,13})(?:\.(\d{1,6}))?(万)?$/.exec(text);
  if (match === null) return null;
  const scale = match[3] ? 6 : 2;
  const decimals = (match[2] ?? "").replace(/0+$/, "");
  if (decimals.length > scale) return null;
  const fen = Number(match[1]) * 10 ** scale + Number(decimals.padEnd(scale, "0"));
  return fen > 0 && fen <= LARGEST_FEN ? fen : null;
}
