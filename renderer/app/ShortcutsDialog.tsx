import { useTranslation } from 'react-i18next';
import { Panel } from '../ui/Panel.tsx';

const GROUPS = {
  library: { move: ['←', '→', '↑', '↓'], open: ['Enter'], up: ['⌫'], filter: ['/'], view: ['V'] },
  player: {
    playPause: ['Space'],
    shuttle: ['J', 'K', 'L'],
    frameStep: ['←', '→'],
    neighbours: ['↑', '↓'],
    ends: ['Home', 'End'],
    marks: ['I', 'O', 'X'],
    repeat: ['Shift', 'L'],
    mute: ['M'],
    fullScreen: ['F'],
    download: ['Ctrl', 'S'],
  },
  transfers: {
    row: ['↑', '↓'],
    pauseRow: ['Space'],
    actRow: ['Enter'],
    cancelRow: ['Del'],
    moveRow: ['Alt', '↑'],
    moveToEnds: ['Alt', 'Home'],
  },
  everywhere: {
    upload: ['U'],
    transfers: ['T'],
    why: ['W'],
    replication: ['R'],
    settings: [','],
    help: ['?'],
    close: ['Esc'],
  },
} as const;

export function ShortcutsDialog() {
  const { t } = useTranslation();
  return (
    <Panel name="shortcuts" shape="card" title={t('shortcuts.title')} testId="shortcuts">
      <div className="shortcut-groups">
        <ShortcutGroup title={t('shortcuts.groups.library')} keys={GROUPS.library} />
        <ShortcutGroup title={t('shortcuts.groups.player')} keys={GROUPS.player} />
        <ShortcutGroup title={t('shortcuts.groups.transfers')} keys={GROUPS.transfers} />
        <ShortcutGroup title={t('shortcuts.groups.everywhere')} keys={GROUPS.everywhere} />
      </div>
    </Panel>
  );
}

type ActionName = { [Group in keyof typeof GROUPS]: keyof (typeof GROUPS)[Group] }[keyof typeof GROUPS];

function ShortcutGroup({ title, keys }: { title: string; keys: Partial<Record<ActionName, readonly string[]>> }) {
  const { t } = useTranslation();
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {ACTION_NAMES.filter((name) => keys[name]).map((name) => (
          <div key={name}>
            <dt>{t(`shortcuts.${name}`)}</dt>
            <dd>
              {keys[name]?.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const ACTION_NAMES: readonly ActionName[] = [
  'playPause',
  'shuttle',
  'frameStep',
  'neighbours',
  'ends',
  'marks',
  'repeat',
  'mute',
  'fullScreen',
  'download',
  'move',
  'open',
  'up',
  'filter',
  'view',
  'row',
  'pauseRow',
  'actRow',
  'cancelRow',
  'moveRow',
  'moveToEnds',
  'upload',
  'transfers',
  'why',
  'replication',
  'settings',
  'help',
  'close',
];
