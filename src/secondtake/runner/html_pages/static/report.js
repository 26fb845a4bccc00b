/* The report's players. */

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

preparePlayers(document);
