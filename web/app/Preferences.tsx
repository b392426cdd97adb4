import { useTranslation } from 'react-i18next';
import { MoonIcon, SunnyIcon, SystemSettingIcon, TranslateIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import { setLanguage } from './language';
import { setTheme, THEMES, useTheme } from './theme';

const ICONS = { system: SystemSettingIcon, light: SunnyIcon, dark: MoonIcon };

/** The two switches that every page has: language and theme. */
export function Preferences() {
  const { t, i18n } = useTranslation();
  const theme = useTheme();
  const Icon = ICONS[theme];
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
  const themeLabel = t('shell.theme', { theme: t(`shell.themes.${theme}`) });
  const other = i18n.language === 'en-US' ? 'zh-CN' : 'en-US';
  return (
    <>
      <Button
        variant="text"
        shape="square"
        aria-label={themeLabel}
        title={themeLabel}
        icon={<Icon aria-hidden />}
        onClick={() => setTheme(next)}
      />
      <Button variant="text" icon={<TranslateIcon aria-hidden />} onClick={() => void setLanguage(other)}>
        <span lang={other}>{other === 'en-US' ? 'English' : '中文'}</span>
      </Button>
    </>
  );
}
