import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { SPEEDS } from './shuttle.ts';
import type { TransportControls } from './transport.ts';

/** The speed of playing, to be seen and to be chosen. */
export function SpeedMenu({ transport, speed }: { transport: TransportControls | undefined; speed: number }) {
  const { t } = useTranslation();
  return (
    <MenuTrigger>
      <Button
        className="icon-button speed-button"
        aria-label={t('player.speedAt', { rate: speed })}
        data-testid="speed-button"
        data-changed={speed !== 1}
      >
        {t('player.rate', { rate: speed })}
      </Button>
      <Popover className="popover" placement="top start">
        <Menu
          className="menu"
          aria-label={t('player.speed')}
          selectionMode="single"
          selectedKeys={[String(speed)]}
          onAction={(chosen) => transport?.setSpeed(Number(chosen))}
        >
          {SPEEDS.map((one) => (
            <MenuItem key={one} id={String(one)} className="menu-item" data-speed={one}>
              {t('player.rate', { rate: one })}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
