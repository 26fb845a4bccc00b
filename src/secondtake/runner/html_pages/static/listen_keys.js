/* Keys of the listening page. */

/** What the help says, in its order: [keys, what they do]. */
export const KEYS = [
  [["Space"], "play, pause"],
  [["1", "…", "9"], "hear that version, from where the music is"],
  [["←", "→"], "two seconds back, ahead; with Shift a quarter of a second"],
  [["↑", "↓"], "the segment before, the next one"],
  [["Home"], "to the beginning, or to the beginning of the loop"],
  [["L"], "loop: on, off"],
  [["[", "]"], "the loop begins here, ends here"],
  [["O"], "loudness: matched, or as in the files"],
  [["B"], "blind test"],
  [["?"], "this help"],
];

/**
 * What a key asks for: [action, value], or null if it is none of the page's, or belongs to the
 * element that has the focus.
 * @param {KeyboardEvent} event
 */
export function keyAction(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const { target, key } = event;
  // For a moment, a button of the help that has just been closed still has the focus.
  const isGone = Boolean(target.closest?.("dialog:not([open])"));
  if (!isGone && target.closest?.("input, textarea, select, dialog")) return null;
  const small = event.shiftKey ? 0.25 : 2;
  switch (key.length === 1 ? key.toLowerCase() : key) {
    case " ":
      return !isGone && ownsSpace(target) ? null : ["toggle"];
    case "ArrowLeft":
      return ["move", -small];
    case "ArrowRight":
      return ["move", small];
    case "ArrowUp":
      return ["segment", -1];
    case "ArrowDown":
      return ["segment", 1];
    case "Home":
      return ["home"];
    case "l":
      return ["loop"];
    case "[":
      return ["edge", "start"];
    case "]":
      return ["edge", "end"];
    case "o":
      return ["level"];
    case "b":
      return ["blind"];
    case "?":
      return ["help"];
    default:
      return /^[1-9]$/.test(key) ? ["pick", Number(key) - 1] : null;
  }
}

/** Space presses a button that has the focus, except that of the version that is heard already. */
function ownsSpace(target) {
  const control = target.closest?.("button, a, summary");
  return Boolean(control) && !control.matches('.pick[aria-pressed="true"]');
}
