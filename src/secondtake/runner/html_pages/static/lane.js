/* A lane: a version with its name and waveform. The stage: what is heard, as a spectrogram. */

import { aside, element } from "./listen_dom.js";
import { Timeline, percentOf } from "./timeline.js";
import { decodePeaks, drawWaveform } from "./waveform.js";

const BEYOND = 0.12; // of the scale, left of other music and right of the baseline itself

/** One version: a button that picks it, and its waveform. */
export class Lane {
  #deck;
  #peaks;
  #drawn = ""; // what the canvases show: size, gain, colours
  #canvases = [element("canvas"), element("canvas")];
  #played = element("div", { class: "played" }, this.#canvases[1]);
  #timeline;
  #key = element("kbd", { "aria-hidden": "true" });
  #pick;

  /**
   * @param {object} version as the page's data has it
   * @param {Deck} deck
   * @param {object} actions `pick(clip)`, and those of a Timeline
   */
  constructor(version, deck, actions) {
    this.version = version;
    this.#deck = deck;
    this.#peaks = decodePeaks(version.peaks);
    const wave = element("div", { class: "wave" }, this.#canvases[0], this.#played);
    const pick = () => actions.pick(version.clip);
    const seek = (seconds) => {
      actions.seek(seconds);
      if (deck.version !== version) pick();
    };
    this.#timeline = new Timeline(deck, { ...actions, seek }, wave);
    this.#pick = this.#button(pick);
    this.root = element("div", { class: "lane" }, this.#pick, this.#timeline.root);
  }

  /** The digit that picks this version; 0: none. */
  set digit(digit) {
    this.#key.textContent = digit || "";
    this.#pick.toggleAttribute("data-keyless", !digit);
    if (digit) this.#pick.setAttribute("aria-keyshortcuts", String(digit));
    else this.#pick.removeAttribute("aria-keyshortcuts");
  }

  /** Shows whether it is heard, and draws what has changed in size, loudness or colour. */
  update() {
    const { clip } = this.version;
    const heard = this.#deck.version === this.version;
    this.root.classList.toggle("heard", heard);
    this.root.classList.toggle("broken", this.#deck.isBroken(clip));
    this.#pick.setAttribute("aria-pressed", String(heard));
    this.#pick.setAttribute("aria-busy", String(this.#deck.isLoading(clip)));
    this.#draw();
    this.moveHead();
  }

  moveHead() {
    const { position, duration } = this.#deck;
    this.#timeline.update();
    this.#played.style.clipPath = `inset(0 calc(100% - ${percentOf(position, duration)}) 0 0)`;
  }

  #button(picked) {
    const { label, note, alert, verdict, figures } = this.version;
    const button = element(
      "button",
      { type: "button", class: "pick", click: picked },
      this.#key,
      element("span", { class: "name", text: label }),
      alert ? element("span", { class: `mark ${verdict.mark}`, "aria-hidden": "true" }) : null,
      element("span", { class: "note" }, alert ? aside(`${alert}; `) : null, note),
    );
    const score = figures.find((figure) => figure.scale)?.scale;
    if (score) button.append(scaleLine(score), aside(scaleText(score)));
    return button;
  }

  #draw() {
    const style = getComputedStyle(this.root);
    const [canvas] = this.#canvases;
    const gain = this.#deck.gain(this.version.clip);
    const colours = ["--wave", "--wave-played"].map((name) => style.getPropertyValue(name).trim());
    const size = [canvas.clientWidth, canvas.clientHeight, globalThis.devicePixelRatio];
    const wanted = [...size, gain, ...colours].join(" ");
    if (wanted === this.#drawn) return;
    this.#drawn = wanted;
    this.#canvases.forEach((each, place) => drawWaveform(each, this.#peaks, colours[place], gain));
  }
}

/** The spectrogram of the version that is heard, always in the same place. */
export class Stage {
  #deck;
  #timeline;
  #bands = element("div", { class: "bands" });
  #shown = null;

  /** @param {[string, number][]} ticks frequencies, each with its height from 0 to 1 */
  constructor(deck, actions, ticks) {
    this.#deck = deck;
    const spectrum = element("div", { class: "spectrum" }, this.#bands);
    this.#timeline = new Timeline(deck, actions, spectrum);
    const scale = element("div", { class: "hertz" }, "Spectrogram");
    for (const [text, height] of ticks) {
      const tick = element("span", { text });
      tick.style.bottom = `${100 * height}%`;
      scale.append(tick);
    }
    const facts = { class: "stage", "aria-hidden": "true" };
    this.root = element("div", facts, scale, this.#timeline.root);
  }

  update() {
    const { version } = this.#deck;
    if (version !== this.#shown) {
      this.#shown = version;
      const image = version?.spectrogram ? `url("${version.spectrogram}")` : "";
      this.#bands.hidden = !image;
      this.#bands.style.maskImage = image;
      this.#bands.style.webkitMaskImage = image;
    }
    this.moveHead();
  }

  moveHead() {
    this.#timeline.update();
  }
}

/** What the lines below the names mean, once for all; null where no version has one. */
export function scaleLegend(versions) {
  const has = versions.some(({ figures }) => figures.some(({ scale }) => scale));
  if (!has) return null;
  const line = scaleLine([0.5, 0.3, 0.7]); // an example
  const ends = [element("span", { text: "0 other music" }), line, "1 the baseline itself"];
  const says = "Closeness, with its 95 % interval:";
  const scale = element("span", { class: "ends" }, ...ends);
  return element("p", { class: "scale-legend" }, element("span", { text: says }), scale);
}

/** The same in words, for who cannot see it. */
function scaleText([value, low, high]) {
  const interval = low === null || high === null ? "" : ` (${plain(low)} to ${plain(high)})`;
  return `; closeness ${plain(value)}${interval}, 0 is other music, 1 the baseline itself`;
}

/** As the figures beside the version: two decimals, a minus as long as a plus. */
function plain(figure) {
  return figure.toFixed(2).replace("-0.00", "0.00").replace("-", "−");
}

/** A line from other music (left end) to the baseline itself (right), with the interval. */
function scaleLine([value, low, high]) {
  const place = (figure) => Math.min(1 + BEYOND, Math.max(-BEYOND, figure)) + BEYOND;
  const share = (figure) => (100 * place(figure)) / (1 + 2 * BEYOND);
  const line = element("span", { class: "scale", "aria-hidden": "true" });
  const part = (name, from, to) => {
    const made = element("span", { class: name });
    made.style.left = `${share(from)}%`;
    if (to !== undefined) made.style.right = `${100 - share(to)}%`;
    line.append(made);
  };
  part("track", 0, 1);
  if (low !== null && high !== null) part("interval", low, high);
  part("dot", value);
  return line;
}
