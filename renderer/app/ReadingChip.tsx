import { IconChevronDown, IconInfoCircle, IconRouteAltLeft } from '@tabler/icons-react';
import { Button, Dialog, DialogTrigger, Heading, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { ReadingStatus, StorageSummary } from '../../shared/reading.ts';
import { useSession } from '../store/context.tsx';
import { isNear, roleText, routeText } from '../text/routeText.ts';

/** Says all the time where this machine reads from; opens to why, and to the whole story. */
export function ReadingChip({ reading }: { reading: ReadingStatus | null }) {
  const { t } = useTranslation();
  if (!reading) {
    return (
      <span className="reading-chip" data-testid="reading-chip">
        <span className="reading-place">{t('reading.notConfigured')}</span>
      </span>
    );
  }
  const { sentence } = routeText(reading.route, reading.storages, t);
  return (
    <DialogTrigger>
      <Button
        className="reading-chip"
        aria-label={t('reading.from', { place: reading.label })}
        data-testid="reading-chip"
        data-storage={reading.route.storage}
        data-reason={reading.route.reason}
        data-near={isNear(reading.route.storage, reading.storages)}
      >
        <span className="near-dot" aria-hidden="true" />
        <span className="reading-place" title={reading.label}>
          {reading.label}
        </span>
        <IconChevronDown size={14} aria-hidden="true" />
      </Button>
      <Popover className="popover reading-popover" placement="bottom end" offset={6}>
        <Dialog className="popover-dialog">
          {({ close }) => <WhyThisRegion reading={reading} sentence={sentence} close={close} />}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function WhyThisRegion({ reading, sentence, close }: { reading: ReadingStatus; sentence: string; close: () => void }) {
  const { t } = useTranslation();
  const showPanel = useSession((session) => session.showPanel);
  const showWhy = useSession((session) => session.showWhy);
  return (
    <>
      <Heading slot="title">{t('reading.why')}</Heading>
      <p>{sentence}</p>
      {reading.replicationDelaySeconds > 0 && reading.storages.some(({ role }) => role === 'replica') && (
        <p className="muted">{t('reading.delay', { count: reading.replicationDelaySeconds })}</p>
      )}
      <ul className="storages">
        {reading.storages.map((storage) => (
          <StorageRow key={storage.name} storage={storage} inUse={storage.name === reading.route.storage} />
        ))}
      </ul>
      <div className="popover-actions">
        <Button
          className="button"
          onPress={() => {
            close();
            showWhy(undefined);
          }}
          data-testid="why-button"
        >
          <IconInfoCircle size={16} aria-hidden="true" />
          {t('reading.whole')}
        </Button>
        <Button
          className="button"
          onPress={() => {
            close();
            showPanel('settings');
          }}
        >
          <IconRouteAltLeft size={16} aria-hidden="true" />
          {t('reading.change')}
        </Button>
      </div>
    </>
  );
}

function StorageRow({ storage, inUse }: { storage: StorageSummary; inUse: boolean }) {
  const { t } = useTranslation();
  return (
    <li className="storage-row" data-in-use={inUse}>
      <span className="near-dot" aria-hidden="true" />
      <span className="storage-name">{storage.label}</span>
      <span className="muted">
        {storage.region} · {roleText(storage, t)}
      </span>
      {!storage.reachable && <span className="tag bad">{t('reading.unreachable')}</span>}
      {inUse && <span className="tag near">{t('reading.inUse')}</span>}
    </li>
  );
}
