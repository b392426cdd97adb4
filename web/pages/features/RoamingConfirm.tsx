import { useTranslation } from 'react-i18next';
import { quantity } from '../../parts/format';
import { Confirm } from '../../parts/Modal';
import { Note, Problem } from '../../parts/states';

interface RoamingConfirmProps {
  from: number;
  to: number;
  busy: boolean;
  error: unknown;
  onConfirm(): void;
  onClose(): void;
}

/** Says what another roaming period does before it is in effect. */
export function RoamingConfirm({ from, to, busy, error, onConfirm, onClose }: RoamingConfirmProps) {
  const { t, i18n } = useTranslation();
  const shorter = to < from;
  const days = quantity(to, 'day', i18n.language);
  return (
    <Confirm
      title={t('features.roaming.title', { days })}
      verb={t('features.roaming.verb')}
      tone={shorter ? 'danger' : 'primary'}
      busy={busy}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <p>{t('features.roaming.lead', { before: quantity(from, 'day', i18n.language), days })}</p>
      {shorter ? (
        <Note tone="warning">{t('features.roaming.shorter', { days })}</Note>
      ) : (
        <p className="faint">{t('features.roaming.longer')}</p>
      )}
      <Problem error={error} />
    </Confirm>
  );
}
