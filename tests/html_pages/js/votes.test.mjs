import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { VoteBook, csvCell, voteFile, votesCsv } from "../../../src/secondtake/runner/html_pages/static/votes.js";
import { FakeStorage, SAMPLES } from "./blind_study.mjs";
import { sampleTexts } from "./sample_votes.mjs";

const STUDY = "5".repeat(64);
const OTHER = "6".repeat(64);
const ANA = "a".repeat(32);
const BEN = "b".repeat(32);

function vote(id, values = {}) {
  const clips = { first: "c1", second: "c2", closer: null, prefer: "c1" };
  return { id, mode: "pairs", segment: 1, time: "2026-01-01T10:00:00.000Z", ...clips, heard: { c1: 3, c2: 3 }, ...values };
}

function bookOf(storage, study = STUDY, song = "s") {
  return new VoteBook({ study, song }, storage);
}

function begun(storage, study = STUDY, song = "s") {
  const book = bookOf(storage, study, song);
  book.addListener(ANA, "Ana", "2026-01-01T09:00:00.000Z");
  return book;
}

/** Two windows of one browser: what one writes the other is told. */
function twoWindows() {
  const storage = new FakeStorage();
  const first = begun(storage);
  const second = bookOf(storage);
  return { storage, first, second };
}

test("a vote is a key of its own, and survives a reload", () => {
  const storage = new FakeStorage();
  assert.ok(begun(storage).cast(vote("pairs-1-1")));
  assert.ok(Object.keys(storage).includes(`secondtake:${STUDY}:${ANA}:pairs-1-1`));
  const again = bookOf(storage);
  assert.equal(again.listener.nickname, "Ana");
  assert.deepEqual(again.votes(), [vote("pairs-1-1")]);
  assert.ok(again.isSaved);
});

test("the first vote on a trial stands", () => {
  const { first, second } = twoWindows();
  assert.equal(first.cast(vote("pairs-1-1")), true);
  assert.equal(second.cast(vote("pairs-1-1", { prefer: "c2" })), false);
  assert.equal(second.vote("pairs-1-1").prefer, "c1");
});

test("another window's vote is told, with its trial", () => {
  const { storage, first, second } = twoWindows();
  const told = [];
  second.addEventListener("change", ({ trial }) => told.push(trial));
  first.cast(vote("pairs-1-1"));
  const key = `secondtake:${STUDY}:${ANA}:pairs-1-1`;
  second.receive(key, storage.getItem(key));
  assert.deepEqual(told, ["pairs-1-1"]);
});

test("two windows that vote in the same moment agree on the earlier vote", () => {
  // Storage of their own stands for writes that have not reached the other window yet.
  const windows = [new FakeStorage(), new FakeStorage()].map((storage) => [begun(storage), storage]);
  const [[first, firstStorage], [second, secondStorage]] = windows;
  first.cast(vote("pairs-1-1", { prefer: "c1", time: "2026-01-01T10:00:00.001Z" }));
  second.cast(vote("pairs-1-1", { prefer: "c2", time: "2026-01-01T10:00:00.002Z" }));
  const key = `secondtake:${STUDY}:${ANA}:pairs-1-1`;
  const [mine, theirs] = [firstStorage.getItem(key), secondStorage.getItem(key)];
  firstStorage.setItem(key, theirs); // written over
  first.receive(key, theirs);
  secondStorage.setItem(key, mine);
  second.receive(key, mine);
  assert.equal(first.vote("pairs-1-1").prefer, "c1");
  assert.equal(second.vote("pairs-1-1").prefer, "c1");
});

test("other studies, other listeners and damaged votes stay out", () => {
  const storage = new FakeStorage();
  const book = begun(storage);
  begun(storage, OTHER).cast(vote("pairs-1-9"));
  storage.setItem(`secondtake:${STUDY}:${BEN}:pairs-1-2`, JSON.stringify(vote("pairs-1-2")));
  storage.setItem(`secondtake:${STUDY}:${ANA}:pairs-1-3`, "{");
  storage.setItem(`secondtake:${STUDY}:${ANA}:pairs-1-4`, JSON.stringify(vote("pairs-1-5")));
  storage.setItem(`secondtake:${STUDY}:junk`, '"junk"');
  storage.setItem("other", "1");
  book.cast(vote("pairs-1-1"));
  assert.deepEqual(book.votes().map(({ id }) => id), ["pairs-1-1"]);
  assert.deepEqual(book.listeners().map(({ id }) => id), [ANA]);
  book.receive(`secondtake:${OTHER}:${ANA}:pairs-1-7`, JSON.stringify(vote("pairs-1-7")));
  book.receive(null, null);
  assert.equal(book.vote("pairs-1-7"), null);
});

test("several listeners on one device, each with votes of their own", () => {
  const storage = new FakeStorage();
  const book = begun(storage);
  book.cast(vote("pairs-1-1"));
  book.addListener(BEN, "Ben", "2026-01-01T11:00:00.000Z");
  assert.deepEqual(book.votes(), []);
  assert.equal(book.cast(vote("pairs-1-1", { prefer: "c2" })), true);
  assert.deepEqual(book.listeners().map(({ nickname }) => nickname), ["Ana", "Ben"]);
  assert.equal(bookOf(storage).listener.nickname, "Ben");
  book.choose(ANA);
  assert.equal(book.vote("pairs-1-1").prefer, "c1");
});

test("a plan once made stands, in every window", () => {
  const { first, second } = twoWindows();
  assert.deepEqual(first.plan("pairs", { count: 20 }), { count: 20 });
  assert.deepEqual(second.plan("pairs", { count: 10 }), { count: 20 });
  second.plan("abx", { count: 16 });
  first.change({ nickname: "Anna" });
  assert.deepEqual(Object.keys(second.listener.plans), ["pairs", "abx"]);
  assert.equal(second.listener.nickname, "Anna");
  assert.deepEqual(second.listener.plans.pairs, { count: 20 }, "a later plan is not written over it");
});

test("the names are shown once: the first time stands", () => {
  const book = begun(new FakeStorage());
  assert.equal(book.listener.revealedAt, "");
  book.reveal("2026-01-01T10:00:00.000Z");
  book.reveal("2026-01-01T12:00:00.000Z");
  const file = voteFile({ study: STUDY, song: "s" }, book.listener, [], "now");
  assert.deepEqual([file.revealed, file.revealed_at], [true, "2026-01-01T10:00:00.000Z"]);
});

test("answers on earlier pages of this song can still be saved", () => {
  const storage = new FakeStorage();
  const before = begun(storage, OTHER);
  before.plan("pairs", { count: 20 });
  before.cast(vote("pairs-1-2", { time: "2026-01-01T10:00:01.000Z" }));
  before.cast(vote("pairs-1-1"));
  begun(storage, "7".repeat(64)); // nobody answered
  begun(storage, "8".repeat(64), "another song").cast(vote("pairs-1-1"));
  const book = begun(storage);
  book.cast(vote("pairs-1-3"));
  const [{ study, song, listener, votes }, ...more] = book.earlier();
  assert.deepEqual(more, []);
  const wanted = voteFile({ study: OTHER, song: "s" }, before.listener, before.votes(), "now");
  assert.deepEqual(voteFile({ study, song }, listener, votes, "now"), wanted);
  assert.deepEqual(wanted.votes.map(({ id }) => id), ["pairs-1-1", "pairs-1-2"]);
  assert.deepEqual(before.earlier().map((each) => each.study), [STUDY]);
});

test("without storage all goes on in memory, and says so", () => {
  const broken = { getItem: () => { throw new Error("denied"); }, setItem: () => { throw new Error("denied"); } };
  for (const storage of [null, broken]) {
    const book = begun(storage);
    book.cast(vote("pairs-1-1"));
    assert.equal(book.isSaved, false);
    assert.equal(book.listener.nickname, "Ana");
    assert.equal(book.votes().length, 1);
    assert.equal(book.cast(vote("pairs-1-1")), false);
  }
});

test("storage that is full for a while gets the votes later", () => {
  const storage = new FakeStorage();
  const book = begun(storage);
  storage.full = true;
  book.cast(vote("pairs-1-1"));
  assert.equal(book.isSaved, false);
  assert.equal(book.votes().length, 1);
  storage.full = false;
  book.cast(vote("pairs-1-2"));
  assert.ok(book.isSaved);
  assert.equal(bookOf(storage).votes().length, 2);
});

test("what is full storage's stale value is not read again", () => {
  const storage = new FakeStorage();
  const book = begun(storage);
  storage.full = true;
  book.change({ nickname: "Anna" });
  book.plan("pairs", { count: 20 });
  book.reveal("2026-01-01T10:00:00.000Z");
  const { nickname, plans, revealedAt } = book.listener;
  assert.deepEqual([nickname, plans, revealedAt], ["Anna", { pairs: { count: 20 } }, "2026-01-01T10:00:00.000Z"]);
  assert.equal(bookOf(storage).listener.nickname, "Ana", "the stored one is stale");
  const key = `secondtake:${STUDY}:${ANA}`;
  book.receive(key, storage.getItem(key));
  assert.equal(book.listener.nickname, "Anna");
  storage.full = false;
  book.cast(vote("pairs-1-1"));
  assert.deepEqual(bookOf(storage).listener, book.listener);
});

test("the file holds the listener, the plan and the votes, and names clips alone", () => {
  const book = begun(new FakeStorage());
  book.plan("pairs", { count: 20 });
  book.cast(vote("pairs-1-1"));
  const file = voteFile({ study: STUDY, song: "s", segments: ["not in it"] }, book.listener, book.votes(), "now");
  assert.deepEqual(file, {
    ...{ format: 1, study: STUDY, song: "s", listener: ANA, nickname: "Ana" },
    ...{ started: "2026-01-01T09:00:00.000Z", exported: "now" },
    planned: { pairs: 20, abx: 0, ratings: 0 },
    ...{ revealed: false, revealed_at: "" },
    votes: [vote("pairs-1-1")],
  });
});

test("the table has one row a question", () => {
  const rating = { id: "ratings-1-1", mode: "ratings", segment: 1, time: "t", scores: { c1: 100, anchor: 20 }, reference: "c1", heard: { c1: 4, anchor: 5, reference: 6 } };
  const abx = { id: "abx-1-1", mode: "abx", segment: 1, time: "t", a: "c1", b: "c2", x: "c2", answer: "c1", heard: { c1: 3, c2: 4, x: 5 } };
  const votes = [vote("pairs-1-1", { closer: "tie" }), vote("pairs-1-2"), abx, rating];
  const rows = votesCsv({ listener: ANA, study: STUDY, votes }).split("\r\n");
  assert.equal(rows.pop(), "");
  const cells = rows.map((row) => row.split(",").slice(5).join());
  assert.deepEqual(cells, [
    "id,first,second,x,question,answer,heard_first_s,heard_second_s",
    "pairs-1-1,c1,c2,,closer,tie,3,3",
    "pairs-1-1,c1,c2,,prefer,c1,3,3",
    "pairs-1-2,c1,c2,,prefer,c1,3,3",
    "abx-1-1,c1,c2,c2,abx,c1,3,4",
    "ratings-1-1,c1,c1,,rating,100,4,4",
    "ratings-1-1,anchor,c1,,rating,20,5,4",
  ]);
});

test("no cell is read as a formula", () => {
  assert.equal(csvCell("=1+1"), "'=1+1");
  assert.equal(csvCell("@x"), "'@x");
  assert.equal(csvCell('-"a",b'), '"\'-""a"",b"');
  assert.equal(csvCell("a\nb"), '"a\nb"');
  assert.equal(csvCell(-1), "-1");
});

test("the sample files are what this code writes", () => {
  for (const [name, text] of sampleTexts()) {
    assert.equal(readFileSync(new URL(name, SAMPLES), "utf8"), text, `${name}: run sample_votes.mjs`);
  }
});
