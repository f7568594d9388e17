import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Translate } from '../../text/i18n.ts';
import { percentOf, type View } from './view.ts';
import { useLooked, viewStore } from './viewStore.ts';

/** Said once it stays for a moment: not each step of a key that is held. */
const ANNOUNCED_AFTER_MS = 400;

/** What changed in how the picture is looked at, for who listens. */
export function ViewStatus() {
  const { t } = useTranslation();
  const { view } = useLooked();
  const said = useRef(view);
  const [words, setWords] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => {
      const changes = changesOf(said.current, view, t);
      said.current = view;
      if (changes.length > 0) setWords(changes.join(', '));
    }, ANNOUNCED_AFTER_MS);
    return () => clearTimeout(timer);
  }, [view, t]);
  return (
    <span className="visually-hidden" role="status" data-testid="view-status">
      {words}
    </span>
  );
}

function changesOf(before: View, now: View, t: Translate): string[] {
  const { stage, picture } = viewStore.getState();
  const percent = percentOf(now, stage, picture, window.devicePixelRatio);
  const isFit = now.zoom === 1;
  const switched = (what: string, isOn: boolean): string => t(isOn ? 'player.view.on' : 'player.view.off', { what });
  const mask = now.mask === 'none' ? t('player.view.noMask') : now.mask;
  const said: [keyof View, string][] = [
    ['zoom', percent === undefined ? '' : t(isFit ? 'player.view.fitPercent' : 'player.view.percent', { percent })],
    ['isFlopped', switched(t('player.actions.flop'), now.isFlopped)],
    ['isFlipped', switched(t('player.actions.flip'), now.isFlipped)],
    ['mask', t('player.view.maskIs', { mask })],
    ['hasSafeAreas', switched(t('player.actions.safe-areas'), now.hasSafeAreas)],
    ['background', t('player.view.backgroundIs', { name: t(`player.view.backgrounds.${now.background}`) })],
  ];
  return said.filter(([part, words]) => before[part] !== now[part] && words !== '').map(([, words]) => words);
}
