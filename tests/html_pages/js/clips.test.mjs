import assert from "node:assert/strict";
import test from "node:test";

import { ClipStore, bytesOf } from "../../../src/secondtake/runner/html_pages/static/clips.js";

const BYTES = 100 * 2 * 4; // of a buffer here

function storeOf(limit, sources = {}) {
  const decoded = [];
  const context = {
    async decodeAudioData(data) {
      decoded.push(new Uint8Array(data)[0]);
      return { length: 100, numberOfChannels: 2, first: new Uint8Array(data)[0] };
    },
  };
  const base64 = (clip) => btoa(String.fromCharCode(Number(clip)));
  return { store: new ClipStore(context, { base64, ...sources }, limit), decoded };
}

test("a clip is decoded once, also while it is being decoded", async () => {
  const { store, decoded } = storeOf(10 * BYTES);
  const [one, other] = await Promise.all([store.buffer("7"), store.buffer("7")]);
  assert.equal(one, other);
  assert.equal(one.first, 7);
  await store.buffer("7");
  assert.deepEqual(decoded, [7]);
});

test("the least recently used clip is dropped first", async () => {
  const { store, decoded } = storeOf(2 * BYTES);
  await store.buffer("1");
  await store.buffer("2");
  await store.buffer("1");
  await store.buffer("3"); // 2 goes
  await store.buffer("1");
  assert.deepEqual(decoded, [1, 2, 3]);
  await store.buffer("2");
  assert.deepEqual(decoded, [1, 2, 3, 2]);
});

test("a clip larger than the limit is kept until the next", async () => {
  const { store, decoded } = storeOf(1);
  await store.buffer("1");
  await store.buffer("1");
  assert.deepEqual(decoded, [1]);
});

test("a failure is told, and may be tried again", async () => {
  let broken = true;
  const { store } = storeOf(BYTES, {
    base64: async () => {
      if (broken) throw new Error("gone");
      return btoa("\x05");
    },
  });
  await assert.rejects(store.buffer("5"), /gone/);
  broken = false;
  assert.equal((await store.buffer("5")).first, 5);
});

test("base64 is every byte", () => {
  const all = Uint8Array.from({ length: 256 }, (_, value) => value);
  assert.deepEqual(bytesOf(`\n${btoa(String.fromCharCode(...all))}\n`), all);
});
