import { IconX } from '@tabler/icons-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { Button, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { Look } from '../../shared/preferences.ts';
import type { Lut } from '../images/cube.ts';
import { type Looking, type LutOrigin, PLAIN_LOOKING } from '../images/looking.ts';
import { useLooks, useNearplay } from '../store/context.tsx';
import { IconButton } from '../ui/IconButton.tsx';
import { ChoiceButton } from './ChoiceButton.tsx';
import { readTable, readTableFile, TableError, type TableFault, tableFaultText } from './lookTable.ts';

interface TableChoiceProps {
  looking: Looking;
  onLooking: (looking: Looking) => void;
}

/** A table of colours instead of a curve: a look of the studio, or a .cube file of this computer. */
export function TableChoice({ looking, onLooking }: TableChoiceProps) {
  const { t } = useTranslation();
  const { api } = useNearplay();
  const looks = useLooks();
  const field = useRef<HTMLInputElement>(null);
  const { tried, choose, stop } = useChosenTable(looking, onLooking);
  const chooseFile = (): void => field.current?.click();
  const withoutTable = (): void => {
    stop();
    onLooking({ ...looking, lut: undefined, lutOrigin: undefined });
  };
  const chooseLook = ({ name, key }: Look): void => {
    const link = (failed?: string) => api.createLink({ key, purpose: 'play', ...(failed !== undefined && { failed }) });
    choose({ is: 'look', name, key }, (signal) => readTable({ link }, signal));
  };
  const applied = looking.lutOrigin?.name;
  return (
    <>
      <input
        ref={field}
        type="file"
        accept=".cube"
        hidden
        data-testid="cube-file"
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          // The same file again, changed, is another choice.
          currentTarget.value = '';
          if (file) choose({ is: 'file', name: file.name }, () => readTableFile(file));
        }}
      />
      {looks.length === 0 ? (
        <Button
          className="button quiet small"
          data-testid="cube-button"
          onPress={() => (applied === undefined ? chooseFile() : withoutTable())}
        >
          {applied === undefined ? t('looking.lut') : t('looking.withoutLut', { name: applied })}
        </Button>
      ) : (
        <TableMenu
          {...{ looks, applied }}
          origin={looking.lutOrigin}
          onLook={chooseLook}
          onFile={chooseFile}
          onNone={withoutTable}
        />
      )}
      {tried && <Tried tried={tried} onStop={stop} />}
    </>
  );
}

interface TableMenuProps {
  looks: readonly Look[];
  /** What the table in force is called; undefined: none is. */
  applied: string | undefined;
  origin: LutOrigin | undefined;
  onLook: (look: Look) => void;
  onFile: () => void;
  onNone: () => void;
}

const NONE = 'none';
const FILE = 'file';

function TableMenu({ looks, applied, origin, onLook, onFile, onNone }: TableMenuProps) {
  const { t } = useTranslation();
  const sorted = looks.toSorted((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true }));
  const isInForce = ({ name, key }: Look): boolean =>
    origin?.is === 'look' && origin.name === name && origin.key === key;
  const index = sorted.findIndex(isInForce);
  const label = applied ?? t('looking.noTable');
  const chosen = applied === undefined ? [NONE] : index < 0 ? [] : [`${index}`];
  return (
    <MenuTrigger>
      <ChoiceButton name={t('looking.table')} label={label} testId="cube-button">
        <span className="look-name">{label}</span>
      </ChoiceButton>
      <Popover className="popover" placement="top start">
        <Menu
          className="menu look-menu"
          aria-label={t('looking.table')}
          onAction={(id) => {
            const look = sorted[Number(id)];
            if (id === NONE) onNone();
            else if (id === FILE) onFile();
            else if (look) onLook(look);
          }}
        >
          <MenuSection aria-label={t('looking.table')} selectionMode="single" selectedKeys={chosen}>
            <MenuItem id={NONE} className="menu-item">
              {t('looking.noTable')}
            </MenuItem>
            {sorted.map(({ name }, at) => (
              <MenuItem key={name} id={`${at}`} textValue={name} className="menu-item">
                {name}
              </MenuItem>
            ))}
          </MenuSection>
          <Separator className="menu-line" />
          <MenuItem id={FILE} className="menu-item">
            {t('looking.tableFile')}
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** A table that was chosen and is not applied: it is on its way, or cannot be used. */
interface TriedTable {
  origin: LutOrigin;
  /** Absent while it is read. */
  fault?: TableFault;
}

function Tried({ tried: { origin, fault }, onStop }: { tried: TriedTable; onStop: () => void }) {
  const { t } = useTranslation();
  const { name } = origin;
  if (!fault) {
    return (
      <span className="looking-tried">
        <span role="status" data-testid="table-reading">
          {t('looking.tableReading', { name })}
        </span>
        <IconButton label={t('looking.tableStop', { name })} onPress={onStop}>
          <IconX size={14} aria-hidden="true" />
        </IconButton>
      </span>
    );
  }
  const words = tableFaultText(fault, t);
  const sentence =
    origin.is === 'look'
      ? t('looking.lookRefused', { name, key: origin.key, fault: words })
      : t('looking.cubeRefused', { name, fault: words });
  return (
    // The line may be too short for all of it.
    <span className="looking-fault" role="alert" title={sentence} data-testid="table-fault">
      {sentence}
    </span>
  );
}

interface ChosenTable {
  tried: TriedTable | undefined;
  /** Reads a table and applies it; what was chosen before and is still on its way is given up. */
  choose: (origin: LutOrigin, read: (signal: AbortSignal) => Promise<Lut>) => void;
  stop: () => void;
}

/** The table in force stays until another one is there. */
function useChosenTable(looking: Looking, onLooking: (looking: Looking) => void): ChosenTable {
  const [tried, setTried] = useState<TriedTable>();
  const reading = useRef<AbortController>(undefined);
  const newest = useRef({ looking, onLooking });
  newest.current = { looking, onLooking };
  const stop = useCallback((): void => {
    reading.current?.abort();
    setTried(undefined);
  }, []);
  useEffect(() => () => reading.current?.abort(), []);
  const isPlain = looking === PLAIN_LOOKING;
  useEffect(() => {
    // "Colour as it is" holds for what is on its way, too.
    if (isPlain) stop();
  }, [isPlain, stop]);
  const choose = (origin: LutOrigin, read: (signal: AbortSignal) => Promise<Lut>): void => {
    reading.current?.abort();
    const { signal } = (reading.current = new AbortController());
    setTried({ origin });
    read(signal).then(
      (lut) => {
        if (signal.aborted) return;
        setTried(undefined);
        // Exposure and channel may be others by now.
        newest.current.onLooking({ ...newest.current.looking, lut, lutOrigin: origin });
      },
      (error: unknown) => {
        if (signal.aborted) return;
        setTried({ origin, fault: error instanceof TableError ? error.fault : { is: 'unreadable' } });
      },
    );
  };
  return { tried, choose, stop };
}
