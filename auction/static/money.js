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
const PLACES = ["", "拾", "佰", "仟"];
const GROUPS = ["", "万", "亿", "万亿"];

/** Four digits in words, without zeros at either end. */
function groupInWords(group) {
  let words = "";
  let skipped = false;
  for (let place = 3; place >= 0; place -= 1) {
    const digit = Math.floor(group / 10 ** place) % 10;
    if (digit === 0) {
      skipped = words !== "";
      continue;
    }
    words += (skipped ? "零" : "") + DIGITS[digit] + PLACES[place];
    skipped = false;
  }
  return words;
}

function wholeInWords(whole) {
  let words = "";
  let gap = false;
  for (let index = GROUPS.length - 1; index >= 0; index -= 1) {
    const group = Math.floor(whole / 10_000 ** index) % 10_000;
    if (group === 0) {
      gap = words !== "";
      continue;
    }
    if (words !== "" && (gap || group < 1000)) words += "零";
    words += groupInWords(group) + GROUPS[index];
    gap = false;
  }
  // 壹万亿 and 壹亿 share their 亿 when both groups are there: 壹万贰仟亿 is said once.
  return words.replace(/万亿(.*?)亿/, "万$1亿");
}

/** 人民币大写, `叁佰捌拾贰万元整`. */
export function capitalWords(fen) {
  if (fen === 0) return "零元整";
  const whole = Math.floor(fen / FEN_IN_YUAN);
  const jiao = Math.floor(fen / 10) % 10;
  const rest = fen % 10;
  let words = whole > 0 ? `${wholeInWords(whole)}元` : "";
  if (jiao > 0) words += `${DIGITS[jiao]}角`;
  else if (rest > 0 && whole > 0) words += "零";
  return rest > 0 ? `${words}${DIGITS[rest]}分` : `${words}整`;
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
