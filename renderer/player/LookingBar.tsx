import { IconMinus, IconPlus, IconRestore } from '@tabler/icons-react';
import { useState } from 'react';
import { Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { type Interpretation, interpretationOf, type Looking, PLAIN_LOOKING } from '../images/looking.ts';
import type { Layer } from '../images/picture.ts';
import { IconButton } from '../ui/IconButton.tsx';
import { ChoiceButton } from './ChoiceButton.tsx';
import type { LoadedFrame } from './frameLoader.ts';
import { bounded, EXPOSURE_STEP, SHOWN_CHANNELS } from './lookingKeys.ts';
import { keysOf } from './playerKeys.ts';
import { rateNumber, SEQUENCE_RATES } from './sequencePlayback.ts';
import type { Rational } from './table/frameTable.ts';
import { TableChoice } from './TableChoice.tsx';
import { ViewMenu } from './view/ViewMenu.tsx';

const INTERPRETATIONS = ['linear', 'srgb', 'cineon', 'stored'] as const;
const DISPLAYS = ['srgb', 'rec709'] as const;
const GAMMAS = [0.5, 0.8, 1, 1.2, 1.5, 1.8, 2.2, 2.4] as const;

interface LookingBarProps {
  looking: Looking;
  onLooking: (looking: Looking) => void;
  /** The key of what is looked at. */
  file: string;
  /** What there is for the place on screen; undefined while it is not known. */
  frame: LoadedFrame | undefined;
  layer: string | undefined;
  onLayer: (layer: string) => void;
  /** Of a sequence. */
  rate: Rational | undefined;
  onRate: (rate: Rational) => void;
  children: React.ReactNode;
}

/** How the picture is looked at: its layer, channels, exposure, curve, table, and the rate of a sequence. */
export function LookingBar(props: LookingBarProps) {
  const { looking, onLooking, file, frame, layer, onLayer, rate, onRate, children } = props;
  const { t } = useTranslation();
  const picture = frame?.is === 'picture' ? frame.picture : undefined;
  const own = useOwnInterpretation(file, frame);
  const interpretation = looking.interpretation ?? own;
  return (
    <div className="looking" data-testid="looking" role="group" aria-label={t('looking.title')}>
      {picture && picture.layers.length > 1 && (
        <ChoiceMenu
          name={t('looking.layer')}
          options={picture.layers.map((one) => ({ id: one.id, label: layerText(one, t('looking.main')) }))}
          chosen={layer ?? picture.layer}
          onChoice={onLayer}
        />
      )}
      <ChoiceMenu
        name={t('looking.channels')}
        options={SHOWN_CHANNELS.map((id) => ({ id, label: t(`looking.channel.${id}`) }))}
        chosen={looking.channel}
        onChoice={(channel) => onLooking({ ...looking, channel })}
      />
      <span className="looking-exposure">
        <IconButton
          label={t('looking.darker')}
          shortcut={keysOf('darker')}
          onPress={() => onLooking({ ...looking, exposure: bounded(looking.exposure - EXPOSURE_STEP) })}
        >
          <IconMinus size={14} aria-hidden="true" />
        </IconButton>
        <output aria-label={t('looking.exposure')} data-testid="exposure">
          {t('looking.stops', { stops: signed(looking.exposure) })}
        </output>
        <IconButton
          label={t('looking.brighter')}
          shortcut={keysOf('brighter')}
          onPress={() => onLooking({ ...looking, exposure: bounded(looking.exposure + EXPOSURE_STEP) })}
        >
          <IconPlus size={14} aria-hidden="true" />
        </IconButton>
      </span>
      <ChoiceMenu
        name={t('looking.gamma')}
        options={GAMMAS.map((gamma) => ({ id: `${gamma}`, label: t('looking.gammaOf', { gamma }) }))}
        chosen={`${looking.gamma}`}
        onChoice={(gamma) => onLooking({ ...looking, gamma: Number(gamma) })}
      />
      {interpretation !== undefined && (
        <ChoiceMenu
          name={t('looking.values')}
          options={INTERPRETATIONS.map((id) => ({ id, label: t(`looking.interpretation.${id}`) }))}
          chosen={interpretation}
          onChoice={(id) => onLooking({ ...looking, interpretation: id === own ? undefined : id })}
        />
      )}
      {interpretation !== undefined && interpretation !== 'stored' && !looking.lut && (
        <ChoiceMenu
          name={t('looking.display')}
          options={DISPLAYS.map((id) => ({ id, label: t(`looking.displays.${id}`) }))}
          chosen={looking.display}
          onChoice={(display) => onLooking({ ...looking, display })}
        />
      )}
      <TableChoice looking={looking} onLooking={onLooking} />
      {rate && (
        <ChoiceMenu
          name={t('looking.rate')}
          options={SEQUENCE_RATES.map((one) => ({
            id: rateId(one),
            label: t('looking.rateOf', { rate: shownRate(one) }),
          }))}
          chosen={rateId(rate)}
          onChoice={(id) => {
            const chosen = SEQUENCE_RATES.find((one) => rateId(one) === id);
            if (chosen) onRate(chosen);
          }}
        />
      )}
      <IconButton
        label={t('looking.reset')}
        shortcut={keysOf('plain-colour')}
        isDisabled={isPlain(looking)}
        onPress={() => onLooking(PLAIN_LOOKING)}
      >
        <IconRestore size={16} aria-hidden="true" />
      </IconButton>
      {/* Of a sequence it stands with the controls. */}
      {!rate && <ViewMenu />}
      {children}
    </div>
  );
}

/** How the values of this file are meant; a frame that is missing says nothing of it, and the one before it holds. */
function useOwnInterpretation(file: string, frame: LoadedFrame | undefined): Interpretation | undefined {
  const [last, setLast] = useState<{ file: string; own: Interpretation }>();
  const own = interpretationIn(frame) ?? (last?.file === file ? last.own : undefined);
  if (own !== undefined && (own !== last?.own || file !== last.file)) setLast({ file, own });
  return own;
}

function interpretationIn(frame: LoadedFrame | undefined): Interpretation | undefined {
  if (frame?.is === 'picture') return interpretationOf(frame.picture.transfer);
  return frame?.is === 'bitmap' ? 'srgb' : undefined;
}

function isPlain(looking: Looking): boolean {
  return Object.entries(PLAIN_LOOKING).every(([name, value]) => looking[name as keyof Looking] === value);
}

function layerText({ name, view }: Layer, main: string): string {
  return [view, name === '' ? main : name].filter((word) => word !== undefined).join(' · ');
}

function signed(stops: number): string {
  return `${stops > 0 ? '+' : ''}${stops}`;
}

function rateId({ numerator, denominator }: Rational): string {
  return `${numerator}/${denominator}`;
}

function shownRate(rate: Rational): string {
  return `${Number(rateNumber(rate).toFixed(3))}`;
}

interface Option<Id extends string> {
  id: Id;
  label: string;
}

/** A button that names what is chosen, and a menu of what there is. */
function ChoiceMenu<Id extends string>({
  name,
  options,
  chosen,
  onChoice,
}: {
  name: string;
  options: readonly Option<Id>[];
  chosen: Id;
  onChoice: (id: Id) => void;
}) {
  const label = options.find(({ id }) => id === chosen)?.label ?? chosen;
  return (
    <MenuTrigger>
      <ChoiceButton name={name} label={label} />
      <Popover className="popover" placement="top start">
        <Menu
          className="menu"
          aria-label={name}
          selectionMode="single"
          selectedKeys={[chosen]}
          onSelectionChange={(keys) => {
            const found = options.find(({ id }) => keys !== 'all' && keys.has(id));
            if (found) onChoice(found.id);
          }}
        >
          {options.map(({ id, label: text }) => (
            <MenuItem key={id} id={id} className="menu-item">
              {text}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
