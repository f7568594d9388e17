import { useEffect, useRef, useState } from 'react';
import type { Link } from '../../shared/link.ts';
import { useNearplay } from '../store/context.tsx';
import { steadyNow } from '../ui/useNow.ts';
import type { FrameTable } from './table/frameTable.ts';
import { readFrameTable } from './table/readFrameTable.ts';

/** Between two looks whether playing can spare the line, milliseconds. */
const LOOK_INTERVAL_MS = 250;

/** Tables of versions that were opened last; null for one that its file does not tell. */
const known = new Map<string, FrameTable | null>();
const MAX_KNOWN = 50;

/** A link's version: what its bytes are, wherever they come from. */
function versionOf({ key, versionId, size, lastModified }: Link): string {
  return [key, versionId ?? lastModified, size].join('\n');
}

/**
 * The pictures of a film, read beside its playing; undefined while they are being read, null where they cannot be known. Where no
 * bytes could be had they are read again with the next link.
 * @param isSpared the first picture is there, and playing has enough: a long table may be read
 */
export function useFrameTable(
  link: Link | undefined,
  wanted: boolean,
  isSpared: () => boolean,
): FrameTable | null | undefined {
  const { api } = useNearplay();
  const newest = useRef(isSpared);
  newest.current = isSpared;
  const [found, setFound] = useState<{ version: string; table: FrameTable | null }>();
  const version = link && wanted ? versionOf(link) : undefined;
  const failed = found?.version === version && found?.table === null && version !== undefined && !known.has(version);
  const again = failed ? link?.url : undefined;
  useEffect(() => {
    if (version === undefined || !link) return undefined;
    const before = known.get(version);
    if (before !== undefined) {
      setFound({ version, table: before });
      return undefined;
    }
    const ends = new AbortController();
    const { signal } = ends;
    // The player's own link first, its end on the clock that main gives ends in.
    const first = { ...link, expiresAt: link.expiresAt - steadyNow() + Date.now() };
    let isFirst = true;
    const ask = (storage?: string): Promise<Link> => {
      const own = isFirst && storage === undefined;
      isFirst = false;
      if (own) return Promise.resolve(first);
      return api.createLink({ key: link.key, purpose: 'play', ...(storage !== undefined && { failed: storage }) });
    };
    const spared = async (): Promise<void> => {
      while (!newest.current()) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
        signal.throwIfAborted();
      }
    };
    readFrameTable({ link: ask, spared }, signal).then(
      (table) => {
        remember(version, table ?? null);
        if (!signal.aborted) setFound({ version, table: table ?? null });
      },
      () => {
        if (!signal.aborted) setFound({ version, table: null });
      },
    );
    return () => ends.abort();
    // The link changes with each renewal; its version does not.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [api, version, again]);
  return found?.version === version ? found?.table : undefined;
}

function remember(version: string, table: FrameTable | null): void {
  const [oldest] = known.keys();
  if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  known.set(version, table);
}
