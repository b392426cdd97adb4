import { useTranslation } from 'react-i18next';
import type { Setting } from '../../api/types';
import { quantity } from '../../parts/format';
import { split } from '../fields/declared';
import { CHOICES, known, UNITS, type Wrong } from './cards';

/** What settings, their values and their mistakes are called; a setting without texts here shows the server's. */
export function useWords() {
  const { t, i18n } = useTranslation();

  const amount = ({ name }: Setting, value: number) => {
    const own = known(name);
    return quantity(value, own && UNITS[own], i18n.language);
  };

  const label = ({ name }: Setting) => {
    const own = known(name);
    return own ? t(`features.name.${own}`) : name;
  };

  const choice = ({ name }: Setting, value: string) => {
    const device = name === 'multi_device' && CHOICES.multi_device.find((one) => one === value);
    if (device) return { label: t(`multiDevice.${device}`), hint: t(`multiDevice.${device}Hint`) };
    const allow = name === 'allow_type' && CHOICES.allow_type.find((one) => one === value);
    if (allow) return { label: t(`allowType.${allow}`), hint: t(`allowType.${allow}Hint`) };
    return { label: value };
  };

  const value = (setting: Setting, text: string) => {
    if (setting.kind === 'bool') return text === 'true' ? t('features.on') : t('features.off');
    if (setting.kind === 'choice') return choice(setting, text).label;
    if (setting.name === 'file_days' && text === '0') return t('features.asRoaming');
    if (setting.kind === 'number') return amount(setting, Number(text));
    return split(text).join(', ') || t('features.none');
  };

  /** What the setting does, or with explained choices, what the chosen one does. */
  const explanation = (setting: Setting, text: string) => {
    const own = known(setting.name);
    const hint = setting.kind === 'choice' && choice(setting, text).hint;
    return hint || (own ? t(`features.hint.${own}`) : setting.meaning);
  };

  /** What may be entered. */
  const range = (setting: Setting) => {
    const usual = value(setting, setting.default);
    if (setting.kind === 'number' && setting.range) {
      const [low, high] = setting.range;
      return t('features.range', { low: amount(setting, low), high: amount(setting, high), usual });
    }
    if (setting.kind === 'bool') return t('features.usual', { usual });
    if (setting.kind === 'list') return t('features.list', { count: setting.most });
    return setting.allowed;
  };

  const wrong = (setting: Setting, why: Wrong) => {
    if (setting.kind === 'number' && setting.range && why === 'range') {
      const [low, high] = setting.range.map((end) => amount(setting, end));
      return t('features.wrong.range', { low, high });
    }
    if (setting.kind === 'list') return t(`features.wrong.${why}`, { count: setting.most });
    return t(`features.wrong.${why}`);
  };

  return { label, choice, value, explanation, range, wrong };
}
