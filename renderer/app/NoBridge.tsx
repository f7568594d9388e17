import { useTranslation } from 'react-i18next';
import { StatePanel } from '../ui/StatePanel.tsx';
import { ProductMark } from './ProductMark.tsx';

/** The page was opened in a browser: nothing here can work, and it says why. */
export function NoBridge() {
  const { t } = useTranslation();
  return (
    <main className="app" data-testid="app">
      <StatePanel
        testId="error-state"
        icon={<ProductMark size={40} />}
        title={t('states.noBridgeTitle')}
        body={t('states.noBridgeBody')}
      />
    </main>
  );
}
