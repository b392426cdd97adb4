import type { Setting } from '../../api/types';
import { nameOf, split } from './declared';
import { FieldCard } from './FieldCard';
import { GroupFieldDialog } from './GroupFieldDialog';
import { GroupFieldTable } from './GroupFieldTable';
import { type GroupField, type GroupFieldKind, readGroupFields, writeGroupField } from './groupFields';

interface GroupFieldCardProps {
  kind: GroupFieldKind;
  sdkAppId: number;
  setting: Setting;
  /** The setting that declares the other kind; the two share no name. */
  other: Setting | undefined;
}

/** Custom fields of groups or of their members; types of groups come and never go, and rights may change. */
export function GroupFieldCard({ kind, sdkAppId, setting, other }: GroupFieldCardProps) {
  const fields = readGroupFields(kind, setting.value);
  const own = fields.map(({ name }) => name);
  const others = split(other?.value ?? '').map(nameOf);
  const taken = kind === 'group' ? { group: own, member: others } : { group: others, member: own };
  return (
    <FieldCard<GroupField>
      kind={kind}
      sdkAppId={sdkAppId}
      setting={setting}
      table={(onChange) => <GroupFieldTable kind={kind} fields={fields} onChange={onChange} />}
      dialog={({ onSave, ...ends }) => (
        <GroupFieldDialog
          kind={kind}
          taken={taken}
          onSave={(field) => onSave(writeGroupField(kind, field))}
          {...ends}
        />
      )}
    />
  );
}
