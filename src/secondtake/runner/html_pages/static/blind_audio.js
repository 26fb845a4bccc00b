/* The sound of one trial: versions behind letters, loudness matched, cut to a common length. */

import { anchorOf } from "./anchor.js";
import { Player } from "./player.js";
import { ANCHOR } from "./trials.js";

const SKIP = 2; // s that an arrow key moves

/** The slots of a trial, each with the version heard in it; the listener sees the slots alone. */
export function slotsOf(trial) {
  const { mode, reference } = trial;
  const open = reference ? [["reference", reference]] : [];
  if (mode === "pairs") return [["a", trial.first], ["b", trial.second], ...open];
  if (mode === "abx") return [["a", trial.a], ["b", trial.b], ["x", trial.x]];
  return [...open, ...trial.versions.map((version, index) => [String(index), version])];
}

/**
 * Plays the slots of a trial, over and over, and knows how long each was heard.
 * Events: those of Player.
 */
export class TrialSound {
  #clips;
  #player;
  #anchors = new WeakMap(); // baseline -> its anchor
  #slots = [];

  constructor(context, clips) {
    this.#clips = clips;
    this.#player = new Player(context);
    this.#player.addEventListener("ended", () => {
      this.#player.seek(0);
      this.#player.play();
    });
  }

  get player() {
    return this.#player;
  }

  /** Decodes what a trial needs and stands at its beginning, silent. */
  async open(trial) {
    this.close();
    this.#slots = slotsOf(trial);
    const slots = this.#slots;
    const tracks = await Promise.all(slots.map((slot) => this.#track(slot, trial.reference)));
    if (slots !== this.#slots) return false; // another trial was opened meanwhile
    this.#player.setTracks(tracks);
    this.#player.setEnd(trial.seconds);
    this.#player.seek(0);
    this.#player.resetHeard();
    return true;
  }

  /** Decodes the clips of a later trial, so that it opens at once. */
  prepare(trial) {
    const versions = slotsOf(trial).map(([, version]) => version);
    const clips = versions.filter((version) => version !== ANCHOR).map(({ clip }) => clip);
    for (const clip of clips) this.#clips.buffer(clip).catch(() => {}); // open() will tell
  }

  close() {
    this.#slots = [];
    this.#player.pause();
    this.#player.setTracks([]);
  }

  dispose() {
    this.#slots = [];
    this.#player.dispose();
  }

  /** Lets a slot be heard, now. */
  hear(slot) {
    if (!this.#slots.some(([name]) => name === slot)) return;
    this.#player.select(slot);
    this.#player.play();
  }

  /** Whether it sounds, as far as the browser says. */
  get playing() {
    return this.#player.playing && !this.#player.isStill;
  }

  toggle() {
    if (this.playing) this.#player.pause();
    else this.#player.play();
  }

  skip(direction) {
    this.#player.seek(this.#player.position + direction * SKIP);
  }

  heard(slot) {
    return this.#player.heard(slot);
  }

  async #track([id, version], reference) {
    const source = version === ANCHOR ? reference : version;
    const clip = await this.#clips.buffer(source.clip);
    const buffer = version === ANCHOR ? await this.#anchor(clip) : clip;
    return { id, buffer, gain: 10 ** (source.commonAttenuationDb / 20) };
  }

  async #anchor(baseline) {
    if (!this.#anchors.has(baseline)) this.#anchors.set(baseline, await anchorOf(baseline));
    return this.#anchors.get(baseline);
  }
}
