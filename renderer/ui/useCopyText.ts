import { useCallback } from 'react';
import { useNearplay } from '../store/context.tsx';

/** Puts a text on the clipboard; a refusal is notified. Resolves to whether it is there. */
export function useCopyText(): (text: string) => Promise<boolean> {
  const { notify } = useNearplay().notifications;
  return useCallback(
    async (text) => {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        notify({ kind: 'not-copied' }, 'bad');
        return false;
      }
    },
    [notify],
  );
}
