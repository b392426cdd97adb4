import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CheckCircleIcon, FileCopyIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';

/** Copies `text` and says so. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation();
  const [state, setState] = useState<'ready' | 'copied' | 'failed'>('ready');
  useEffect(() => {
    if (state === 'ready') return;
    const timer = setTimeout(() => setState('ready'), 2500);
    return () => clearTimeout(timer);
  }, [state]);
  const says = state === 'ready' ? (label ?? t('part.copy')) : t(`part.${state}`);
  return (
    <Button
      size="small"
      variant="outline"
      theme={state === 'failed' ? 'danger' : 'default'}
      icon={state === 'copied' ? <CheckCircleIcon aria-hidden /> : <FileCopyIcon aria-hidden />}
      onClick={async () => setState((await copy(text)) ? 'copied' : 'failed')}
    >
      <span aria-live="polite">{says}</span>
    </Button>
  );
}

/** Code to take away. It scrolls sideways, so it can be focused to scroll by keyboard. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <figure className="code" aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} />
    </figure>
  );
}

/** `navigator.clipboard` is missing on plain http away from localhost, where the older way still works. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.setAttribute('readonly', '');
  area.style.position = 'fixed';
  area.style.opacity = '0';
  // Inside an open dialog everything else is inert and cannot be selected.
  const host = document.activeElement?.closest('dialog') ?? document.body;
  const before = document.activeElement;
  host.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return done;
}
