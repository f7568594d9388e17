import { IconArrowsSort } from '@tabler/icons-react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { SortOrder } from '../store/arrangement.ts';
import { useLibrary } from '../store/context.tsx';

const ORDERS: readonly SortOrder[] = ['name', 'newest', 'largest'];

export function SortMenu() {
  const { t } = useTranslation();
  const order = useLibrary((library) => library.order);
  const setOrder = useLibrary((library) => library.setOrder);
  return (
    <MenuTrigger>
      <Button
        className="button quiet small"
        data-testid="sort-button"
        aria-label={t('library.sortBy', { order: t(`library.order.${order}`) })}
      >
        <IconArrowsSort size={15} aria-hidden="true" />
        {t(`library.order.${order}`)}
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu
          className="menu"
          selectionMode="single"
          selectedKeys={[order]}
          onSelectionChange={(keys) => {
            const chosen = ORDERS.find((name) => keys !== 'all' && keys.has(name));
            if (chosen) setOrder(chosen);
          }}
        >
          {ORDERS.map((name) => (
            <MenuItem key={name} id={name} className="menu-item">
              {t(`library.order.${name}`)}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
