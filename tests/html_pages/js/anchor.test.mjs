import assert from "node:assert/strict";
import { test } from "node:test";

import { anchorCoefficients } from "../../../src/secondtake/runner/html_pages/static/anchor.js";

/** The gain in dB of a symmetric filter at a frequency. */
function gainAt(taps, frequency, sampleRate) {
  const middle = (taps.length - 1) / 2;
  const turn = (2 * Math.PI * frequency) / sampleRate;
  const sum = taps.reduce((total, tap, index) => total + tap * Math.cos(turn * (index - middle)), 0);
  return 20 * Math.log10(Math.abs(sum) + 1e-12);
}

for (const sampleRate of [44_100, 48_000, 96_000]) {
  const taps = anchorCoefficients(sampleRate);

  test(`at ${sampleRate} Hz the pass band is flat within 0.1 dB up to 3.5 kHz`, () => {
    for (let frequency = 0; frequency <= 3500; frequency += 10) {
      const gain = gainAt(taps, frequency, sampleRate);
      assert.ok(Math.abs(gain) <= 0.1, `${gain} dB at ${frequency} Hz`);
    }
  });

  test(`at ${sampleRate} Hz 25 dB are gone at 4 kHz, and 50 dB from 4.5 kHz on`, () => {
    assert.ok(gainAt(taps, 4000, sampleRate) <= -25);
    for (let frequency = 4500; frequency <= sampleRate / 2; frequency += 10) {
      const gain = gainAt(taps, frequency, sampleRate);
      assert.ok(gain <= -50, `${gain} dB at ${frequency} Hz`);
    }
  });

  test(`at ${sampleRate} Hz the phase is linear`, () => {
    assert.equal(taps.length % 2, 1);
    taps.forEach((tap, index) => assert.equal(tap, taps[taps.length - 1 - index]));
  });
}
