import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useSession } from '../store/context.tsx';
import type { Panel as PanelName } from '../store/session.ts';

/** Class names of overlay, modal, dialog and head. */
const SHAPES = {
  sheet: ['overlay sheet-overlay', 'sheet', 'settings', 'panel-head'],
  card: ['overlay centred', 'dialog-card', 'shortcuts', 'panel-head'],
  wide: ['overlay centred', 'dialog-card editor-card-wide', 'editor', 'panel-head'],
  question: ['overlay centred', 'dialog-card question-card', 'question', 'question-head'],
} as const;

interface PanelProps {
  name: PanelName;
  shape: keyof typeof SHAPES;
  title: string;
  testId: string;
  /** True where a click beside the panel and Escape close it. */
  isDismissable?: boolean;
  /** Called before the user closes it. */
  onClose?: () => void;
  children: ReactNode;
}

/** A panel over the window. One at a time is open; a closed one is not mounted. */
export function Panel({ name, shape, title, testId, isDismissable = true, onClose, children }: PanelProps) {
  const { t } = useTranslation();
  const isOpen = useSession((session) => session.panel === name);
  const showPanel = useSession((session) => session.showPanel);
  const [overlay, modal, dialog, head] = SHAPES[shape];
  return (
    <ModalOverlay
      className={overlay}
      isDismissable={isDismissable}
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (open) return;
        onClose?.();
        showPanel(undefined);
      }}
    >
      <Modal className={modal}>
        <Dialog className={dialog} data-testid={testId}>
          <div className={head}>
            <Heading slot="title">{title}</Heading>
            <Button slot="close" className="icon-button" aria-label={t('actions.close')}>
              <IconX size={18} aria-hidden="true" />
            </Button>
          </div>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
