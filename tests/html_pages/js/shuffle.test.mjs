import assert from "node:assert/strict";
import { test } from "node:test";

import { drawn, randomFrom, shuffled } from "../../../src/secondtake/runner/html_pages/static/shuffle.js";

test("the same text gives the same chance, another text another", () => {
  const numbers = (text) => Array.from({ length: 5 }, randomFrom(text));
  assert.deepEqual(numbers("study ana"), numbers("study ana"));
  const all = ["study ana", "study anb", "study bna", "", "a"].flatMap(numbers);
  assert.equal(new Set(all).size, all.length);
});

test("chance is even over its range: chi-square of 100 classes", () => {
  const random = randomFrom("evenness");
  const counts = new Array(100).fill(0);
  for (let turn = 0; turn < 100_000; turn += 1) counts[Math.floor(random() * 100)] += 1;
  const chi = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  assert.ok(chi > 60 && chi < 149, `chi-square ${chi} of 99 degrees`); // 0.1 % on either side
});

test("every order of four is as likely as any other, over listeners", () => {
  const counts = new Map();
  for (let listener = 0; listener < 24_000; listener += 1) {
    const order = shuffled(["a", "b", "c", "d"], randomFrom(`study ${listener}`)).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 24);
  const chi = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  assert.ok(chi < 49.7, `chi-square ${chi} of 23 degrees`); // exceeded by chance in 1 of 1000
});

test("shuffling keeps everything and leaves the list alone", () => {
  const list = Object.freeze([1, 2, 3, 4, 5, 6, 7]);
  const result = shuffled(list, randomFrom("x"));
  assert.notDeepEqual(result, list);
  assert.deepEqual([...result].sort(), [...list]);
  assert.deepEqual(shuffled([], Math.random), []);
});

test("each of a list is drawn", () => {
  const random = randomFrom("drawn");
  const all = new Set(Array.from({ length: 100 }, () => drawn(["a", "b", "c"], random)));
  assert.equal(all.size, 3);
});
