import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EditIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import { Note } from './states';

interface EditCardProps {
  /** Of the title, unique on the page. */
  id: string;
  title: string;
  /** What 编辑 is called to those who do not see where it stands. */
  editLabel?: string;
  lead?: ReactNode;
  /** What is read. */
  children: ReactNode;
  /** The form that writes it. */
  editor(ends: { onSaved(): void; onCancel(): void }): ReactNode;
}

/** A card that is read, or written after 编辑. */
export function EditCard({ id, title, editLabel, lead, children, editor }: EditCardProps) {
  const { t } = useTranslation();
  const [state, setState] = useState<'shown' | 'editing' | 'saved'>('shown');
  const section = useFocusThatFollows(state === 'editing');
  return (
    <section className="card" aria-labelledby={id} ref={section}>
      <header className="card-head">
        <h2 id={id}>{title}</h2>
        {state !== 'editing' && (
          <Button
            variant="text"
            theme="primary"
            icon={<EditIcon aria-hidden />}
            aria-label={editLabel}
            onClick={() => setState('editing')}
          >
            {t('part.edit')}
          </Button>
        )}
      </header>
      {state === 'saved' && <Note tone="success">{t('part.saved')}</Note>}
      {lead}
      {state === 'editing'
        ? editor({ onSaved: () => setState('saved'), onCancel: () => setState('shown') })
        : children}
    </section>
  );
}

interface EditActionsProps {
  busy: boolean;
  onCancel(): void;
}

/** The end of a card's form. */
export function EditActions({ busy, onCancel }: EditActionsProps) {
  const { t } = useTranslation();
  return (
    <footer className="actions">
      <Button type="submit" loading={busy}>
        {t('part.save')}
      </Button>
      <Button theme="default" variant="outline" onClick={onCancel}>
        {t('part.cancel')}
      </Button>
    </footer>
  );
}

/** Keeps the focus within the card when its inputs come and go: on the first of them, and then on 编辑 again. */
function useFocusThatFollows(editing: boolean) {
  const section = useRef<HTMLElement>(null);
  const before = useRef(editing);
  useEffect(() => {
    if (before.current === editing) return;
    before.current = editing;
    const find = (what: string) => section.current?.querySelector<HTMLElement>(what);
    const first = find('form :is(input, select, textarea)');
    const isRadio = first?.matches('[type="radio"]');
    const target = editing ? (isRadio && find('form input:checked')) || first : find('.card-head button');
    target?.focus();
  }, [editing]);
  return section;
}
