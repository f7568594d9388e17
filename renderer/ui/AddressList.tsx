import { useTranslation } from 'react-i18next';
import type { ReadingStatus } from '../../shared/reading.ts';
import type { ClientAddress } from '../../shared/routing.ts';
import type { Translate } from '../text/i18n.ts';
import { storageLabel } from '../text/routeText.ts';

/** The addresses that automatic mode judges by, and what it makes of each. */
export function AddressList({ reading }: { reading: ReadingStatus }) {
  const { t } = useTranslation();
  const { matchedAddress, matchedRange, replica } = reading.route.details;
  return (
    <>
      {reading.addresses.length === 0 && reading.addressProblem === undefined && <p>{t('settings.noAddress')}</p>}
      <ul className="addresses">
        {reading.addresses.map((client) => {
          const matches = client.address === matchedAddress && matchedRange !== undefined && replica !== undefined;
          return (
            <li key={`${client.source} ${client.address}`} data-matches={matches}>
              <span className="address">{client.address}</span>
              <span className="muted">{sourceOf(client, t)}</span>
              {matches && (
                <span className="tag near">
                  {t('settings.inRange', { range: matchedRange, place: storageLabel(replica, reading.storages) })}
                </span>
              )}
            </li>
          );
        })}
      </ul>
      {reading.addresses.length > 0 && reading.route.reason === 'ip-outside-ranges' && (
        <p className="muted">{t('settings.inNoRange')}</p>
      )}
      {reading.addressProblem !== undefined && <p className="problem">{reading.addressProblem}</p>}
    </>
  );
}

function sourceOf({ source, service }: ClientAddress, t: Translate): string {
  if (source === 'interface') return t('settings.addressSource.interface');
  if (source === 'given') return t('settings.addressSource.given');
  return service === undefined
    ? t('settings.addressSource.publicPlain')
    : t('settings.addressSource.public', { service: hostOf(service) });
}

function hostOf(service: string): string {
  return URL.canParse(service) ? new URL(service).host : service;
}
