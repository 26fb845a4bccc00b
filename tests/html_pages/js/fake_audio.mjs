/* An audio context whose clock a test moves, and whose nodes write down what they are told. */

class FakeParam {
  events = [];

  setValueAtTime(value, time) {
    this.events.push({ kind: "set", value, time });
  }

  linearRampToValueAtTime(value, time) {
    this.events.push({ kind: "ramp", value, time });
  }

  cancelScheduledValues(time) {
    this.events = this.events.filter((event) => event.time < time);
  }

  /** The value at a time, as the Web Audio API defines it. */
  at(time) {
    let [value, since] = [1, -Infinity];
    for (const event of this.events) {
      if (event.time <= time) [value, since] = [event.value, event.time];
      else if (event.kind === "ramp") {
        return value + ((event.value - value) * (time - since)) / (event.time - since);
      } else break;
    }
    return value;
  }
}

class FakeNode {
  target = null;

  connect(target) {
    this.target = target;
  }

  disconnect() {
    this.target = null;
  }
}

class FakeGain extends FakeNode {
  gain = new FakeParam();
}

class FakeSource extends FakeNode {
  buffer = null;
  loop = false;
  loopStart = 0;
  loopEnd = 0;
  onended = null;
  started = null; // {when, offset, duration}
  stopped = Infinity;

  start(when, offset, duration = Infinity) {
    this.started = { when, offset, duration };
  }

  stop(when = 0) {
    this.stopped = when;
  }

  /** Seconds into the buffer at a time of the clock; NaN while it plays nothing. */
  at(time) {
    const { when, offset, duration } = this.started;
    if (time < when || time >= this.stopped || time - when > duration) return NaN;
    const position = offset + time - when;
    if (!this.loop || position < this.loopEnd) return position;
    return this.loopStart + ((position - this.loopStart) % (this.loopEnd - this.loopStart));
  }

  /** The gain between it and the destination. */
  level(time) {
    let level = 1;
    for (let node = this.target; node; node = node.target) level *= node.gain?.at(time) ?? 1;
    return level;
  }
}

export class FakeContext extends EventTarget {
  currentTime = 0;
  state = "suspended";
  isDeaf = false; // to resume()
  sampleRate = 48000;
  destination = new FakeNode();
  sources = [];
  resumed = 0;

  createGain() {
    return new FakeGain();
  }

  createBufferSource() {
    const source = new FakeSource();
    this.sources.push(source);
    return source;
  }

  async resume() {
    this.resumed += 1;
    if (this.isDeaf) throw new Error("InvalidStateError");
    this.change("running");
  }

  /** What a browser does when a call comes in, or is over. */
  change(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }

  /** The sources that sound, or would if they were selected. */
  running(time = this.currentTime) {
    return this.sources.filter(
      (source) => source.target && !Number.isNaN(source.at(time)),
    );
  }

  /** Moves the clock and tells the sources that have come to their end. */
  advance(seconds) {
    this.currentTime += seconds;
    for (const source of [...this.sources]) {
      const { when, duration } = source.started;
      if (source.target && this.currentTime - when > duration) {
        const { onended } = source;
        source.onended = null;
        onended?.();
      }
    }
  }
}

export function fakeBuffer(seconds, rate = 48000) {
  return { duration: seconds, length: seconds * rate, numberOfChannels: 2 };
}
