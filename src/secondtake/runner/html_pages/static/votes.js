/* Votes in the browser's storage, one key each, and the files that they leave in. */

const PREFIX = "secondtake";
const LISTENER = /^[0-9a-f]{32}$/;
const CSV_COLUMNS = [
  ...["listener", "study", "mode", "segment", "time", "id", "first", "second", "x"],
  ...["question", "answer", "heard_first_s", "heard_second_s"],
];

/**
 * The votes of all listeners of one study on this device.
 *
 * `secondtake:<study>:<listener>` holds a listener (song, nickname, when begun, what was planned,
 * when the names were shown), `secondtake:<study>:<listener>:<trial>` one vote. The first vote on a trial stands: one that
 * another window of the browser has cast is kept, and the later one dropped. What cannot be stored
 * stays in memory, and is tried again with the next vote.
 *
 * Events: "change", with `trial` where a vote came from another window.
 */
export class VoteBook extends EventTarget {
  #study;
  #song;
  #storage;
  #memory = new Map(); // key -> text, all that this window wrote or was told of
  #unsaved = new Set();
  #listener = null;

  /**
   * @param {{study: string, song: string}} study
   * @param {Storage | null} storage null where the browser has none
   */
  constructor({ study, song }, storage) {
    super();
    this.#study = study;
    this.#song = song;
    this.#storage = storage;
    const last = this.#read(this.#key("last"));
    if (this.listeners().some(({ id }) => id === last)) this.#listener = last;
  }

  /** Whether everything would be here after the browser was closed. */
  get isSaved() {
    return this.#storage !== null && this.#unsaved.size === 0;
  }

  /** The listeners of this study, the first one first. */
  listeners() {
    return this.#listenersOf(this.#study);
  }

  /**
   * What was answered on earlier pages of this song, with other clips: their votes fit no trial of
   * this page, but can still be saved.
   * @returns {{study: string, song: string, listener: object, votes: object[]}[]}
   */
  earlier() {
    const studies = new Set(this.#keys(`${PREFIX}:`).map((key) => key.split(":")[1]));
    studies.delete(this.#study);
    const song = this.#song;
    return [...studies].sort().flatMap((study) =>
      this.#listenersOf(study)
        .filter((listener) => listener.song === song)
        .map((listener) => ({ study, song, listener, votes: this.#votesOf(study, listener.id) }))
        .filter(({ votes }) => votes.length > 0),
    );
  }

  /**
   * {id, song, nickname, started, plans: {<mode>: {…}}, revealedAt: ISO 8601, or "" while no name
   * was shown}; null before anyone listens.
   */
  get listener() {
    return this.#listener && this.#record(this.#listener);
  }

  /**
   * @param {string} id 32 hex digits
   * @param {string} started ISO 8601
   */
  addListener(id, nickname, started) {
    const song = this.#song;
    this.#write(this.#key(id), { id, song, nickname, started, plans: {}, revealedAt: "" });
    this.choose(id);
  }

  choose(id) {
    this.#listener = id;
    this.#write(this.#key("last"), id);
  }

  /** Changes what is known of the listener, beside what another window has written. */
  change(values) {
    this.#write(this.#key(this.#listener), { ...this.listener, ...values });
  }

  /** The names are shown to the listener, at an ISO 8601 time. The first time stands. */
  reveal(time) {
    if (!this.listener.revealedAt) this.change({ revealedAt: time });
  }

  /** The plan of a mode: the one that stands, or else this one from now on. */
  plan(mode, plan) {
    const { plans } = this.listener;
    if (!plans[mode]) this.change({ plans: { ...plans, [mode]: plan } });
    return plans[mode] ?? plan;
  }

  /** The vote on a trial, or null. */
  vote(trial) {
    return this.#vote(this.#key(this.#listener, trial));
  }

  /** All votes of the listener, in the order in which they were cast. */
  votes() {
    return this.#votesOf(this.#study, this.#listener);
  }

  /** Stores a vote. False where there is one on that trial: that one stands. */
  cast(vote) {
    if (this.vote(vote.id)) return false;
    this.#write(this.#key(this.#listener, vote.id), vote);
    return true;
  }

  /** What another window wrote: a storage event's key and new value. */
  receive(key, text) {
    if (!key?.startsWith(this.#key("")) || text === null) return;
    const trial = key.split(":")[3];
    const mine = this.#memory.get(key);
    // Two windows that voted at once keep the same vote, whichever of them looks.
    const stands = trial ? isEarlier(mine, text) : this.#unsaved.has(key);
    if (mine !== undefined && mine !== text && stands) {
      this.#save(key);
      return;
    }
    this.#memory.set(key, text);
    this.#unsaved.delete(key);
    const event = new Event("change");
    event.trial = key.startsWith(`${this.#key(this.#listener)}:`) ? trial : undefined;
    this.dispatchEvent(event);
  }

  #key(...parts) {
    return [PREFIX, this.#study, ...parts].join(":");
  }

  #keys(start) {
    const stored = attempt(() => Object.keys(this.#storage ?? {}), []);
    return [...new Set([...stored, ...this.#memory.keys()])].filter((key) => key.startsWith(start));
  }

  #listenersOf(study) {
    return this.#keys(`${PREFIX}:${study}:`)
      .map((key) => key.split(":"))
      .filter((parts) => parts.length === 3)
      .map((parts) => this.#record(parts[2], study))
      .filter((record) => record !== null)
      .sort((a, b) => (a.started < b.started ? -1 : 1));
  }

  #record(id, study = this.#study) {
    const record = this.#read([PREFIX, study, id].join(":"));
    return LISTENER.test(id) && record?.id === id && record.plans ? record : null;
  }

  #votesOf(study, listener) {
    return this.#keys(`${PREFIX}:${study}:${listener}:`)
      .map((key) => this.#vote(key))
      .filter((vote) => vote !== null)
      .sort((a, b) => (a.time < b.time ? -1 : 1));
  }

  #vote(key) {
    const vote = this.#read(key);
    return isVote(vote, key.split(":")[3]) ? vote : null;
  }

  /** What could not be stored is newer than what is. */
  #read(key) {
    const isStored = !this.#unsaved.has(key);
    const stored = attempt(() => (isStored ? this.#storage?.getItem(key) : null), null);
    return attempt(() => JSON.parse(stored ?? this.#memory.get(key) ?? "null"), null);
  }

  #write(key, value) {
    this.#memory.set(key, JSON.stringify(value));
    this.#unsaved.add(key);
    for (const each of [...this.#unsaved]) this.#save(each);
  }

  #save(key) {
    const isStored = attempt(() => {
      this.#storage.setItem(key, this.#memory.get(key));
      return true;
    }, false);
    if (isStored) this.#unsaved.delete(key);
    else this.#unsaved.add(key);
  }
}

/**
 * A listener's votes as they leave the page. Versions are named by their clips alone.
 * @param {{study: string, song: string}} study
 * @param {object} listener VoteBook.listener
 * @param {object[]} votes
 * @param {string} exported ISO 8601
 */
export function voteFile({ study, song }, listener, votes, exported) {
  const count = (mode) => listener.plans[mode]?.count ?? 0;
  return {
    format: 1,
    study,
    song,
    listener: listener.id,
    nickname: listener.nickname,
    started: listener.started,
    exported,
    planned: { pairs: count("pairs"), abx: count("abx"), ratings: count("ratings") },
    revealed: listener.revealedAt !== "",
    revealed_at: listener.revealedAt,
    votes,
  };
}

/** The votes of a file as a table: one row a question, after a row of names. */
export function votesCsv(file) {
  const rows = file.votes.flatMap((vote) =>
    questionsOf(vote).map(({ first, second = "", question, answer }) => [
      ...[file.listener, file.study, vote.mode, vote.segment, vote.time, vote.id],
      ...[first, second, vote.x ?? "", question, answer],
      ...[vote.heard[first] ?? "", vote.heard[second] ?? ""],
    ]),
  );
  return [CSV_COLUMNS, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

/** A cell that no table program takes for a formula. */
export function csvCell(value) {
  const text = String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function questionsOf(vote) {
  if (vote.mode === "pairs") {
    const { first, second, closer, prefer } = vote;
    const questions = [{ first, second, question: "prefer", answer: prefer }];
    if (closer !== null) questions.unshift({ first, second, question: "closer", answer: closer });
    return questions;
  }
  if (vote.mode === "abx") {
    return [{ first: vote.a, second: vote.b, question: "abx", answer: vote.answer }];
  }
  return Object.entries(vote.scores).map(([first, answer]) => {
    return { first, second: vote.reference, question: "rating", answer };
  });
}

function isVote(value, trial) {
  return (
    value?.id === trial && typeof value.mode === "string" && typeof value.heard === "object"
  );
}

function isEarlier(mine, theirs) {
  const time = (text) => attempt(() => String(JSON.parse(text).time), "~");
  const [first, second] = [time(mine), time(theirs)];
  return first === second ? mine < theirs : first < second;
}

/** What a function gives, or something else where it throws: storage may, at every touch. */
function attempt(action, otherwise) {
  try {
    return action();
  } catch {
    return otherwise;
  }
}
