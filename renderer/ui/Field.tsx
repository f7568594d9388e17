import type { ReactNode } from 'react';
import { FieldError, Input, Label, Text, TextArea, TextField } from 'react-aria-components';
import type { Finding } from '../../shared/preferences.ts';

interface FieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Findings about this very place. */
  findings?: readonly Pick<Finding, 'severity' | 'message'>[];
  isReadOnly?: boolean;
  placeholder?: string;
  note?: string;
  /** More than one line. */
  rows?: number;
  mono?: boolean;
  testId?: string;
  onBlur?: () => void;
  children?: ReactNode;
}

/** A labelled field with what is wrong about it underneath. */
export function Field(props: FieldProps) {
  const {
    label,
    value,
    onChange,
    findings = [],
    isReadOnly = false,
    placeholder = '',
    note,
    rows,
    mono,
    testId,
  } = props;
  const worst = findings.find(({ severity }) => severity === 'error');
  const className = mono ? 'input mono' : 'input';
  return (
    <TextField
      className="field"
      value={value}
      onChange={onChange}
      isReadOnly={isReadOnly}
      isInvalid={worst !== undefined}
      {...(props.onBlur && { onBlur: props.onBlur })}
    >
      <Label>{label}</Label>
      {rows === undefined ? (
        <Input
          className={className}
          placeholder={placeholder}
          spellCheck="false"
          autoComplete="off"
          data-testid={testId}
        />
      ) : (
        <TextArea
          className={className}
          rows={rows}
          placeholder={placeholder}
          spellCheck="false"
          autoComplete="off"
          data-testid={testId}
        />
      )}
      {note !== undefined && (
        <Text slot="description" className="muted field-note">
          {note}
        </Text>
      )}
      {props.children}
      {worst ? (
        <FieldError className="field-finding" data-severity="error">
          {worst.message}
        </FieldError>
      ) : (
        findings.map(({ severity, message }) => (
          <p key={message} className="field-finding" data-severity={severity}>
            {message}
          </p>
        ))
      )}
    </TextField>
  );
}
