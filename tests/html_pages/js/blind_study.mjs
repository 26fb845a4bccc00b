/* A study that nobody made, and listeners who answer by chance of a fixed seed. */

import { readFileSync } from "node:fs";

import { countsOf, usualCount } from "../../../src/secondtake/runner/html_pages/static/plans.js";
import { randomFrom } from "../../../src/secondtake/runner/html_pages/static/shuffle.js";
import { ANCHOR, makerOf, trialsOf, voteOn } from "../../../src/secondtake/runner/html_pages/static/trials.js";
import { VoteBook, voteFile } from "../../../src/secondtake/runner/html_pages/static/votes.js";

export const SAMPLES = new URL("../../data/votes/", import.meta.url);

/** The page's data of tests/data/votes/listening.json, as far as a blind test reads them. */
export function sampleStudy() {
  const file = JSON.parse(readFileSync(new URL("listening.json", SAMPLES)));
  const segments = file.segments.map((segment) => ({
    number: segment.segment,
    seconds: segment.seconds,
    versions: segment.versions.map(versionData),
  }));
  return { study: file.study, song: file.song, segments };
}

function versionData({ clip, take, seconds, common_attenuation_db: commonAttenuationDb }) {
  const sound = { clip, seconds, commonAttenuationDb };
  if (!take) {
    const names = { label: "Baseline", maker: "Baseline", role: "baseline", model: "" };
    return { ...sound, ...names, best: true };
  }
  const [, model, , later] = /^(.+?)_segment(\d+)_[a-z]+(_take\d+)?$/.exec(take);
  const role = model === "sketch" ? "control" : "model";
  const label = later ? `${model}, take ${later.slice(5)}` : model;
  return { ...sound, label, maker: model, role, model, best: !later };
}

/** Storage of a browser, in memory; `full` refuses what is new. */
export class FakeStorage {
  constructor() {
    Object.defineProperty(this, "full", { value: false, writable: true, enumerable: false });
  }

  getItem(key) {
    return Object.hasOwn(this, key) ? this[key] : null;
  }

  setItem(key, value) {
    if (this.full) throw new Error("QuotaExceededError");
    this[key] = String(value);
  }
}

/** How good a maker's versions sound to the listeners below. */
const LIKED = new Map([
  ["baseline", 90],
  ["model ace_step", 62],
  ["model bark", 48],
  ["model musicgen", 55],
  ["control sketch", 38],
  [ANCHOR, 8],
]);

function worth(version, random) {
  const middle = LIKED.get(version === ANCHOR ? ANCHOR : makerOf(version));
  const chance = (random() + random() + random() - 1.5) * 25;
  return middle === 90 ? 90 + Math.abs(chance) / 4 : middle + chance;
}

function answersTo(trial, random) {
  if (trial.mode === "abx") {
    const right = random() < 0.85;
    return { x: (trial.x === trial.a) === right ? "a" : "b" };
  }
  if (trial.mode === "ratings") {
    const score = (version) => Math.round(Math.min(100, Math.max(0, worth(version, random))));
    return { scores: trial.versions.map(score) };
  }
  const choose = () => {
    const difference = worth(trial.first, random) - worth(trial.second, random);
    if (Math.abs(difference) < 6) return "tie";
    return difference > 0 ? "a" : "b";
  };
  return { closer: choose(), prefer: choose() };
}

/**
 * A listener's file, after a number of votes; all by default.
 * @param {string} nickname names the listener and the chance of the answers
 */
export function sampleFile(study, nickname, most = Infinity) {
  const random = randomFrom(`answers of ${nickname}`);
  const listener = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join("");
  const start = Date.UTC(2026, 10, 20, 18);
  const time = (place) => new Date(start + place * 25_000).toISOString();
  const book = new VoteBook(study, new FakeStorage());
  book.addListener(listener, nickname, time(0));
  for (const mode of ["pairs", "abx", "ratings"]) {
    const counts = countsOf(mode, study.segments, false);
    const plan = book.plan(mode, { count: usualCount(mode, counts), everyTake: false });
    for (const trial of trialsOf(mode, study, listener, plan)) {
      const seconds = new Map();
      const heard = (slot) => {
        if (!seconds.has(slot)) seconds.set(slot, 3 + random() * 9);
        return seconds.get(slot);
      };
      const place = book.votes().length + 1;
      const vote = voteOn(trial, answersTo(trial, random), heard, time(place));
      if (place <= most) book.cast(vote);
    }
  }
  const end = book.votes().length + 1;
  if (most === Infinity) book.reveal(time(end));
  return voteFile(study, book.listener, book.votes(), time(end + 1));
}
