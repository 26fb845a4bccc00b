import assert from "node:assert/strict";
import test from "node:test";

import { clockText, decodePeaks, grabbedEdge, secondsAt, waveformBars } from "../../../src/secondtake/runner/html_pages/static/waveform.js";

const base64 = (values) => btoa(String.fromCharCode(...values.map((value) => value & 255)));

test("peaks are signed bytes", () => {
  assert.deepEqual([...decodePeaks(base64([-127, 127, -1, 0]))], [-127, 127, -1, 0]);
});

test("a bar holds the extremes of its columns; no column is left out", () => {
  const peaks = Int8Array.from([-10, 20, -127, 5, -3, 127, -60, 4]);
  assert.deepEqual(waveformBars(peaks, 2), [[-1, 20 / 127], [-60 / 127, 1]]);
  const [bar] = waveformBars(peaks, 1, 0.5);
  assert.deepEqual(bar, [-0.5, 0.5]);
});

test("more bars than columns repeat them; silence is a line; nothing is nothing", () => {
  assert.equal(waveformBars(Int8Array.from([-127, 127]), 5).length, 5);
  const [[low, high]] = waveformBars(Int8Array.from([0, 0]), 1);
  assert.ok(low < 0 && high > 0 && high < 0.05);
  assert.deepEqual(waveformBars(new Int8Array(0), 9), []);
});

test("a place on the picture is a time within it", () => {
  assert.equal(secondsAt(50, 200, 12), 3);
  assert.equal(secondsAt(-9, 200, 12), 0);
  assert.equal(secondsAt(999, 200, 12), 12);
  assert.equal(secondsAt(5, 0, 12), 0);
});

test("a pointer near an edge of the loop takes that edge", () => {
  const loop = { start: 2, end: 4 };
  assert.equal(grabbedEdge(203, 1000, 10, loop), "start");
  assert.equal(grabbedEdge(396, 1000, 10, loop), "end");
  assert.equal(grabbedEdge(300, 1000, 10, loop), "new");
  assert.equal(grabbedEdge(300, 1000, 10, null), "new");
});

test("times read as minutes, seconds and tenths", () => {
  assert.equal(clockText(3.24), "0:03.2");
  assert.equal(clockText(59.96), "1:00.0");
  assert.equal(clockText(125, false), "2:05");
  assert.equal(clockText(-1), "0:00.0");
});
