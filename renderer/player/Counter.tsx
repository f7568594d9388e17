import { IconChevronUp } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { formatSeconds } from '../text/format.ts';
import type { Translate } from '../text/i18n.ts';
import { useCopyText } from '../ui/useCopyText.ts';
import { countingsOf, frameNamed, type Numbering, numberOf } from './counting.ts';
import { type Counting, COUNTINGS, playerMemory } from './playerMemory.ts';
import type { TransportControls, TransportState } from './transport.ts';
import { usePlayerKeys } from './usePlayerKeys.ts';

interface CounterProps {
  transport: TransportControls | undefined;
  shown: TransportState;
  /** Of the frames of a sequence. */
  numbers: Numbering['numbers'];
}

const UNKNOWN = '–';

/** Which picture is on screen, in frames, timecode and seconds; a click on it takes another one to go to. */
export function Counter({ transport, shown, numbers }: CounterProps) {
  const { t } = useTranslation();
  const kind = numbers ? 'sequence' : 'film';
  const [counting, setCounting] = useState(() => playerMemory.countingOf(kind));
  const [isTyping, setTyping] = useState(false);
  const copy = useCopyText();
  const { table, frame } = shown;
  const numbering = table && numberingOf({ table, numbers }, counting);
  const texts = numbering && frame !== undefined ? textsOf(numbering, frame) : undefined;
  usePlayerKeys((action) => {
    if (action === 'go-to' && numbering) setTyping(true);
  });
  const choose = (chosen: Counting): void => {
    playerMemory.count(kind, chosen);
    setCounting(chosen);
  };
  return (
    <div className="counter">
      {isTyping && numbering ? (
        <GoTo
          numbering={numbering}
          text={texts?.number ?? ''}
          onGo={(chosen) => {
            transport?.pause();
            transport?.seekToFrame(chosen);
          }}
          onEnd={() => setTyping(false)}
        />
      ) : (
        <Button
          className="counter-figures"
          data-testid="counter"
          isDisabled={!numbering}
          onPress={() => setTyping(true)}
        >
          <span className="counter-frame" data-testid="frame-number">
            {texts?.number ?? UNKNOWN}
            <span className="muted"> / {numbering ? numberOf(numbering, numbering.table.count - 1) : UNKNOWN}</span>
          </span>
          <span className="counter-timecode" data-testid="timecode">
            {texts?.timecode ?? UNKNOWN}
          </span>
          <span className="counter-seconds muted">{texts ? texts.seconds : UNKNOWN}</span>
          <span className="visually-hidden">{texts ? t('player.goToAnother') : t('player.frameUnknown')}</span>
        </Button>
      )}
      {numbering && (
        <MenuTrigger>
          <Button className="icon-button small" aria-label={t('player.counting')} data-testid="counting-button">
            <IconChevronUp size={14} aria-hidden="true" />
          </Button>
          <Popover className="popover" placement="top">
            <Menu
              className="menu"
              onAction={(action) => {
                if (action === 'copy-frame' && texts) void copy(texts.number);
                if (action === 'copy-timecode' && texts?.timecode) void copy(texts.timecode);
              }}
            >
              <MenuSection
                selectionMode="single"
                selectedKeys={[numbering.counting]}
                onSelectionChange={(keys) => {
                  const chosen = COUNTINGS.find((name) => keys !== 'all' && keys.has(name));
                  if (chosen) choose(chosen);
                }}
              >
                <Header className="menu-header">{t('player.counting')}</Header>
                {countingsOf(numbering).map((name) => (
                  <MenuItem key={name} id={name} className="menu-item" data-counting={name}>
                    {t(`player.countings.${name}`)}
                  </MenuItem>
                ))}
              </MenuSection>
              <Separator className="menu-line" />
              <MenuItem id="copy-frame" className="menu-item" isDisabled={!texts}>
                {t('player.copyFrame')}
              </MenuItem>
              <MenuItem id="copy-timecode" className="menu-item" isDisabled={texts?.timecode === undefined}>
                {t('player.copyTimecode')}
              </MenuItem>
            </Menu>
          </Popover>
        </MenuTrigger>
      )}
      <Announcement text={texts && shown.paused ? describePicture(t, shown, numbers) : ''} />
    </div>
  );
}

function numberingOf(given: Omit<Numbering, 'counting'>, wanted: Counting): Numbering {
  return { ...given, counting: countingsOf(given).includes(wanted) ? wanted : 'one' };
}

function textsOf(
  numbering: Numbering,
  frame: number,
): { number: string; timecode: string | undefined; seconds: string } {
  const { table } = numbering;
  return {
    number: String(numberOf(numbering, frame)),
    timecode: table.timecodeOf(frame),
    seconds: formatSeconds(table.timeOf(frame)),
  };
}

/** Where the player is, for who listens: "frame 1035 of 1048, 00:00:01:10". */
export function describePicture(
  t: Translate,
  { table, frame }: Pick<TransportState, 'table' | 'frame'>,
  numbers: Numbering['numbers'],
): string {
  if (!table || frame === undefined) return t('player.frameUnknown');
  const numbering = numberingOf({ table, numbers }, playerMemory.countingOf(numbers ? 'sequence' : 'film'));
  const { number, timecode, seconds } = textsOf(numbering, frame);
  const last = numberOf(numbering, table.count - 1);
  return t('player.frameOf', { frame: number, last, time: timecode ?? seconds });
}

/** Said where it stands still for a moment: not each picture of a run of steps. */
const ANNOUNCED_AFTER_MS = 400;

function Announcement({ text }: { text: string }) {
  const [said, setSaid] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSaid(text), ANNOUNCED_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <span className="visually-hidden" role="status">
      {said}
    </span>
  );
}

/** A field for a frame or a timecode. */
function GoTo({
  numbering,
  text,
  onGo,
  onEnd,
}: {
  numbering: Numbering;
  text: string;
  onGo: (frame: number) => void;
  onEnd: () => void;
}) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(text);
  const [isWrong, setWrong] = useState(false);
  useEffect(() => field.current?.select(), []);
  const press = (event: KeyboardEvent): void => {
    // The keys of the player are not for a text.
    event.stopPropagation();
    if (event.key === 'Escape') onEnd();
    if (event.key !== 'Enter') return;
    const frame = frameNamed(numbering, typed);
    setWrong(frame === undefined);
    if (frame === undefined) return;
    onGo(frame);
    onEnd();
  };
  return (
    <input
      ref={field}
      className="counter-field"
      data-testid="go-to"
      type="text"
      aria-label={t('player.goTo')}
      aria-invalid={isWrong}
      placeholder={t('player.goTo')}
      value={typed}
      onChange={({ target }) => {
        setTyped(target.value);
        setWrong(false);
      }}
      onKeyDown={press}
      onBlur={onEnd}
    />
  );
}
