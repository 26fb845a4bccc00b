import assert from "node:assert/strict";
import test from "node:test";

import { Deck, counterpart, versionGains } from "../../../src/secondtake/runner/html_pages/static/deck.js";
import { keyAction } from "../../../src/secondtake/runner/html_pages/static/listen_keys.js";
import { runs } from "../../../src/secondtake/runner/html_pages/static/listen_words.js";
import { FakeContext, fakeBuffer } from "./fake_audio.mjs";

const version = (clip, more = {}) => ({
  clip, role: "model", model: clip, best: true, attenuationDb: 0, headroomDb: 0, label: clip, ...more,
});
const near = (value, wanted) => assert.ok(Math.abs(value - wanted) < 1e-9, `${value} ${wanted}`);

test("matched loudness attenuates and never amplifies", () => {
  const versions = [version("a", { attenuationDb: -6 }), version("b")];
  const gains = versionGains(versions, true);
  near(gains.get("a"), 10 ** (-6 / 20));
  near(gains.get("b"), 1);
});

test("original levels give back what a clip was lowered by, as far as nothing is amplified", () => {
  const versions = [version("a", { attenuationDb: -9, headroomDb: -4 }), version("b", { attenuationDb: -1 })];
  const gains = versionGains(versions, false);
  near(gains.get("a"), 1);
  near(gains.get("b"), 10 ** (-4 / 20));
});

test("the same model is heard in the next segment, else the first version", () => {
  const versions = [version("base", { role: "baseline", model: "" }), version("x", { model: "bark" })];
  assert.equal(counterpart(versions, version("q", { model: "bark" })).clip, "x");
  assert.equal(counterpart(versions, version("q", { model: "other" })).clip, "base");
  assert.equal(counterpart([], null), null);
});

test("words of one kind are joined", () => {
  const words = [["a", "right"], ["b", "right"], ["c", "missed"], ["d", "right"]];
  assert.deepEqual(runs(words), [["right", ["a", "b"]], ["missed", ["c"]], ["right", ["d"]]]);
});

const pressed = (key, within = "", more = {}) => ({
  key,
  target: {
    closest: (selector) => (within && selector.includes(within) ? { matches: () => Boolean(more.heard) } : null),
  },
  ...more,
});

test("keys ask for actions", () => {
  assert.deepEqual(keyAction(pressed(" ")), ["toggle"]);
  assert.deepEqual(keyAction(pressed("3")), ["pick", 2]);
  assert.deepEqual(keyAction(pressed("ArrowLeft")), ["move", -2]);
  assert.deepEqual(keyAction(pressed("ArrowRight", "", { shiftKey: true })), ["move", 0.25]);
  assert.deepEqual(keyAction(pressed("L")), ["loop"]);
  assert.deepEqual(keyAction(pressed("]")), ["edge", "end"]);
  assert.equal(keyAction(pressed("0")), null);
  assert.equal(keyAction(pressed("l", "", { ctrlKey: true })), null);
  assert.equal(keyAction(pressed("1", "input")), null);
});

test("space presses a button that has the focus, but for the version that is heard", () => {
  assert.equal(keyAction(pressed(" ", "button")), null);
  assert.deepEqual(keyAction(pressed(" ", "button", { heard: true })), ["toggle"]);
});

test("keys of the help are its own while it is open, and the page's as soon as it is closed", () => {
  const inHelp = (isOpen) => ({
    closest: (selector) => {
      if (selector === "dialog:not([open])") return isOpen ? null : {};
      return { matches: () => false }; // the button in the dialog
    },
  });
  for (const key of [" ", "l"]) assert.equal(keyAction({ key, target: inHelp(true) }), null);
  assert.deepEqual(keyAction({ key: " ", target: inHelp(false) }), ["toggle"]);
  assert.deepEqual(keyAction({ key: "l", target: inHelp(false) }), ["loop"]);
});

/** A deck whose clips are decoded when the test says so. */
function deckOf(versions, seconds = 8) {
  const waiting = new Map();
  const context = new FakeContext();
  globalThis.AudioContext = function AudioContext() {
    return context;
  };
  const deck = new Deck({
    buffer: (clip) => new Promise((resolve, reject) => waiting.set(clip, { resolve, reject })),
  });
  const segment = { number: 1, seconds, versions };
  deck.open(segment);
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  const decoded = async (clip) => {
    waiting.get(clip).resolve(fakeBuffer(seconds));
    await settle();
  };
  return { deck, context, waiting, decoded, settle };
}

test("nothing sounds and no context is made before anybody asks", async () => {
  const { context, decoded, waiting } = deckOf([version("a"), version("b")]);
  await decoded("a");
  assert.equal(context.sources.length, 0);
  assert.deepEqual([...waiting.keys()], ["a", "b"]); // decoded one after the other
});

test("what is asked for before the sound is there happens when it is", async () => {
  const { deck, context, decoded } = deckOf([version("a"), version("b")]);
  deck.seek(3);
  deck.setLoop(2, 5);
  deck.play();
  assert.equal(deck.playing, true);
  assert.equal(context.sources.length, 0);
  await decoded("a");
  context.advance(1.03);
  near(Math.round(deck.position * 1000) / 1000, 4);
  assert.deepEqual(deck.loop, { start: 2, end: 5 });
});

test("a version that is not decoded yet is heard as soon as it is, the old one until then", async () => {
  const { deck, context, decoded, waiting } = deckOf([version("a"), version("b", { best: false })]);
  await decoded("a");
  deck.play();
  context.advance(1);
  deck.select("b");
  assert.equal(deck.version.clip, "b");
  assert.equal(deck.isLoading("b"), true);
  assert.equal(context.sources[0].level(1), 1);
  await decoded("b");
  context.advance(1);
  assert.equal(context.sources[0].level(context.currentTime), 0);
  assert.equal(context.sources[1].level(context.currentTime), 1);
  assert.ok(waiting.has("b"));
});

test("a clip that cannot be decoded is told, and the others play", async () => {
  const { deck, waiting, decoded, settle } = deckOf([version("a"), version("b")]);
  const troubles = [];
  deck.addEventListener("trouble", ({ detail }) => troubles.push(detail));
  deck.play();
  waiting.get("a").reject(new Error("damaged"));
  await settle();
  assert.equal(troubles[0].clip, "a");
  assert.match(troubles[0].reason, /damaged/);
  assert.equal(troubles[0].isAway, false, "it is there, but no sound");
  assert.equal(deck.isBroken("a"), true);
  assert.equal(deck.playing, false);
  await decoded("b");
  deck.select("b");
  deck.play();
  assert.equal(deck.playing, true);
});

test("another segment starts at its beginning, without a loop, and goes on playing", async () => {
  const { deck, context, decoded } = deckOf([version("a")]);
  await decoded("a");
  deck.play();
  deck.setLoop(1, 2);
  context.advance(1);
  deck.open({ number: 2, seconds: 4, versions: [version("c")] });
  assert.equal(deck.loop, null);
  assert.equal(deck.position, 0);
  assert.equal(deck.playing, true);
  await decoded("c");
  context.advance(0.53);
  near(Math.round(deck.position * 1000) / 1000, 0.5);
});

test("a clock that stops is told once, and play again wakes it", async () => {
  const { deck, context, decoded } = deckOf([version("a")]);
  const reasons = [];
  deck.addEventListener("trouble", ({ detail }) => reasons.push(detail.reason));
  await decoded("a");
  deck.play();
  assert.equal(deck.playing, true);
  assert.deepEqual(reasons, []);
  context.change("interrupted");
  assert.equal(deck.playing, false, "its button says play");
  deck.seek(3);
  assert.equal(reasons.length, 1);
  assert.match(reasons[0], /press play again/);
  deck.toggle();
  assert.equal(deck.playing, true);
  assert.equal(context.state, "running");
  context.advance(1);
  assert.ok(deck.position > 3.9);
  deck.pause();
  context.change("suspended");
  assert.equal(reasons.length, 1, "nothing plays that could be missed");
});

test("what another segment has decoded meanwhile is not taken for this one's", async () => {
  const { deck, context, waiting, decoded, settle } = deckOf([version("a"), version("b")]);
  const troubles = [];
  deck.addEventListener("trouble", ({ detail }) => troubles.push(detail));
  deck.play();
  deck.open({ number: 2, seconds: 5, versions: [version("c"), version("d")] });
  await decoded("a");
  assert.deepEqual([...waiting.keys()], ["a", "c"], "no more of the first one is decoded");
  await decoded("c");
  assert.equal(context.sources.length, 1, "c alone");
  deck.open({ number: 3, seconds: 5, versions: [version("e")] });
  waiting.get("d").reject(new Error("damaged"));
  await settle();
  assert.deepEqual([troubles, deck.isBroken("d")], [[], false]);
});

test("beyond the end of a loop is its beginning, before the sound is there too", async () => {
  const { deck, decoded } = deckOf([version("a")]);
  deck.setLoop(2, 5);
  deck.seek(7);
  assert.equal(deck.position, 2);
  await decoded("a");
  deck.play();
  deck.seek(6);
  assert.equal(deck.position, 2);
});
