/* The report's players, and its folds in print. */

/**
 * Play quieter by a clip's decibels, and one clip at a time.
 * @param {ParentNode} page
 */
export function preparePlayers(page) {
  const players = [...page.querySelectorAll("audio")];
  for (const player of players) {
    player.volume = Math.min(1, 10 ** (Number(player.dataset.gain) / 20));
    player.addEventListener("play", () => {
      for (const other of players) {
        if (other !== player) {
          other.pause();
        }
      }
    });
  }
}

/**
 * Open every fold while the page is printed, and close those that were closed.
 * @param {Document} page
 * @param {EventTarget} view
 */
export function openInPrint(page, view) {
  let opened = [];
  view.addEventListener("beforeprint", () => {
    for (const fold of page.querySelectorAll("details:not([open])")) {
      fold.open = true;
      opened.push(fold);
    }
  });
  view.addEventListener("afterprint", () => {
    for (const fold of opened) {
      fold.open = false;
    }
    opened = [];
  });
}

preparePlayers(document);
openInPrint(document, window);
