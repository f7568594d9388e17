import { useTranslation } from 'react-i18next';
import { keyCaps, PLAYER_KEY_GROUPS } from '../player/playerKeys.ts';
import { Panel } from '../ui/Panel.tsx';

const GROUPS = {
  library: { move: ['←', '→', '↑', '↓'], open: ['Enter'], up: ['⌫'], filter: ['/'], view: ['V'], compare: ['D'] },
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
    download: ['Ctrl', 'S'],
  },
} as const;

export function ShortcutsDialog() {
  const { t } = useTranslation();
  return (
    <Panel name="shortcuts" shape="card" title={t('shortcuts.title')} testId="shortcuts">
      <div className="shortcut-groups">
        <ShortcutGroup title={t('shortcuts.groups.library')} keys={GROUPS.library} />
        <ShortcutGroup title={t('shortcuts.groups.everywhere')} keys={GROUPS.everywhere} />
        <ShortcutGroup title={t('shortcuts.groups.transfers')} keys={GROUPS.transfers} />
        {PLAYER_KEY_GROUPS.map(({ group, actions }) => (
          <section key={group}>
            <h3>{t(`player.keyGroups.${group}`)}</h3>
            <dl>
              {actions.map((action) => (
                <ShortcutLine key={action} name={t(`player.actions.${action}`)} caps={keyCaps(action)} />
              ))}
            </dl>
          </section>
        ))}
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
          <ShortcutLine key={name} name={t(`shortcuts.${name}`)} caps={keys[name] ?? []} />
        ))}
      </dl>
    </section>
  );
}

function ShortcutLine({ name, caps }: { name: string; caps: readonly string[] }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {caps.map((cap) => (
          <kbd key={cap}>{cap}</kbd>
        ))}
      </dd>
    </div>
  );
}

const ACTION_NAMES: readonly ActionName[] = [
  'move',
  'open',
  'up',
  'filter',
  'view',
  'compare',
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
  'download',
];
