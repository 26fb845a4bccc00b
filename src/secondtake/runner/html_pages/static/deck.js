/* The segment that is played: its versions, decoded when they are wanted, at one loudness. */

import { STILL } from "./audio_clock.js";
import { Player } from "./player.js";

const DECK_RATE = 48000; // Hz, of all clips: what is decoded need not be resampled
const BYTES_AHEAD = 320 * 2 ** 20; // of samples that are decoded before anybody asks for them

/**
 * The linear gain of every version's clip: matched in loudness, or as loud as their files are
 * beside each other. Nothing is amplified: the loudest is at 1 or below.
 * @param {{clip: string, attenuationDb: number, headroomDb: number}[]} versions
 * @param {boolean} matched
 * @returns {Map<string, number>}
 */
export function versionGains(versions, matched) {
  const levels = versions.map((version) => ({
    clip: version.clip,
    decibels: matched ? version.attenuationDb : -version.headroomDb,
  }));
  const most = Math.max(0, ...levels.map(({ decibels }) => decibels));
  return new Map(levels.map(({ clip, decibels }) => [clip, 10 ** ((decibels - most) / 20)]));
}

/**
 * The version of a segment that stands for the one heard before: the same take's model, else the
 * same part, else the first.
 */
export function counterpart(versions, before) {
  const alike = (version) => version.role === before?.role && version.model === before?.model;
  return versions.find((version) => version.best && alike(version)) ?? versions[0] ?? null;
}

/**
 * Plays a segment's versions. What is asked for before a sound is decoded happens when it is.
 *
 * Events: "change"; "trouble" with `reason` in its detail, and where it is about one clip, `clip`
 * and whether its file `isAway`.
 */
export class Deck extends EventTarget {
  #clips;
  #context = null;
  #player = null;
  #segment = null;
  #versions = [];
  #wanted = null;
  #buffers = new Map();
  #loading = new Set();
  #failed = new Set();
  #matched = true;
  #at = 0;
  #loop = null;
  #starts = false; // plays as soon as the wanted version is decoded
  #isStill = false; // the browser has stopped the clock of what plays

  /** @param {{buffer: (clip: string) => Promise<AudioBuffer>}} clips */
  constructor(clips) {
    super();
    this.#clips = clips;
  }

  get segment() {
    return this.#segment;
  }

  /** The version that is heard, or will be as soon as it is decoded. */
  get version() {
    return this.#wanted;
  }

  /** Whether it sounds, or will as soon as it is decoded. */
  get playing() {
    return this.#starts || Boolean(this.#player?.playing && !this.#isStill);
  }

  get matched() {
    return this.#matched;
  }

  get duration() {
    return this.#segment?.seconds ?? 0;
  }

  get position() {
    return this.#ready ? this.#player.position : this.#at;
  }

  get loop() {
    return this.#loop && { ...this.#loop };
  }

  isLoading(clip) {
    return this.#loading.has(clip);
  }

  isBroken(clip) {
    return this.#failed.has(clip);
  }

  /** The audio context. A browser lets it sound only if a key or a click was the reason. */
  get context() {
    this.#context ??= new AudioContext({ sampleRate: DECK_RATE, latencyHint: "interactive" });
    return this.#context;
  }

  get #ready() {
    return Boolean(this.#player?.duration);
  }

  /** Shows another segment, from its beginning; what plays goes on playing there. */
  open(segment) {
    if (!segment || segment === this.#segment) return;
    const { playing } = this;
    this.#player?.pause();
    this.#player?.clearLoop();
    this.#player?.setTracks([]);
    this.#wanted = counterpart(segment.versions, this.#wanted);
    this.#segment = segment;
    this.#versions = segment.versions;
    this.#buffers = new Map();
    this.#loading = new Set();
    this.#failed = new Set();
    [this.#at, this.#loop, this.#starts] = [0, null, playing && Boolean(this.#wanted)];
    this.#changed();
    this.#loadAhead(segment);
  }

  select(clip) {
    const version = this.#versions.find((each) => each.clip === clip);
    if (!version) return;
    this.#wanted = version;
    if (this.#buffers.has(clip)) this.#player?.select(clip);
    else this.#load(clip);
    this.#changed();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (!this.#wanted) return;
    this.#starts = true;
    this.context.resume().catch(() => {}); // while the click lasts; the player sees to the rest
    if (this.#buffers.has(this.#wanted.clip)) this.#give();
    else this.#load(this.#wanted.clip);
    this.#changed();
  }

  pause() {
    this.#starts = false;
    this.#player?.pause();
    this.#changed();
  }

  /** Beyond the end of a loop is its beginning. */
  seek(seconds) {
    this.#at = Math.min(Math.max(0, seconds), this.duration);
    if (this.#loop && this.#at >= this.#loop.end) this.#at = this.#loop.start;
    if (this.#ready) this.#player.seek(this.#at);
    this.#changed();
  }

  setLoop(start, end) {
    this.#loop = { start: Math.min(start, end), end: Math.max(start, end) };
    if (this.#ready) {
      this.#player.setLoop(start, end);
      this.#loop = this.#player.loop;
    } else if (this.#at < this.#loop.start || this.#at >= this.#loop.end) {
      this.#at = this.#loop.start;
    }
    this.#changed();
  }

  clearLoop() {
    this.#loop = null;
    this.#player?.clearLoop();
    this.#changed();
  }

  setMatched(matched) {
    this.#matched = matched;
    if (this.#ready) this.#player.setTracks(this.#tracks());
    this.#changed();
  }

  /** The gain at which a version is heard. */
  gain(clip) {
    return versionGains(this.#versions, this.#matched).get(clip) ?? 1;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  #tracks() {
    return [...this.#buffers].map(([id, buffer]) => ({ id, buffer, gain: this.gain(id) }));
  }

  /** Gives the player what is decoded, and what was asked for meanwhile. */
  #give() {
    if (!this.#context) return;
    if (!this.#player) {
      this.#player = new Player(this.#context);
      this.#player.addEventListener("change", () => this.#playerChanged());
    }
    const isFirst = !this.#ready;
    this.#player.setTracks(this.#tracks());
    if (isFirst) {
      if (this.#loop) this.#player.setLoop(this.#loop.start, this.#loop.end);
      this.#player.seek(this.#at);
    }
    if (this.#buffers.has(this.#wanted.clip)) {
      this.#player.select(this.#wanted.clip);
      if (this.#starts) this.#player.play();
      this.#starts = false;
    }
  }

  /** A clock that stands still is no fault of the clips. */
  #playerChanged() {
    const { isStill } = this.#player;
    const isNew = isStill && !this.#isStill;
    this.#isStill = isStill;
    this.#changed();
    if (isNew) this.dispatchEvent(new CustomEvent("trouble", { detail: { reason: STILL } }));
  }

  /** Decodes a segment's first choices, one after the other, so that a switch finds them ready. */
  async #loadAhead(segment) {
    const ahead = segment.versions.filter((version) => version.best || version === this.#wanted);
    ahead.sort((one, other) => (other === this.#wanted) - (one === this.#wanted));
    const each = segment.seconds * DECK_RATE * 2 * 4; // bytes
    const most = Math.max(1, Math.floor(BYTES_AHEAD / each));
    for (const version of ahead.slice(0, most)) {
      if (this.#segment !== segment) return;
      await this.#load(version.clip);
    }
  }

  async #load(clip) {
    if (this.#buffers.has(clip) || this.#loading.has(clip)) return;
    const segment = this.#segment;
    this.#loading.add(clip);
    this.#changed();
    try {
      const buffer = await this.#clips.buffer(clip);
      if (this.#segment !== segment) return;
      this.#loading.delete(clip);
      this.#failed.delete(clip);
      this.#buffers.set(clip, buffer);
      this.#give();
    } catch ({ message, isAway = false }) {
      if (this.#segment !== segment) return;
      this.#loading.delete(clip);
      this.#failed.add(clip);
      if (clip === this.#wanted?.clip) this.#starts = false;
      this.dispatchEvent(new CustomEvent("trouble", { detail: { clip, reason: message, isAway } }));
    }
    this.#changed();
  }
}
