import { useEffect, useRef, useState } from 'react';
import type { LibraryFile } from '../../shared/library.ts';
import { useNearplay } from '../store/context.tsx';
import { identityOf } from '../store/entryIdentity.ts';
import { hasStill } from '../store/stillCache.ts';

/** Cards that fly by while scrolling ask for nothing. */
const STILL_DELAY_MS = 150;

/** A small picture of the file, once it is there; it is asked for only while the card is drawn. */
export function Still({ file }: { file: LibraryFile }) {
  const { stills } = useNearplay();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [shown, setShown] = useState(false);
  const newest = useRef(file);
  newest.current = file;
  const wanted = hasStill(file) ? `${identityOf(file)}\n${file.etag}` : undefined;

  useEffect(() => {
    if (wanted === undefined) return undefined;
    const ended = new AbortController();
    const draw = (still: ImageBitmap | 'none'): void => {
      const target = canvas.current;
      if (ended.signal.aborted || still === 'none' || !target) return;
      target.width = still.width;
      target.height = still.height;
      target.getContext('2d')?.drawImage(still, 0, 0);
      setShown(true);
    };
    const kept = stills.peek(newest.current);
    if (kept) draw(kept);
    const timer = setTimeout(() => {
      if (!kept) void stills.get(newest.current, ended.signal).then(draw);
    }, STILL_DELAY_MS);
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }, [wanted, stills]);

  return wanted === undefined ? null : <canvas ref={canvas} className="still" data-shown={shown} />;
}
