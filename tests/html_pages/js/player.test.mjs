import assert from "node:assert/strict";
import test from "node:test";

import { Player } from "../../../src/secondtake/runner/html_pages/static/player.js";
import { FakeContext, fakeBuffer } from "./fake_audio.mjs";

const FRAME = 1 / 48000;
const near = (value, wanted, by = 1e-6) => assert.ok(Math.abs(value - wanted) <= by, `${value} ${wanted}`);

function playerOf(count = 3, seconds = 10) {
  const context = new FakeContext();
  const player = new Player(context);
  const tracks = Array.from({ length: count }, (_, place) => ({
    id: "abcdef"[place],
    buffer: fakeBuffer(seconds),
    gain: 1 / (place + 1),
  }));
  player.setTracks(tracks);
  return { context, player, tracks };
}

/** All running sources are at one place of their buffers, within less than a frame. */
function assertInSync(context, count) {
  const places = context.running().map((source) => source.at(context.currentTime));
  assert.equal(places.length, count);
  for (const place of places) near(place, places[0], FRAME / 100);
  return places[0];
}

test("all tracks start at one time and one frame, and only the selected one is heard", () => {
  const { context, player } = playerOf();
  player.seek(1.23456789);
  player.play();
  context.advance(1);
  assert.equal(new Set(context.sources.map((source) => source.started.when)).size, 1);
  const { offset } = context.sources[0].started;
  near(offset * 48000, Math.round(offset * 48000));
  assertInSync(context, 3);
  assert.deepEqual(context.running().map((source) => source.level(1)), [1, 0, 0]);
});

test("a switch is a crossfade between gains: no source is started, the sum stays", () => {
  const { context, player, tracks } = playerOf();
  player.setTracks(tracks.map((track) => ({ ...track, gain: 1 })));
  player.play();
  context.advance(2);
  player.select("b");
  assert.equal(context.sources.length, 3);
  const [one, other] = context.sources;
  for (const later of [0, 0.004, 0.0075, 0.012]) near(one.level(2 + later) + other.level(2 + later), 1);
  near(one.level(2.015), 0);
  near(other.level(2.015), 1);
});

test("switches in the middle of a switch go on from the gain that was reached", () => {
  const { context, player } = playerOf(2);
  player.play();
  context.advance(1);
  player.select("b");
  context.advance(0.006);
  const before = context.sources[0].level(context.currentTime);
  player.select("a");
  near(context.sources[0].level(context.currentTime), before);
  near(context.sources[0].level(context.currentTime + 0.015), 1);
  near(context.sources[1].level(context.currentTime + 0.015), 0);
});

test("tracks that come later join in time, and the others are not disturbed", () => {
  const { context, player, tracks } = playerOf(2);
  player.play();
  context.advance(1.2345);
  const before = [...context.sources];
  player.setTracks([...tracks, { id: "z", buffer: fakeBuffer(10), gain: 0.5 }]);
  assert.deepEqual(context.sources.slice(0, 2), before);
  context.advance(1);
  assertInSync(context, 3);
});

test("tracks that join a loop are in it", () => {
  const { context, player, tracks } = playerOf(1);
  player.play();
  player.setLoop(2, 3.5);
  context.advance(5.4321);
  player.setTracks([...tracks, { id: "z", buffer: fakeBuffer(10), gain: 1 }]);
  context.advance(7.77);
  const place = assertInSync(context, 2);
  near(place, player.position, FRAME);
  assert.ok(place >= 2 && place < 3.5);
});

test("a new gain of the same buffers is a fade, not a start", () => {
  const { context, player, tracks } = playerOf(2);
  player.play();
  context.advance(1);
  player.setTracks(tracks.map((track) => ({ ...track, gain: 0.25 })));
  assert.equal(context.sources.length, 2);
  near(context.sources[0].level(1.02), 0.25);
});

test("a track that went away is silent, and another one is selected", () => {
  const { context, player, tracks } = playerOf(3);
  player.select("c");
  player.play();
  context.advance(1);
  player.setTracks(tracks.slice(0, 2));
  assert.equal(player.selected, "a");
  assertInSync(context, 2);
});

test("a seek while playing fades from the old place to the new one", () => {
  const { context, player } = playerOf(2);
  player.play();
  context.advance(1);
  player.seek(7);
  context.advance(0.035); // within the fade both runs sound
  assert.equal(context.running().length, 4);
  const total = [context.sources[0], context.sources[2]].reduce((sum, s) => sum + s.level(1.035), 0);
  near(total, 1);
  context.advance(1);
  near(assertInSync(context, 2), player.position, FRAME);
  near(player.position, 8.035 - 0.03, 2 * FRAME);
});

test("a loop set around the position goes on without a jump", () => {
  const { context, player } = playerOf(1);
  player.play();
  context.advance(3);
  const before = player.position;
  player.setLoop(2, 5);
  context.advance(0.5);
  near(player.position, before + 0.5, 2 * FRAME);
  context.advance(2);
  near(player.position, before + 2.5 - 3, 2 * FRAME);
  player.clearLoop();
  context.advance(3);
  near(player.position, before + 2.5, 3 * FRAME);
  assert.equal(player.loop, null);
});

test("a loop elsewhere starts at its beginning; too short a one is none", () => {
  const { player } = playerOf(1);
  player.setLoop(6, 4);
  assert.deepEqual(player.loop, { start: 4, end: 6 });
  assert.equal(player.position, 4);
  player.clearLoop();
  player.setLoop(1, 1.01);
  assert.equal(player.loop, null);
});

test("at the end it stands there and says so; play starts anew", () => {
  const { context, player } = playerOf(2);
  const events = [];
  player.addEventListener("ended", () => events.push(player.position));
  player.play();
  context.advance(10.1);
  assert.deepEqual(events, [10]);
  assert.equal(player.playing, false);
  player.play();
  assert.equal(player.playing, true);
  assert.ok(player.position < 0.1);
});

test("a shorter track does not end the others", () => {
  const { context, player } = playerOf(1, 4);
  player.setTracks([
    { id: "short", buffer: fakeBuffer(2), gain: 1 },
    { id: "long", buffer: fakeBuffer(4), gain: 1 },
  ]);
  let ended = 0;
  player.addEventListener("ended", () => (ended += 1));
  player.play();
  context.sources[0].onended(); // as a browser tells it after two seconds
  context.currentTime += 2.1;
  assert.deepEqual([player.playing, ended], [true, 0]);
  context.sources[0].onended = null;
  context.advance(2.1);
  assert.deepEqual([player.playing, ended], [false, 1]);
});

test("setEnd plays the first seconds alone, with fades at both ends", () => {
  const { context, player } = playerOf(2);
  player.setEnd(4);
  assert.equal(player.duration, 4);
  player.play();
  const { when, duration } = context.sources[0].started;
  near(duration, 4);
  near(context.sources[0].level(when), 0);
  near(context.sources[0].level(when + 0.005), 0.5);
  near(context.sources[0].level(when + 3.995), 0.5, 1e-4);
  player.seek(9);
  assert.equal(player.position, 4);
});

test("heard counts what was audible, and only while it played", () => {
  const { context, player } = playerOf(2);
  context.advance(5);
  player.play();
  context.advance(2.03);
  player.select("b");
  context.advance(1);
  player.pause();
  context.advance(9);
  near(player.heard("a"), 2);
  near(player.heard("b"), 1);
  player.resetHeard();
  assert.equal(player.heard("a"), 0);
});

test("pause keeps the position, and resume wakes the context", () => {
  const { context, player } = playerOf(1);
  player.play();
  assert.equal(context.resumed, 1);
  context.advance(1.03);
  player.pause();
  context.advance(3);
  near(player.position, 1, FRAME);
  assert.equal(context.running().length, 0);
  player.play();
  assert.equal(context.resumed, 1, "it runs already");
});

test("play wakes the context also in the middle of a run that a call has stopped", () => {
  const { context, player } = playerOf(1);
  let changes = 0;
  player.addEventListener("change", () => (changes += 1));
  player.play();
  context.advance(1);
  changes = 0;
  context.change("interrupted"); // as Safari calls it
  assert.deepEqual([player.playing, player.isStill, changes], [true, true, 1]);
  player.play();
  assert.equal(context.resumed, 2);
  assert.deepEqual([player.playing, player.isStill, context.sources.length], [true, false, 1]);
  player.pause();
  context.change("suspended");
  assert.equal(player.isStill, false, "nothing plays that could be still");
});

test("a clock that does not start within two seconds is told, and one that does is not", (test) => {
  test.mock.timers.enable({ apis: ["setTimeout"] });
  const { context, player } = playerOf(1);
  context.isDeaf = true;
  player.play();
  test.mock.timers.tick(1000);
  assert.equal(player.isStill, false);
  test.mock.timers.tick(1500);
  assert.equal(player.isStill, true);
  context.isDeaf = false;
  player.play();
  assert.equal(player.isStill, false);
  test.mock.timers.tick(5000);
  assert.equal(player.isStill, false);
});

test("a player that is gone no longer asks for its context", () => {
  const { context, player } = playerOf(1);
  player.play();
  player.addEventListener("change", () => assert.fail("changed"));
  player.dispose();
  context.change("interrupted");
});

test("beyond the end of a loop is its beginning, before it the way into it", () => {
  const { context, player } = playerOf(1);
  player.setLoop(2, 4);
  for (const [wanted, place] of [[4, 2], [7, 2], [99, 2], [3, 3], [1, 1]]) {
    player.seek(wanted);
    assert.equal(player.position, place);
  }
  player.play();
  player.seek(8);
  context.advance(0.53);
  near(player.position, 2.5, 2 * FRAME);
  near(assertInSync(context, 1), player.position, FRAME);
});

test("what is prepared too late is prepared again, so that no source starts by itself", () => {
  const { context, player } = playerOf(2);
  const clock = performance.now.bind(performance);
  let slow = 3; // readings of the clock that find the machine asleep
  performance.now = () => clock() + (slow-- > 0 ? 40 * (3 - slow) : 1000);
  try {
    player.play();
  } finally {
    delete performance.now;
  }
  const running = context.sources.filter((source) => source.stopped === Infinity);
  assert.ok(context.sources.length > 2);
  assert.equal(running.length, 2);
  assert.equal(new Set(running.map((source) => source.started.when)).size, 1);
});

test("an unknown track is refused; without tracks nothing plays", () => {
  const { player } = playerOf(1);
  assert.throws(() => player.select("q"), RangeError);
  player.setTracks([]);
  player.play();
  assert.equal(player.playing, false);
  assert.equal(player.duration, 0);
  assert.equal(player.selected, null);
});
