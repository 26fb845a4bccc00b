/* The blind test: its screens one after another, and the votes between them. */

import { TrialSound } from "./blind_audio.js";
import { blindButton, blindText, saveFile } from "./blind_dom.js";
import { UNCOUNTED, endScreen, resultScreen, rounded } from "./blind_result.js";
import { progressOf, startScreen } from "./blind_start.js";
import { TrialScreen } from "./blind_trial.js";
import { element } from "./listen_dom.js";
import { MODES, countsOf } from "./plans.js";
import { abxScore } from "./tally.js";
import { trialsOf, voteOn } from "./trials.js";
import { VoteBook, voteFile, votesCsv } from "./votes.js";

/**
 * Opens the blind test within an element. While it is open, no name, clip or label of a version
 * stands in the document, but in the lists to choose from before a test and in its result.
 * @param {HTMLElement} root empty
 * @param {object} study the page's data
 * @param {ClipStore} clips
 * @param {AudioContext} context
 * @param {{onClose: () => void}} options
 */
export function openBlind(root, study, clips, context, { onClose }) {
  new BlindTest(root, study, clips, context, onClose);
}

class BlindTest {
  #root;
  #study;
  #book;
  #sound;
  #onClose;
  #title = document.title;
  #choice = { mode: "pairs", count: null, everyTake: false, pair: "drawn" };
  #nickname = ""; // before there is a listener
  #trial = null; // {screen, id, mode, show}
  #screen = element("div");
  #warning = element("div", { class: "blind-warning", role: "alert", hidden: true });
  #status = element("p", { class: "blind-hidden", role: "status" });
  #onKey = (event) => this.#key(event);
  #onStorage = ({ key, newValue }) => this.#book.receive(key, newValue);

  constructor(root, study, clips, context, onClose) {
    this.#root = root;
    this.#study = study;
    this.#onClose = onClose;
    this.#book = new VoteBook(study, browserStorage());
    this.#sound = new TrialSound(context, clips);
    this.#choice.mode = this.#firstMode();
    this.#book.addEventListener("change", ({ trial }) => this.#fromElsewhere(trial));
    window.addEventListener("storage", this.#onStorage);
    document.addEventListener("keydown", this.#onKey, true);
    document.title = "Blind test";
    this.#warn();
    const parts = [this.#warning, this.#screen, this.#status];
    root.append(element("section", { class: "blind", "aria-label": "Blind test" }, ...parts));
    this.#start();
  }

  #close() {
    this.#leaveTrial();
    this.#sound.dispose();
    window.removeEventListener("storage", this.#onStorage);
    document.removeEventListener("keydown", this.#onKey, true);
    document.title = this.#title;
    this.#root.replaceChildren();
    this.#onClose();
  }

  /** The mode that was begun and not finished, or the first that the study has something for. */
  #firstMode() {
    const modes = Object.keys(MODES);
    const isBegun = (mode) => {
      const progress = progressOf(this.#book, mode);
      return progress && progress.done < progress.count;
    };
    const isPossible = (mode) => countsOf(mode, this.#study.segments, false).length > 0;
    return modes.find(isBegun) ?? modes.find(isPossible) ?? modes[0];
  }

  #show(element, focus = "h1") {
    this.#screen.replaceChildren(element);
    this.#screen.querySelector(focus)?.focus();
    if (focus === "h1") window.scrollTo(0, 0);
  }

  #say(text) {
    this.#status.textContent = text;
  }

  #start(focus) {
    this.#leaveTrial();
    const book = this.#book;
    const actions = {
      start: (mode, plan) => this.#begin(mode, plan),
      result: (mode) => this.#end(mode),
      save: (type) => this.#save(type),
      saveEarlier: (answers) => this.#saveEarlier(answers),
      leave: () => this.#close(),
      redraw: (selector) => this.#start(selector),
      nickname: () => this.#nickname,
      rename: (nickname) => {
        this.#nickname = nickname;
        if (book.listener) book.change({ nickname });
      },
      another: () => {
        this.#nickname = "";
        this.#addListener();
        this.#choice.mode = this.#firstMode();
        this.#start("input[type=text]");
      },
      switchTo: (id) => {
        book.choose(id);
        this.#choice.mode = this.#firstMode();
        this.#start("select");
      },
    };
    this.#show(startScreen(this.#study, book, this.#choice, actions), focus);
  }

  #addListener() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const id = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.#book.addListener(id, this.#nickname, now());
  }

  #begin(mode, wanted) {
    if (!this.#book.listener) this.#addListener();
    const plan = this.#book.plan(mode, wanted);
    const trials = trialsOf(mode, this.#study, this.#book.listener.id, plan);
    this.#warn();
    this.#next(mode, trials);
  }

  /** The first trial that has no vote yet, from this window or another. */
  #next(mode, trials) {
    this.#leaveTrial();
    const left = trials.filter(({ id }) => !this.#book.vote(id));
    if (!left.length) {
      this.#end(mode);
      return;
    }
    const [trial, following] = left;
    const place = {
      number: trials.length - left.length + 1,
      count: trials.length,
      note: `${this.#note(trial, trials.length)}${this.#book.listener.revealedAt ? ` ${UNCOUNTED}` : ""}`,
    };
    const screen = new TrialScreen(trial, place, this.#sound, {
      confirm: (answers) => this.#confirm(mode, trials, trial, answers),
      leave: () => this.#start(),
      say: (text) => this.#say(text),
    });
    this.#trial = { id: trial.id, screen, next: () => this.#next(mode, trials) };
    this.#show(screen.element);
    this.#load(trial, following, screen);
  }

  async #load(trial, following, screen) {
    try {
      if (await this.#sound.open(trial)) screen.ready();
      if (following) this.#sound.prepare(following);
    } catch (error) {
      if (this.#trial?.screen !== screen) return;
      const { next } = this.#trial;
      this.#leaveTrial();
      this.#show(brokenScreen(error, next, () => this.#start()));
    }
  }

  #note({ mode, reference }, count) {
    if (mode === "ratings") return "One of these is the baseline itself: give it 100.";
    if (mode === "pairs") {
      // Not why: without the open baseline, A or B may be the baseline, or the segment has none.
      if (!reference) return "Only one question this time: which would you rather listen to?";
      return "Neither A nor B is the baseline.";
    }
    const { right, of, p } = abxScore(this.#votes(mode));
    if (!of) return "X is A or B, newly drawn for every trial.";
    return `${right} of ${of} right so far, p = ${rounded(p)}. It counts after trial ${count}.`;
  }

  #confirm(mode, trials, trial, answers) {
    const vote = voteOn(trial, answers, (slot) => this.#sound.heard(slot), now());
    const isFirst = this.#book.cast(vote);
    this.#warn();
    this.#next(mode, trials);
    this.#say(isFirst ? "Saved." : "Answered in another window before: that answer stands.");
  }

  /** Another window wrote: the trial at hand may be answered there, or the listener gone on. */
  #fromElsewhere(trial) {
    if (this.#trial && trial === this.#trial.id) {
      this.#trial.next();
      this.#say("Answered in another window: that answer stands. Here is the next one.");
    } else if (trial && this.#screen.querySelector(".blind-modes")) {
      this.#start("input:checked");
    }
  }

  #end(mode) {
    this.#leaveTrial();
    const isOpen = (each) => {
      const progress = progressOf(this.#book, each);
      const isPossible = countsOf(each, this.#study.segments, false).length > 0;
      return each !== mode && isPossible && (!progress || progress.done < progress.count);
    };
    const others = Object.keys(MODES).filter(isOpen);
    const actions = {
      reveal: () => this.#reveal(mode),
      start: () => {
        this.#choice.mode = others[0] ?? mode;
        this.#start();
      },
      leave: () => this.#close(),
      save: (type) => this.#save(type),
    };
    this.#show(
      this.#book.listener.revealedAt
        ? resultScreen(mode, this.#study.segments, this.#votes(mode), actions)
        : endScreen(mode, others, actions),
    );
  }

  #reveal(mode) {
    this.#book.reveal(now());
    this.#warn();
    this.#end(mode);
  }

  #votes(mode) {
    return this.#book.votes().filter((vote) => vote.mode === mode);
  }

  #leaveTrial() {
    this.#trial?.screen.dispose();
    this.#trial = null;
    this.#sound.close();
  }

  #save(type) {
    const { listener } = this.#book;
    const file = voteFile(this.#study, listener, this.#book.votes(), now());
    this.#saveFile(file, type, listener.id.slice(0, 8));
  }

  #saveEarlier({ study, song, listener, votes }) {
    const file = voteFile({ study, song }, listener, votes, now());
    this.#saveFile(file, "json", `${listener.id.slice(0, 8)}-${study.slice(0, 8)}`);
  }

  #saveFile(file, type, which) {
    const name = `votes-${file.song.replaceAll(/[^\w-]+/g, "_")}-${which}.${type}`;
    if (type === "csv") saveFile(name, "text/csv", votesCsv(file));
    else saveFile(name, "application/json", `${JSON.stringify(file, null, 1)}\n`);
    this.#say(`Saved as ${name}.`);
  }

  #warn() {
    this.#warning.hidden = this.#book.isSaved;
    if (this.#book.isSaved || this.#warning.hasChildNodes()) return;
    const text =
      "This browser keeps no answers: its storage is off or full. They last as long as this window is open. Save them as a file before you close it.";
    const save = () => (this.#book.listener ? this.#save("json") : this.#say("No answers yet."));
    this.#warning.append(blindText(text), blindButton("Save my answers", "", save));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.#trial) return;
    if (!this.#trial.screen.key(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}

/** In place of a trial whose clips cannot be decoded. */
function brokenScreen({ message, isAway }, again, leave) {
  return element(
    "div",
    { class: "blind-screen" },
    element("h1", { tabindex: -1 }, "The sound of this one could not be read"),
    isAway ? blindText(`Its sound is not here: ${message}.`) : null,
    blindText("Your answers so far are safe."),
    element(
      "div",
      { class: "blind-actions" },
      blindButton("Try again", "main", again),
      blindButton("Leave", "", leave),
    ),
  );
}

function browserStorage() {
  try {
    const { localStorage } = window;
    localStorage.getItem("secondtake");
    return localStorage;
  } catch {
    return null;
  }
}

function now() {
  return new Date().toISOString();
}
