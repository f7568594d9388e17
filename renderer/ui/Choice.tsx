import { IconChevronDown } from '@tabler/icons-react';
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly { id: string; label: string }[];
  onChange: (id: string) => void;
  isDisabled?: boolean;
  placeholder?: string;
}

/** One of a few. */
export function Choice({ label, value, options, onChange, isDisabled, placeholder = '' }: ChoiceProps) {
  const known = options.some(({ id }) => id === value);
  const all = known || value === '' ? options : [...options, { id: value, label: value }];
  return (
    <Select
      className="field"
      value={value === '' ? null : value}
      placeholder={placeholder}
      isDisabled={isDisabled ?? false}
      onChange={(id) => {
        if (typeof id === 'string') onChange(id);
      }}
    >
      <Label>{label}</Label>
      <Button className="button select-button">
        <SelectValue />
        <IconChevronDown size={15} aria-hidden="true" />
      </Button>
      <Popover className="popover select-popover">
        <ListBox className="menu" items={all}>
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
