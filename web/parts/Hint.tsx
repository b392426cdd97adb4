import { type ReactNode, useId, useState } from 'react';
import { HelpCircleIcon } from 'tdesign-icons-react';
import { Tooltip } from 'tdesign-react';

/** A small sign that explains, on pointing, on focus and on touch; Escape puts it away. */
export function Hint({ label, children }: { label: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <Tooltip visible={open} content={<div className="hint-content">{children}</div>} placement="bottom">
      <button
        type="button"
        className="hint"
        aria-label={label}
        aria-describedby={id}
        onMouseEnter={() => setOpen(true)}
        onMouseLeave={() => setOpen(false)}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onClick={() => setOpen(true)}
        onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}
      >
        <HelpCircleIcon aria-hidden />
        <span id={id} className="unseen">
          {children}
        </span>
      </button>
    </Tooltip>
  );
}
