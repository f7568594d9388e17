interface Shown {
  width: number;
  height: number;
  getBoundingClientRect: () => Pick<DOMRect, 'left' | 'top' | 'width' | 'height'>;
}

/**
 * The pixel of a canvas under a point of the page; undefined beside the picture, which fits into the canvas's box as `contain` does. The box
 * may be scaled and moved, and turned over.
 */
export function pixelUnder(
  canvas: Shown,
  { clientX, clientY }: { clientX: number; clientY: number },
  { isFlipped, isFlopped }: { isFlipped: boolean; isFlopped: boolean },
): { x: number; y: number } | undefined {
  const box = canvas.getBoundingClientRect();
  const { width, height } = canvas;
  const scale = Math.min(box.width / width, box.height / height);
  if (!(scale > 0)) return undefined;
  const x = Math.floor((clientX - box.left - (box.width - width * scale) / 2) / scale);
  const y = Math.floor((clientY - box.top - (box.height - height * scale) / 2) / scale);
  if (x < 0 || y < 0 || x >= width || y >= height) return undefined;
  return { x: isFlopped ? width - 1 - x : x, y: isFlipped ? height - 1 - y : y };
}
