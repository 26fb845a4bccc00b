/* Waveforms as bars, places on them, and times as people read them. */

const FULL_SCALE = 127; // of a peak: int8
const LEAST_BAR = 0.015; // of half the height, so that silence is a line and not nothing
const GRAB = 7; // px around an edge of a loop within which the pointer takes hold of it

/**
 * Peaks as they stand in the page: least and greatest sample of each column in turn.
 * @param {string} base64 of int8
 * @returns {Int8Array}
 */
export function decodePeaks(base64) {
  return Int8Array.from(atob(base64), (letter) => (letter.charCodeAt(0) << 24) >> 24);
}

/**
 * Bars for a picture of so many: [least, greatest] each, in ±1 of full scale.
 * @param {Int8Array} peaks
 * @param {number} count
 * @param {number} gain linear
 * @returns {[number, number][]}
 */
export function waveformBars(peaks, count, gain = 1) {
  const columns = peaks.length / 2;
  return Array.from({ length: columns ? count : 0 }, (_, bar) => {
    const first = Math.floor((bar * columns) / count);
    const last = Math.max(first + 1, Math.ceil(((bar + 1) * columns) / count));
    let [low, high] = [0, 0];
    for (let column = first; column < Math.min(last, columns); column += 1) {
      low = Math.min(low, peaks[2 * column]);
      high = Math.max(high, peaks[2 * column + 1]);
    }
    const scale = gain / FULL_SCALE;
    return [Math.min(-LEAST_BAR, low * scale), Math.max(LEAST_BAR, high * scale)];
  });
}

/**
 * The second that a place on a picture stands for.
 * @param {number} x px from the picture's left
 * @param {number} width px
 * @param {number} seconds of the whole picture
 */
export function secondsAt(x, width, seconds) {
  return width > 0 ? (Math.min(Math.max(0, x), width) / width) * seconds : 0;
}

/**
 * What a pointer that goes down at `x` moves: "start" or "end" of a loop, or "new".
 * @param {{start: number, end: number} | null} loop
 */
export function grabbedEdge(x, width, seconds, loop) {
  if (!loop || width <= 0) return "new";
  const at = (time) => Math.abs((time / seconds) * width - x);
  const [start, end] = [at(loop.start), at(loop.end)];
  if (Math.min(start, end) > GRAB) return "new";
  return start < end ? "start" : "end";
}

/**
 * 0:03.2; with `tenths` false 0:03.
 * @param {number} seconds
 */
export function clockText(seconds, tenths = true) {
  const total = Math.round(Math.max(0, seconds) * 10);
  const [minutes, rest] = [Math.floor(total / 600), total % 600];
  const whole = String(Math.floor(rest / 10)).padStart(2, "0");
  return `${minutes}:${whole}${tenths ? `.${rest % 10}` : ""}`;
}

/**
 * Bars on a canvas, two units wide with one between them, in one colour.
 * @param {HTMLCanvasElement} canvas
 * @param {Int8Array} peaks
 * @param {string} colour
 * @param {number} gain linear
 */
export function drawWaveform(canvas, peaks, colour, gain) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!width || !height) return;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.fillStyle = colour;
  const middle = height / 2;
  waveformBars(peaks, Math.floor(width / 3), gain).forEach(([low, high], bar) => {
    const [top, bottom] = [-Math.min(1, high), -Math.max(-1, low)].map((y) => middle * (1 + y));
    context.fillRect(bar * 3, top, 2, bottom - top);
  });
}
