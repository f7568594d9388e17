import { IconGauge } from '@tabler/icons-react';
import { Button, Dialog, DialogTrigger, Heading, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { formatBytes } from '../text/format.ts';
import { BandwidthForm } from './BandwidthForm.tsx';
import { useLimit } from './useLimit.ts';

export function BandwidthButton() {
  const { t } = useTranslation();
  const limit = useLimit();
  const words = limit
    ? t('bandwidth.limitedTo', { rate: t('transfers.speed', { rate: formatBytes(limit.bytesPerSecond) }) })
    : t('bandwidth.none');
  return (
    <DialogTrigger>
      <Button
        className="button quiet small"
        aria-label={t('bandwidth.button', { limit: words })}
        data-testid="bandwidth-button"
        data-by={limit?.by}
      >
        <IconGauge size={15} aria-hidden="true" />
        {words}
      </Button>
      <Popover className="popover bandwidth-popover" placement="bottom end">
        <Dialog className="popover-dialog">
          <Heading slot="title">{t('bandwidth.title')}</Heading>
          <BandwidthForm />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
