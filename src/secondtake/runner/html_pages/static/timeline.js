/* A picture of a segment from left to right, with the playhead and the loop over it. */

import { element } from "./listen_dom.js";
import { grabbedEdge, secondsAt } from "./waveform.js";

const DRAG = 5; // px; a pointer that moves less has clicked

/** A place in percent of the width. */
export function percentOf(seconds, duration) {
  return `${(100 * Math.min(1, Math.max(0, seconds / (duration || 1)))).toFixed(3)}%`;
}

/**
 * A picture that a click seeks in. A drag marks a loop, or moves the edge of the one there is.
 */
export class Timeline {
  #deck;
  #actions;
  #head = element("div", { class: "head" });
  #region = element("div", { class: "region" });
  #drag = null; // where the pointer went down, and the time of the loop's other edge

  /**
   * @param {Deck} deck
   * @param {{seek: (seconds: number) => void,
   *   loop: (start: number, end: number, done: boolean) => void}} actions
   * @param {...Node} pictures
   */
  constructor(deck, actions, ...pictures) {
    this.#deck = deck;
    this.#actions = actions;
    this.root = element("div", { class: "picture" }, ...pictures, this.#region, this.#head);
    this.root.addEventListener("pointerdown", (event) => this.#down(event));
    this.root.addEventListener("pointermove", (event) => this.#move(event));
    this.root.addEventListener("pointerup", (event) => this.#up(event));
    this.root.addEventListener("pointercancel", () => (this.#drag = null));
  }

  /** Places the playhead and the loop. */
  update() {
    const { position, duration, loop } = this.#deck;
    this.#head.style.left = percentOf(position, duration);
    this.#region.hidden = !loop;
    if (!loop) return;
    this.#region.style.left = percentOf(loop.start, duration);
    this.#region.style.width = percentOf(loop.end - loop.start, duration);
  }

  #place(event) {
    const box = this.root.getBoundingClientRect();
    const x = event.clientX - box.left;
    return { x, width: box.width, time: secondsAt(x, box.width, this.#deck.duration) };
  }

  #down(event) {
    if (event.button !== 0) return;
    const { x, width, time } = this.#place(event);
    const { loop, duration } = this.#deck;
    const edge = grabbedEdge(x, width, duration, loop);
    const fixed = { start: loop?.end, end: loop?.start, new: time }[edge];
    this.#drag = { x, fixed, isLoop: false };
    this.root.setPointerCapture(event.pointerId);
  }

  #move(event) {
    if (!this.#drag) return;
    const { x, time } = this.#place(event);
    this.#drag.isLoop ||= Math.abs(x - this.#drag.x) > DRAG;
    if (this.#drag.isLoop) this.#actions.loop(this.#drag.fixed, time, false);
  }

  #up(event) {
    if (!this.#drag) return;
    const { fixed, isLoop } = this.#drag;
    const { time } = this.#place(event);
    this.#drag = null;
    if (isLoop) this.#actions.loop(fixed, time, true);
    else this.#actions.seek(time);
  }
}
