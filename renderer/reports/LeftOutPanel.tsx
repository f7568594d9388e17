import { IconCopy } from '@tabler/icons-react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { LeftOutList } from '../../shared/leftOut.ts';
import { useSession } from '../store/context.tsx';
import { formatCount } from '../text/format.ts';
import type { Translate } from '../text/i18n.ts';
import { Panel } from '../ui/Panel.tsx';
import { ReportTable } from '../ui/ReportTable.tsx';
import { useCopyText } from '../ui/useCopyText.ts';

/**
 * Files that were chosen, dropped or found in a watch folder and are not uploaded, each with why; also as text to copy.
 */
export function LeftOutPanel() {
  const { t } = useTranslation();
  const list = useSession((session) => session.leftOutShown);
  const copyText = useCopyText();
  if (!list) return null;
  const rows = list.named.map(({ path, why, detail }) => ({ key: path, words: wordsOf({ why, detail }, t) }));
  return (
    <Panel name="left-out" shape="wide" title={t('leftOut.title')} testId="left-out-panel">
      <div className="report-head">
        <p className="muted">{t('leftOut.count', { count: list.count, formatted: formatCount(list.count) })}</p>
        <Button className="button small" onPress={() => void copyText(asText(list, t))} data-testid="left-out-copy">
          <IconCopy size={15} aria-hidden="true" />
          {t('leftOut.copy')}
        </Button>
      </div>
      <ReportTable
        label={t('leftOut.title')}
        rowClass="left-out-row"
        columns={[t('leftOut.path'), t('leftOut.why')]}
        rows={rows}
        testId="left-out"
      >
        {({ words }) => (
          <span role="cell" title={words}>
            {words}
          </span>
        )}
      </ReportTable>
      {list.count > list.named.length && <p className="muted report-meaning">{t('leftOut.truncated')}</p>}
    </Panel>
  );
}

function wordsOf({ why, detail }: Pick<LeftOutList['named'][number], 'why' | 'detail'>, t: Translate): string {
  const words = t(`leftOut.for.${why}`);
  return detail === undefined ? words : `${words} ${detail}`;
}

function asText({ count, named }: LeftOutList, t: Translate): string {
  const lines = named.map(({ path, why, detail }) => `${path}\t${wordsOf({ why, detail }, t)}`);
  return [t('leftOut.count', { count, formatted: formatCount(count) }), ...lines].join('\n');
}
