import { createContext, use, type ReactNode } from 'react';
import { useStore } from 'zustand';
import type { NearplayApi } from '../../shared/ipc.ts';
import { createLibrary, type Library, type LibraryStore } from '../library/libraryStore.ts';
import { StillCache } from '../library/stills.ts';
import { createEditor, type Editor, type EditorStore } from '../preferences/editorStore.ts';
import { createReporting, type Reporting, type ReportingStore } from '../replication/reportStore.ts';
import { createSession, type Session, type SessionStore } from './session.ts';

/** What the window is made of, built once in main.tsx and handed down. */
export interface Nearplay {
  api: NearplayApi;
  session: SessionStore;
  library: LibraryStore;
  stills: StillCache;
  editor: EditorStore;
  reporting: ReportingStore;
}

export function createNearplay(api: NearplayApi): Nearplay {
  return {
    api,
    session: createSession(api),
    library: createLibrary(api),
    stills: new StillCache(api),
    editor: createEditor(api),
    reporting: createReporting(api),
  };
}

const NearplayContext = createContext<Nearplay | undefined>(undefined);

export function NearplayProvider({ nearplay, children }: { nearplay: Nearplay; children: ReactNode }) {
  return <NearplayContext value={nearplay}>{children}</NearplayContext>;
}

export function useNearplay(): Nearplay {
  const nearplay = use(NearplayContext);
  if (!nearplay) throw new Error('NearplayProvider is missing above this component');
  return nearplay;
}

export function useSession<Value>(select: (session: Session) => Value): Value {
  return useStore(useNearplay().session, select);
}

export function useLibrary<Value>(select: (library: Library) => Value): Value {
  return useStore(useNearplay().library, select);
}

export function useEditor<Value>(select: (editor: Editor) => Value): Value {
  return useStore(useNearplay().editor, select);
}

export function useReporting<Value>(select: (reporting: Reporting) => Value): Value {
  return useStore(useNearplay().reporting, select);
}
