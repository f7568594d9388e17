import { IconChevronRight, IconPhotoScan } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import {
  Button,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Separator,
  SubmenuTrigger,
} from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { keysOf, type PlayerAction } from '../playerKeys.ts';
import { BACKGROUNDS, MASKS, percentOf } from './view.ts';
import { changeView, hasPictureInPicture, performView, useLooked } from './viewStore.ts';

const ZOOMS = ['fit', 'pixels', 'zoom-in', 'zoom-out'] as const;
const SWITCHES = ['flop', 'flip', 'safe-areas'] as const;
/** Lines that do something, and are not chosen. */
const ACTED: readonly PlayerAction[] = [...ZOOMS, 'picture-in-picture'];

/** How the picture is looked at: all that is seldom needed, in one place, each with its key. */
export function ViewMenu() {
  const { t } = useTranslation();
  const { view, stage, picture } = useLooked();
  const percent = percentOf(view, stage, picture, window.devicePixelRatio);
  const isFit = view.zoom === 1 && view.x === 0 && view.y === 0;
  const zoom =
    percent === undefined ? undefined : t(isFit ? 'player.view.fitPercent' : 'player.view.percent', { percent });
  const isOn = { flop: view.isFlopped, flip: view.isFlipped, 'safe-areas': view.hasSafeAreas };
  const on = SWITCHES.filter((action) => isOn[action]);
  const line = (action: PlayerAction): ReactNode => (
    <MenuItem key={action} id={action} textValue={t(`player.actions.${action}`)} className="menu-item view-item">
      <span>{t(`player.actions.${action}`)}</span>
      <Caps action={action} />
    </MenuItem>
  );
  return (
    <MenuTrigger>
      <Button
        className="icon-button view-button"
        aria-label={zoom === undefined ? t('player.view.title') : t('player.view.titleAt', { zoom })}
        data-testid="view-button"
      >
        <IconPhotoScan size={17} aria-hidden="true" />
        {zoom !== undefined && <span className="view-zoom">{zoom}</span>}
      </Button>
      <Popover className="popover" placement="top end">
        <Menu
          className="menu"
          aria-label={t('player.view.title')}
          onAction={(action) => {
            if (ACTED.some((one) => one === action)) performView(action as PlayerAction);
          }}
        >
          {ZOOMS.map(line)}
          <Separator className="menu-line" />
          <MenuSection
            aria-label={t('player.view.turned')}
            selectionMode="multiple"
            selectedKeys={on}
            onSelectionChange={(keys) => {
              for (const action of SWITCHES)
                if (keys !== 'all' && keys.has(action) !== on.includes(action)) performView(action);
            }}
          >
            {SWITCHES.map(line)}
          </MenuSection>
          <Separator className="menu-line" />
          <Choices
            label={t('player.view.mask')}
            action="mask"
            chosen={view.mask}
            choices={MASKS.map(({ name }) => ({ name, label: name === 'none' ? t('player.view.noMask') : name }))}
            onChoose={(mask) => changeView((now) => ({ ...now, mask }))}
          />
          <Choices
            label={t('player.view.background')}
            action="background"
            chosen={view.background}
            choices={BACKGROUNDS.map((name) => ({ name, label: t(`player.view.backgrounds.${name}`) }))}
            onChoose={(background) => changeView((now) => ({ ...now, background }))}
          />
          {hasPictureInPicture() && line('picture-in-picture')}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

interface ChoicesProps<Name extends string> {
  label: string;
  action: PlayerAction;
  chosen: Name;
  choices: readonly { name: Name; label: string }[];
  onChoose: (name: Name) => void;
}

function Choices<Name extends string>({ label, action, chosen, choices, onChoose }: ChoicesProps<Name>) {
  return (
    <SubmenuTrigger>
      <MenuItem
        id={`${action}-choices`}
        textValue={label}
        className="menu-item view-item"
        data-testid={`view-${action}`}
      >
        <span>{label}</span>
        <Caps action={action} />
        <IconChevronRight size={14} aria-hidden="true" />
      </MenuItem>
      <Popover className="popover">
        <Menu
          className="menu"
          aria-label={label}
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[chosen]}
          onSelectionChange={(keys) => {
            const found = choices.find(({ name }) => keys !== 'all' && keys.has(name));
            if (found) onChoose(found.name);
          }}
        >
          {choices.map(({ name, label: text }) => (
            <MenuItem key={name} id={name} textValue={text} className="menu-item view-item" data-choice={name}>
              <span>{text}</span>
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </SubmenuTrigger>
  );
}

function Caps({ action }: { action: PlayerAction }) {
  return (
    <kbd className="view-key" aria-hidden="true">
      {keysOf(action)}
    </kbd>
  );
}
