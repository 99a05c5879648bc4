// Short tones, off until the reader turns them on: a low one when outbid, a high one for each of the last ten seconds.

let context = null;

/** Make `button` (a toggle, null where there is none) turn sound on and off. */
export function offerSound(button) {
  button?.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    context = on ? new AudioContext() : (context?.close(), null);
    if (on) tone(660, 0.12);
  });
}

export const toneOutbid = () => tone(330, 0.35);

let lastSecond = null;

/** Called often; sounds once for each of the last ten seconds. `leftMs` undefined: no clock runs. */
export function toneLastSeconds(leftMs) {
  const second = leftMs === undefined ? null : Math.ceil(leftMs / 1000);
  if (second === lastSecond) return;
  lastSecond = second;
  if (second !== null && second <= 10) tone(880, 0.08);
}

function tone(hertz, lengthS) {
  if (context === null) return;
  const [source, volume] = [context.createOscillator(), context.createGain()];
  source.frequency.value = hertz;
  volume.gain.setValueAtTime(0.2, context.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + lengthS);
  source.connect(volume).connect(context.destination);
  source.start();
  source.stop(context.currentTime + lengthS);
}
