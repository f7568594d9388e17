/**
 * Acts on a click, not on the second one of a double click: a file opened by a double click, as in a file manager,
 * would be paused by the second click, which lands on the player.
 */
export function onSingleClick(act: () => void): (event: { detail: number }) => void {
  return ({ detail }) => {
    if (detail < 2) act();
  };
}
