/**
 * Acts on a click, not on the second one of a double click: whoever opens a file as a file manager has it clicks once more
 * where the player is by then, and does not mean to pause it.
 */
export function onSingleClick(act: () => void): (event: { detail: number }) => void {
  return ({ detail }) => {
    if (detail < 2) act();
  };
}
