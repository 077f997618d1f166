import type { ReactNode } from 'react';
import { type MantineSize, Modal } from '@mantine/core';
import { useText } from '../messages/use-text';

interface DialogProps {
  opened: boolean;
  title: string;
  size?: MantineSize;
  /** Closes by its own buttons only: neither by Escape nor by a click beside it. */
  deliberate?: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** A modal dialog: named by its title, keeps the focus inside and gives it back. */
export function Dialog({ opened, title, size, deliberate = false, onClose, children }: DialogProps) {
  const t = useText();
  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      size={size}
      closeOnEscape={!deliberate}
      closeOnClickOutside={!deliberate}
    >
      <Modal.Overlay />
      <Modal.Content>
        {/* Mantine makes it a <header>, which would be a second banner of the page. */}
        <Modal.Header role="presentation">
          <Modal.Title>{title}</Modal.Title>
          {!deliberate && <Modal.CloseButton aria-label={t('app.close')} />}
        </Modal.Header>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
