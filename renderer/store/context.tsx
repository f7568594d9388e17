import { createContext, type ReactNode, use, useCallback, useSyncExternalStore } from 'react';
import { useStore } from 'zustand';
import type { NearplayApi } from '../../shared/ipc.ts';
import type { Look } from '../../shared/preferences.ts';
import type { StorageSummary } from '../../shared/reading.ts';
import type { Transfer } from '../../shared/transfers.ts';
import type { DecoderPool } from '../images/decoderPool.ts';
import { createDecoderPool } from '../images/windowDecoders.ts';
import { createLibrary, type Library, type LibraryStore } from './library.ts';
import { Notifications } from './notifications.ts';
import { onNextFrame } from './onNextFrame.ts';
import { createEditor, type Editor, type EditorStore } from './preferencesDraft.ts';
import { createReporting, type Reporting, type ReportingStore } from './replicationReport.ts';
import { createSession, type Session, type SessionStore } from './session.ts';
import { StillCache } from './stillCache.ts';
import { createTransfers, type Transfers, type TransfersStore } from './transfers.ts';
import { createVerification, type Verification, type VerificationStore } from './verification.ts';

/** The window's stores and services, built once in mount.tsx and handed down. */
export interface Nearplay {
  api: NearplayApi;
  session: SessionStore;
  notifications: Notifications;
  library: LibraryStore;
  stills: StillCache;
  decoders: DecoderPool;
  editor: EditorStore;
  reporting: ReportingStore;
  transfers: TransfersStore;
  verification: VerificationStore;
}

export function createNearplay(api: NearplayApi): Nearplay {
  const notifications = new Notifications();
  const { notify } = notifications;
  const session = createSession(api, notifications);
  const decoders = createDecoderPool();
  return {
    api,
    session,
    notifications,
    library: createLibrary(api),
    stills: new StillCache(api, decoders),
    decoders,
    editor: createEditor(api),
    reporting: createReporting(api),
    transfers: createTransfers(api, {
      schedule: onNextFrame,
      notify(about) {
        // The open drawer shows the question itself.
        if (about.kind === 'needs-you' && session.getState().transfersOpen) return;
        notify({ kind: 'transfers', about }, TONES[about.kind]);
      },
      notifyFailure: (report) => notify({ kind: 'report', report }, 'bad'),
      notifySaved: ({ name }) => notify({ kind: 'saved-file', name }, 'good'),
    }),
    verification: createVerification(api),
  };
}

const TONES = { succeeded: 'good', failed: 'bad', 'needs-you': 'plain' } as const;

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

const NO_STORAGES: readonly StorageSummary[] = [];
const NO_LOOKS: readonly Look[] = [];
const NO_FOLDERS: Readonly<Record<string, string>> = {};

/** Storages of the preferences in force; none while there are no preferences. */
export function useStorages(): readonly StorageSummary[] {
  return useSession((session) => session.app?.reading?.storages) ?? NO_STORAGES;
}

/** Looks of the preferences in force. */
export function useLooks(): readonly Look[] {
  return useSession((session) => session.app?.preferences.document?.looks) ?? NO_LOOKS;
}

/** Chosen upload folder of each project. */
export function useUploadFolderByProject(): Readonly<Record<string, string>> {
  return useSession((session) => session.app?.settings.uploadFolderByProject) ?? NO_FOLDERS;
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

export function useTransfers<Value>(select: (transfers: Transfers) => Value): Value {
  return useStore(useNearplay().transfers, select);
}

/** One transfer; a component that uses it is drawn again when this transfer changes, not when others do. */
export function useTransfer(id: string): Transfer | undefined {
  const { index, subscribeTo } = useNearplay().transfers;
  const subscribe = useCallback((listener: () => void) => subscribeTo(id, listener), [subscribeTo, id]);
  return useSyncExternalStore(subscribe, () => index.get(id));
}

export function useVerification<Value>(select: (verification: Verification) => Value): Value {
  return useStore(useNearplay().verification, select);
}
