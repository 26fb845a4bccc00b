/* Several recordings played as one: all run together, and one of them is heard. */

import { AudioClock } from "./audio_clock.js";

const LEAD = 0.03; // s between asking for a start and the start: all sources are ready by then
const SWITCH = 0.015; // s of crossfade from one version to the next
const FADE = 0.01; // s at the beginning and the end of what is played, against clicks
const SHORTEST_LOOP = 0.05; // s; below, a loop is a buzz

/**
 * Plays the selected one of several tracks, and the others in silence beside it.
 *
 * The sources of a run start at one time of the context's clock, at one frame of their buffers, so
 * that a switch needs no seek: it is a crossfade between gains. What moves the position while
 * playing (a seek, a loop) starts a new run and fades from the old one to it.
 *
 * Events: "change" (playing, still, selected track, position, loop, tracks), "ended".
 */
export class Player extends EventTarget {
  #context;
  #clock;
  #output;
  #tracks = [];
  #selected = null;
  #run = null; // what sounds now: its bus, its start on the clock, where it began, its voices
  #at = 0; // s; the position while nothing plays
  #loop = null;
  #end = Infinity;
  #heard = new Map();
  #countedTo = 0; // s of the context's clock up to which #heard is right

  /**
   * @param {BaseAudioContext} context
   * @param {AudioNode} destination
   */
  constructor(context, destination = context.destination) {
    super();
    this.#context = context;
    this.#clock = new AudioClock(context, () => this.#changed());
    this.#output = context.createGain();
    this.#output.connect(destination);
  }

  get selected() {
    return this.#selected;
  }

  get playing() {
    return this.#run !== null;
  }

  /** Whether it plays and nothing sounds, for the browser has stopped the clock: play() again. */
  get isStill() {
    return this.#run !== null && this.#clock.isStill;
  }

  /** Seconds of the longest track, or what setEnd leaves of it. */
  get duration() {
    return Math.min(this.#end, Math.max(0, ...this.#tracks.map((track) => track.buffer.duration)));
  }

  /** Seconds from the beginning. */
  get position() {
    return this.#run ? positionIn(this.#run, this.#context.currentTime) : this.#at;
  }

  /** {start, end} in seconds, or null. */
  get loop() {
    return this.#loop && { ...this.#loop };
  }

  /**
   * The tracks to choose from. Those that were there before play on undisturbed, at the new gain;
   * others join them in time. Position and selection stay where they can.
   * @param {{id: string, buffer: AudioBuffer, gain: number}[]} tracks gain: linear
   */
  setTracks(tracks) {
    this.#count();
    const position = this.position;
    const before = this.duration;
    this.#tracks = tracks.map((track) => ({ ...track }));
    if (!tracks.some(({ id }) => id === this.#selected)) this.#selected = tracks[0]?.id ?? null;
    if (!tracks.length) this.#stop();
    if (!this.#run) this.#at = Math.min(position, this.duration);
    else if (this.duration !== before) this.#start(Math.min(position, this.duration));
    else this.#exchangeVoices();
    this.#changed();
  }

  /** Lets a track be heard, from where the others are. RangeError if there is none of this id. */
  select(id) {
    if (!this.#tracks.some((track) => track.id === id)) throw new RangeError(`no track ${id}`);
    if (id === this.#selected) return;
    this.#count();
    this.#selected = id;
    if (this.#run) this.#mix();
    this.#changed();
  }

  /** Starts where it stands, or from the beginning where it stands at the end. */
  play() {
    if (!this.#tracks.length) return;
    this.#clock.wake(); // also in the middle of a run: a call may have stopped it
    if (this.#run) return;
    this.#start(this.#at >= this.duration - FADE ? 0 : this.#at);
    this.#changed();
  }

  pause() {
    if (!this.#run) return;
    this.#count();
    this.#at = this.position;
    this.#stop();
    this.#changed();
  }

  /** Beyond the end of a loop is its beginning. */
  seek(seconds) {
    const position = Math.min(Math.max(0, seconds), this.duration);
    const { loop } = this;
    this.#moveTo(loop && position >= loop.end ? loop.start : position);
  }

  /** Repeats a stretch, from its beginning if the position is outside. Too short ones are not. */
  setLoop(start, end) {
    const from = this.#frame(Math.max(0, Math.min(start, end)));
    const to = this.#frame(Math.min(this.duration, Math.max(start, end)));
    if (to - from < SHORTEST_LOOP) return;
    const { position } = this;
    this.#loop = { start: from, end: to };
    this.#moveTo(position < from || position >= to ? from : null);
  }

  clearLoop() {
    if (!this.#loop) return;
    this.#loop = null;
    this.#moveTo(null);
  }

  /** Plays no more than the first seconds; Infinity: all. */
  setEnd(seconds) {
    const { position } = this;
    this.#end = seconds;
    if (this.#loop && this.#loop.end > this.duration) this.#loop = null;
    this.#moveTo(position < this.duration ? null : 0);
  }

  /** Seconds for which a track was audible. */
  heard(id) {
    this.#count();
    return this.#heard.get(id) ?? 0;
  }

  resetHeard() {
    this.#count();
    this.#heard.clear();
  }

  dispose() {
    this.#clock.dispose();
    this.#stop();
    this.#tracks = [];
    this.#selected = null;
    setTimeout(() => this.#output.disconnect(), 1000 * (LEAD + FADE));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** The nearest time that is a frame's. */
  #frame(seconds) {
    return Math.round(seconds * this.#context.sampleRate) / this.#context.sampleRate;
  }

  /** null: goes on where it is, under a loop or an end that is new. */
  #moveTo(position) {
    if (this.#run) this.#start(position);
    else this.#at = position ?? Math.min(this.#at, this.duration);
    this.#changed();
  }

  /** Adds up what was heard since the last call, before anything about it changes. */
  #count() {
    const now = this.#context.currentTime;
    if (this.#run && this.#selected !== null) {
      const seconds = Math.max(0, now - Math.max(this.#countedTo, this.#run.start));
      this.#heard.set(this.#selected, (this.#heard.get(this.#selected) ?? 0) + seconds);
    }
    this.#countedTo = now;
  }

  /** Starts a run; the one that is going on is faded out from the new one's start. */
  #start(position) {
    this.#count();
    const old = this.#run;
    const run = this.#inTime((when) => {
      const from = this.#frame(position ?? positionIn(old, when));
      return this.#newRun(when, from);
    });
    if (old) this.#fadeOut(old, run.start);
    this.#run = run;
  }

  /**
   * What `prepare` gives for a time shortly ahead. What is ready too late would start at once,
   * out of step with all else: then it is prepared again for a later time.
   */
  #inTime(prepare) {
    const rate = this.#context.sampleRate;
    for (let lead = LEAD; ; lead *= 2) {
      const asked = performance.now();
      const prepared = prepare(Math.ceil((this.#context.currentTime + lead) * rate) / rate);
      if (performance.now() - asked < lead * 500 || lead > 1) return prepared;
      for (const voice of prepared.voices.values()) silence(voice);
      prepared.bus?.disconnect();
    }
  }

  #newRun(start, from) {
    const bus = this.#context.createGain();
    bus.connect(this.#output);
    const loop = this.#loop && { ...this.#loop };
    const stop = loop ? Infinity : start + this.duration - from;
    const run = { bus, start, from, loop, stop, duration: this.duration, voices: new Map() };
    bus.gain.setValueAtTime(0, start);
    bus.gain.linearRampToValueAtTime(1, start + FADE);
    if (stop < Infinity && stop > start + 2 * FADE) {
      bus.gain.setValueAtTime(1, stop - FADE);
      bus.gain.linearRampToValueAtTime(0, stop);
    }
    for (const track of this.#tracks) run.voices.set(track.id, this.#voice(track, run, start));
    return run;
  }

  /** A track's source and gain, starting at a time in or after the run's start. */
  #voice(track, run, when) {
    const source = this.#context.createBufferSource();
    const gain = this.#context.createGain();
    const level = track.id === this.#selected ? track.gain : 0;
    gain.gain.setValueAtTime(level, 0);
    source.buffer = track.buffer;
    source.connect(gain);
    gain.connect(run.bus);
    const offset = this.#frame(positionIn(run, when));
    if (run.loop) {
      source.loop = true;
      source.loopStart = run.loop.start;
      source.loopEnd = run.loop.end;
      source.start(when, offset);
    } else {
      source.start(when, offset, Math.max(0, run.duration - offset));
    }
    const voice = { source, gain, fade: { from: level, to: level, time: 0 }, ended: false };
    source.onended = () => this.#voiceEnded(run, voice);
    return voice;
  }

  /** Sources that play another buffer now, or none, are silenced; new ones join the run. */
  #exchangeVoices() {
    const { voices } = this.#run;
    const kept = new Map(this.#tracks.map(({ id, buffer }) => [id, buffer]));
    for (const [id, voice] of voices) {
      if (kept.get(id) === voice.source.buffer) continue;
      silence(voice);
      voices.delete(id);
    }
    const joining = this.#tracks.filter(({ id }) => !voices.has(id));
    const joined = this.#inTime((when) => ({
      voices: new Map(joining.map((track) => [track.id, this.#voice(track, this.#run, when)])),
    }));
    for (const [id, voice] of joined.voices) voices.set(id, voice);
    this.#mix();
  }

  #mix() {
    const now = this.#context.currentTime;
    for (const { id, gain } of this.#tracks) {
      const voice = this.#run.voices.get(id);
      const level = id === this.#selected ? gain : 0;
      if (level === voice.fade.to) continue;
      const reached = levelAt(voice.fade, now);
      voice.fade = { from: reached, to: level, time: now };
      voice.gain.gain.cancelScheduledValues(now);
      voice.gain.gain.setValueAtTime(reached, now);
      voice.gain.gain.linearRampToValueAtTime(level, now + SWITCH);
    }
  }

  #fadeOut({ bus, start, stop, voices }, time) {
    const level = Math.max(0, Math.min(1, (time - start) / FADE, (stop - time) / FADE));
    bus.gain.cancelScheduledValues(time);
    bus.gain.setValueAtTime(level, time);
    bus.gain.linearRampToValueAtTime(0, time + FADE);
    for (const { source } of voices.values()) {
      source.onended = null;
      source.stop(time + FADE);
    }
  }

  #stop() {
    if (!this.#run) return;
    this.#fadeOut(this.#run, this.#context.currentTime);
    this.#run = null;
  }

  /** The end is reached when the last of the sources is through. */
  #voiceEnded(run, voice) {
    voice.ended = true;
    if (run !== this.#run || ![...run.voices.values()].every(({ ended }) => ended)) return;
    this.#count();
    this.#run = null;
    this.#at = this.duration;
    this.#changed();
    this.dispatchEvent(new Event("ended"));
  }
}

/** Seconds from the beginning at a time of the context's clock. */
function positionIn({ start, from, loop, duration }, time) {
  const position = from + Math.max(0, time - start);
  if (!loop || position < loop.end) return Math.min(position, duration);
  return loop.start + ((position - loop.start) % (loop.end - loop.start));
}

/** The gain within a crossfade. */
function levelAt({ from, to, time }, now) {
  return from + (to - from) * Math.min(1, Math.max(0, (now - time) / SWITCH));
}

function silence({ source, gain }) {
  source.onended = null;
  source.stop();
  gain.disconnect();
}
