import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { CloseIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';

interface ModalProps {
  title: string;
  /** Usually as wide as a form of one column. */
  size?: 'wide';
  children: ReactNode;
  onClose(): void;
}

/** A dialog on the platform's `<dialog>`: focus stays inside, Escape closes, and focus goes back afterwards. */
export function Modal({ title, size, children, onClose }: ModalProps) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    if (!element || element.open) return;
    const before = document.activeElement;
    element.showModal();
    // A text field inside is a better place to start than the closing cross.
    element.querySelector<HTMLElement>('.modal-body :is(input, textarea, select, button):enabled')?.focus();
    return () => {
      element.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={size === 'wide' ? 'modal modal-wide' : 'modal'}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header className="modal-head">
        <h2 id={heading}>{title}</h2>
        <Button
          variant="text"
          shape="square"
          aria-label={t('part.close')}
          icon={<CloseIcon aria-hidden />}
          onClick={onClose}
        />
      </header>
      <div className="modal-body">{children}</div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  children: ReactNode;
  /** The verb on the button that does it. */
  verb: string;
  /** How grave it is; usually grave. */
  tone?: 'danger' | 'primary';
  busy: boolean;
  onConfirm(): void;
  onClose(): void;
}

/** Asks before something that cannot be taken back lightly. */
export function Confirm({ title, children, verb, tone = 'danger', busy, onConfirm, onClose }: ConfirmProps) {
  const { t } = useTranslation();
  return (
    <Modal title={title} onClose={onClose}>
      {children}
      <footer className="actions actions-end">
        <Button theme="default" variant="outline" onClick={onClose}>
          {t('part.cancel')}
        </Button>
        <Button theme={tone} loading={busy} onClick={onConfirm}>
          {verb}
        </Button>
      </footer>
    </Modal>
  );
}
