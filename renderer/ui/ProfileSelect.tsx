import { IconChevronDown } from '@tabler/icons-react';
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useLibrary, useSession } from '../store/context.tsx';

/** `profile:` before each name, so that no profile can be taken for the default. */
const DEFAULT = 'default-chain';
const NAMED = 'profile:';

/** Which AWS profile signs; effective at once. */
export function ProfileSelect() {
  const { t } = useTranslation();
  const profiles = useSession((session) => session.app?.credentials.profiles);
  const profile = useSession((session) => session.app?.settings.profile) ?? null;
  const changeSettings = useSession((session) => session.changeSettings);
  const refresh = useLibrary((library) => library.refresh);
  const names = profiles ?? [];
  const known = profile === null || names.includes(profile) ? names : [profile, ...names];
  const options = [
    { id: DEFAULT, label: t('settings.profileDefault') },
    ...known.map((name) => ({ id: NAMED + name, label: name })),
  ];
  return (
    <Select
      className="select"
      value={profile === null ? DEFAULT : NAMED + profile}
      onChange={(id) => {
        if (typeof id !== 'string') return;
        const chosen = id === DEFAULT ? null : id.slice(NAMED.length);
        void changeSettings({ profile: chosen }).then(refresh);
      }}
    >
      <Label>{t('settings.profile')}</Label>
      <Button className="button select-button">
        <SelectValue />
        <IconChevronDown size={15} aria-hidden="true" />
      </Button>
      <Popover className="popover select-popover">
        <ListBox className="menu" items={options}>
          {(option) => (
            <ListBoxItem className="menu-item" id={option.id}>
              {option.label}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
