/* Whether an audio context's clock runs: a call, a locked phone or a missing device stops it. */

export const STILL =
  "Nothing sounds: the sound was interrupted, or there is no audio device; press play again";
const PATIENCE = 2000; // ms within which an audio device has started

/** Wakes a context, and tells `onChange` when its clock has stopped and when it runs again. */
export class AudioClock {
  #context;
  #onChange;
  #timer = 0;
  #isStill = false;
  #look = () => {
    clearTimeout(this.#timer);
    this.#set(!this.#isRunning);
  };

  /**
   * @param {BaseAudioContext} context
   * @param {() => void} onChange
   */
  constructor(context, onChange) {
    this.#context = context;
    this.#onChange = onChange;
    context.addEventListener("statechange", this.#look);
  }

  get isStill() {
    return this.#isStill;
  }

  /** Lets the clock run. A browser allows it only if a key or a click was the reason. */
  wake() {
    if (this.#isRunning) return;
    this.#set(false);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#look, PATIENCE);
    this.#context.resume().catch(() => {}); // refused: then the clock is still, and that is told
  }

  dispose() {
    clearTimeout(this.#timer);
    this.#context.removeEventListener("statechange", this.#look);
  }

  /** Safari has a state of its own, "interrupted", beside those of the standard. */
  get #isRunning() {
    return this.#context.state === "running";
  }

  #set(isStill) {
    if (isStill === this.#isStill) return;
    this.#isStill = isStill;
    this.#onChange();
  }
}
