import assert from "node:assert/strict";
import { test } from "node:test";

import { binomialTail, criticalCount, powerOf, quantile, trialsNeeded, wilson } from "../../../src/secondtake/runner/html_pages/static/statistics.js";

function near(value, expected, tolerance = 1e-9) {
  const difference = Math.abs(value - expected) / (Math.abs(expected) || 1);
  assert.ok(difference <= tolerance, `${value}, expected ${expected}`);
}

test("tails of the binomial distribution, against scipy.stats.binom.sf", () => {
  near(binomialTail(12, 16), 0.0384063720703125);
  near(binomialTail(5100, 10_000), 0.023292763852473225);
  near(binomialTail(5001, 10_000), 0.49601067693030826);
  near(binomialTail(6000, 10_000), 8.702158206134146e-90);
  near(binomialTail(700, 1000, 0.7), 0.5155935198141186);
  near(binomialTail(120, 200, 0.6), 0.5306621576808428);
  near(binomialTail(1, 10, 0.1), 0.6513215599);
});

test("the ends of the distribution", () => {
  assert.equal(binomialTail(0, 10), 1);
  assert.equal(binomialTail(11, 10), 0);
  assert.equal(binomialTail(3, 10, 0), 0);
  assert.equal(binomialTail(3, 10, 1), 1);
  near(binomialTail(10, 10), 2 ** -10);
});

test("small cases by counting", () => {
  const choose = [1, 7, 21, 35, 35, 21, 7, 1];
  for (let k = 0; k <= 7; k += 1) {
    const ways = choose.slice(k).reduce((sum, count) => sum + count, 0);
    near(binomialTail(k, 7), ways / 128);
  }
});

test("how many must be right", () => {
  assert.equal(criticalCount(16, 1), 12);
  assert.equal(criticalCount(10, 1), 9);
  assert.equal(criticalCount(24, 1), 17);
  assert.equal(criticalCount(20, 2), 15);
  assert.equal(criticalCount(6, 2), 6);
  assert.equal(criticalCount(5, 2), null);
  assert.equal(criticalCount(0, 1), null);
});

test("trials that a difference needs, against a search with scipy", () => {
  assert.deepEqual([0.6, 0.7, 0.8, 0.9].map((share) => trialsNeeded(share, 2)), [210, 54, 23, 12]);
  assert.deepEqual([0.6, 0.7, 0.8].map((share) => trialsNeeded(share, 1)), [169, 42, 18]);
  assert.throws(() => trialsNeeded(0.5, 2), RangeError);
});

test("fewer trials than needed are too few for it", () => {
  assert.ok(powerOf(209, 0.6, 2) < 0.8);
  for (let n = 210; n < 260; n += 1) assert.ok(powerOf(n, 0.6, 2) >= 0.8);
});

test("Wilson's interval, against the formula's published example", () => {
  // Newcombe 1998, table I: 81 of 263 and 15 of 148, 0 of 20, 1 of 29.
  const cases = [[81, 263, 0.2553, 0.3662], [15, 148, 0.0624, 0.1605], [0, 20, 0, 0.1611], [1, 29, 0.0061, 0.1718]];
  for (const [k, n, low, high] of cases) {
    const interval = wilson(k, n).map((edge) => Math.round(edge * 1e4) / 1e4);
    assert.deepEqual(interval, [low, high]);
  }
  assert.deepEqual(wilson(0, 0), [0, 1]);
});

test("quantiles lie between values in proportion", () => {
  assert.equal(quantile([3, 1, 2], 0.5), 2);
  assert.equal(quantile([4, 1, 2, 3], 0.25), 1.75);
  assert.equal(quantile([7], 0.75), 7);
  assert.equal(quantile([10, 9, 100], 0.5), 10); // as numbers, not as texts
});
