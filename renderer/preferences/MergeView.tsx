import { Button, Label, RadioButton, RadioField, RadioGroup } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { MergeConflict } from '../../shared/preferencesMerge.ts';
import { useEditor } from '../store/context.tsx';
import { type Side, undecided } from '../store/mergeChoices.ts';
import type { Merging } from '../store/preferencesDraft.ts';
import { placeText, valueText } from './changeText.ts';
import { Differences } from './Differences.tsx';

const SIDES: readonly Side[] = ['mine', 'theirs'];

/** After another person's save: what they changed, what both changed, and a choice for each of those. */
export function MergeView({ merging }: { merging: Merging }) {
  const { t } = useTranslation();
  const saveMerged = useEditor((editor) => editor.saveMerged);
  const leaveMerge = useEditor((editor) => editor.leaveMerge);
  const { conflicts } = merging.merged;
  const open = undecided(conflicts, merging.choices).length;
  return (
    <section className="merge" data-testid="preferences-merge" role="alert">
      <h3>{t('editor.merge.title')}</h3>
      <p>{t('editor.merge.body')}</p>
      <h4>{t('editor.merge.theirChanges')}</h4>
      <Differences changes={merging.theirChanges} />
      {conflicts.length > 0 && <h4>{t('editor.merge.conflicts', { count: conflicts.length })}</h4>}
      {conflicts.map((conflict) => (
        <ConflictChoice key={conflict.path} conflict={conflict} chosen={merging.choices[conflict.path]} />
      ))}
      <p className="muted">{t('editor.merge.commentsNote')}</p>
      <div className="state-actions">
        <Button
          className="button primary"
          isDisabled={open > 0}
          onPress={() => void saveMerged()}
          data-testid="preferences-save-merged"
        >
          {t('editor.merge.save')}
        </Button>
        <Button className="button" onPress={leaveMerge}>
          {t('editor.merge.back')}
        </Button>
        {open > 0 && <span className="muted">{t('editor.merge.open', { count: open })}</span>}
      </div>
    </section>
  );
}

function ConflictChoice({ conflict, chosen }: { conflict: MergeConflict; chosen: Side | undefined }) {
  const { t } = useTranslation();
  const choose = useEditor((editor) => editor.choose);
  return (
    <RadioGroup
      className="options conflict"
      value={chosen ?? null}
      onChange={(value) => {
        const side = SIDES.find((name) => name === value);
        if (side) choose(conflict.path, side);
      }}
      data-testid="preferences-conflict"
      data-path={conflict.path}
    >
      <Label>{placeText(conflict.path, t)}</Label>
      <div className="conflict-sides">
        {SIDES.map((side) => (
          <RadioField key={side} value={side}>
            <RadioButton className="option" data-testid={`choose-${side}`}>
              <span className="option-dot" aria-hidden="true" />
              <span className="option-text">
                <span className="option-title">{t(`editor.merge.${side}`)}</span>
                <span className="path">{valueText(conflict[side]) || t('editor.merge.nothing')}</span>
              </span>
            </RadioButton>
          </RadioField>
        ))}
      </div>
    </RadioGroup>
  );
}
