import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorReport } from '../../shared/errors.ts';
import type { NearplayApi } from '../../shared/ipc.ts';
import { type IsolationPreferences, type ParsedPreferences, parsePreferences } from '../../shared/preferences.ts';
import { type Change, diffPreferences, type Merged, mergePreferences } from '../../shared/preferencesMerge.ts';
import type { PreferencesEditing, PreferencesVersion } from '../../shared/preferencesStatus.ts';
import { reportOf } from '../api.ts';
import { applyChoices, type Choices, type Side, undecided } from './mergeChoices.ts';

export const EDITOR_TABS = ['form', 'text', 'paste', 'history'] as const;
type EditorTab = (typeof EDITOR_TABS)[number];

/** A save by another person while this draft was written. */
export interface Merging {
  theirs: PreferencesEditing;
  merged: Merged;
  choices: Choices;
  /** Their changes since editing began here. */
  theirChanges: Change[];
}

/** One version of the history, looked at. */
interface LookedAt {
  versionId: string;
  text: string;
  changes: Change[];
}

/** The draft of the Isolation Preferences. It outlives the panel: closing loses nothing. */
export interface Editor {
  phase: 'closed' | 'loading' | 'ready' | 'failed';
  failure: ErrorReport | undefined;
  tab: EditorTab;
  /** The one document that every tab edits. */
  text: string;
  /** Findings are those of saving too; the document is absent only where the text is no preferences anywhere. */
  parsed: ParsedPreferences;
  /** Whether the text could be saved to the bucket: an exported file may lead elsewhere, the object may not. */
  savable: boolean;
  /** Text of this machine's own file, where there is one. */
  pinned: IsolationPreferences | undefined;
  /** Text that editing began with, or that was saved last. */
  base: string;
  etag: string | undefined;
  /** Why it may not be saved; then nothing can be changed, unless there are no preferences to protect. */
  refusal: ErrorReport | undefined;
  readOnly: boolean;
  history: PreferencesVersion[];
  saving: boolean;
  saveFailure: ErrorReport | undefined;
  merging: Merging | undefined;
  lookedAt: LookedAt | undefined;

  open: () => Promise<void>;
  showTab: (tab: EditorTab) => void;
  edit: (text: string) => void;
  /** Back to what editing began with. */
  discard: () => void;
  /** True once saved; false when it failed or another save came first. */
  save: () => Promise<boolean>;
  choose: (path: string, side: Side) => void;
  /** Takes the merged document as the draft, on top of theirs, and saves it. */
  saveMerged: () => Promise<boolean>;
  leaveMerge: () => void;
  lookAt: (versionId: string) => Promise<void>;
  /** Takes the version that is looked at as the draft. */
  restore: () => void;
}

export type EditorStore = StoreApi<Editor>;

const NO_PREFERENCES_CODES = ['no-preferences', 'preferences-invalid'];

export function isChanged({ text, base }: Pick<Editor, 'text' | 'base'>): boolean {
  return text.trim() !== base.trim();
}

/** A text, and what is found in it: with what would keep it from being saved, in the same words. */
function draftOf(text: string, pinned: IsolationPreferences | undefined): Pick<Editor, 'text' | 'parsed' | 'savable'> {
  const { document, findings } = parsePreferences(text, { pinned });
  const usable = document ?? parsePreferences(text).document;
  return { text, parsed: { ...(usable && { document: usable }), findings }, savable: document !== undefined };
}

/** Changes that saving the draft would make; `undefined` while it cannot be used. */
export function changesOf({ parsed, base }: Pick<Editor, 'parsed' | 'base'>): Change[] | undefined {
  const before = parsePreferences(base).document;
  if (!parsed.document) return undefined;
  return before ? diffPreferences(before, parsed.document) : [];
}

/** The store over the bridge; nothing rejects. */
export function createEditor(api: NearplayApi): EditorStore {
  return createStore<Editor>((set, get) => {
    /** The version of the history that was chosen last. */
    let wanted: string | undefined;

    /** @param text default: what is stored */
    const begin = (editing: PreferencesEditing, text = editing.text): void =>
      set({
        phase: 'ready',
        failure: undefined,
        ...draftOf(text, editing.pinned),
        pinned: editing.pinned,
        base: editing.text,
        etag: editing.etag,
        refusal: editing.refusal,
        readOnly: editing.refusal !== undefined,
        history: editing.history,
        saving: false,
        saveFailure: undefined,
        merging: undefined,
        lookedAt: undefined,
      });

    const conflict = async (): Promise<void> => {
      const theirs = await api.editPreferences();
      const mine = get().parsed.document;
      const their = parsePreferences(theirs.text).document;
      if (!mine || !their) {
        const message = 'What was saved in the meantime cannot be read as preferences. Look at it in the history.';
        set({ saving: false, saveFailure: { code: 'conflict', message, retryable: false } });
        return;
      }
      const base = parsePreferences(get().base).document ?? their;
      set({ saving: false, merging: mergingOf(base, mine, their, theirs) });
    };

    const save = async (): Promise<boolean> => {
      const { text, etag, saving } = get();
      if (saving) return false;
      set({ saving: true, saveFailure: undefined });
      try {
        const saved = await api.savePreferences({ text, ...(etag !== undefined && { etag }) });
        // What was written meanwhile is the next draft.
        const written = get().text;
        begin(saved, written === text ? saved.text : written);
        return true;
      } catch (error) {
        // Asked natively, and not agreed to: the draft is as it was.
        const { code } = reportOf(error);
        if (code === 'cancelled') {
          set({ saving: false });
          return false;
        }
        try {
          if (code !== 'conflict') throw error;
          await conflict();
        } catch (failure) {
          set({ saving: false, saveFailure: reportOf(failure) });
        }
        return false;
      }
    };

    return {
      phase: 'closed',
      failure: undefined,
      tab: 'form',
      text: '',
      parsed: { findings: [] },
      savable: false,
      pinned: undefined,
      base: '',
      etag: undefined,
      refusal: undefined,
      readOnly: false,
      history: [],
      saving: false,
      saveFailure: undefined,
      merging: undefined,
      lookedAt: undefined,

      async open() {
        if (get().phase === 'loading' || (get().phase === 'ready' && isChanged(get()))) return;
        set({ phase: 'loading', failure: undefined });
        try {
          begin(await api.editPreferences());
        } catch (error) {
          const report = reportOf(error);
          if (!NO_PREFERENCES_CODES.includes(report.code)) {
            set({ phase: 'failed', failure: report });
            return;
          }
          begin({ text: '', history: [], refusal: report });
          // There is nothing to protect yet: what is made here can be exported and then imported.
          set({ readOnly: false, tab: 'paste' });
        }
      },
      showTab: (tab) => set({ tab }),
      edit(text) {
        if (!get().readOnly) set(({ pinned }) => ({ ...draftOf(text, pinned), saveFailure: undefined }));
      },
      discard: () => set(({ base, pinned }) => ({ ...draftOf(base, pinned), saveFailure: undefined })),
      save,
      choose: (path, side) =>
        set(({ merging }) =>
          merging ? { merging: { ...merging, choices: { ...merging.choices, [path]: side } } } : {},
        ),
      async saveMerged() {
        const { merging } = get();
        if (!merging || undecided(merging.merged.conflicts, merging.choices).length > 0) return false;
        const text = mergedText(merging);
        const { theirs } = merging;
        set({
          ...draftOf(text, theirs.pinned),
          pinned: theirs.pinned,
          base: theirs.text,
          etag: theirs.etag,
          history: theirs.history,
          merging: undefined,
        });
        return get().savable ? save() : false;
      },
      leaveMerge: () => set({ merging: undefined }),
      async lookAt(versionId) {
        wanted = versionId;
        try {
          const { text } = await api.readPreferencesVersion({ versionId });
          // Another one was chosen meanwhile.
          if (wanted !== versionId) return;
          const [then, now] = [parsePreferences(text).document, parsePreferences(get().base).document];
          set({ lookedAt: { versionId, text, changes: then && now ? diffPreferences(now, then) : [] } });
        } catch (error) {
          if (wanted === versionId) set({ saveFailure: reportOf(error) });
        }
      },
      restore() {
        const { lookedAt } = get();
        if (!lookedAt) return;
        get().edit(lookedAt.text);
        set({ tab: 'form', lookedAt: undefined });
      },
    };
  });
}

/** The merged document as text, every conflict as it was chosen. */
export function mergedText({ merged, choices }: Pick<Merging, 'merged' | 'choices'>): string {
  return JSON.stringify(applyChoices(merged.document, merged.conflicts, choices), undefined, 2);
}

function mergingOf(
  base: IsolationPreferences,
  mine: IsolationPreferences,
  their: IsolationPreferences,
  theirs: PreferencesEditing,
): Merging {
  return {
    theirs,
    merged: mergePreferences(base, mine, their),
    choices: {},
    theirChanges: diffPreferences(base, their),
  };
}
