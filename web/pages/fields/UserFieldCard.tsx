import type { Setting } from '../../api/types';
import { FieldCard } from './FieldCard';
import { UserFieldDialog } from './UserFieldDialog';
import { UserFieldTable } from './UserFieldTable';
import { type CustomField, readFields, type UserKind, writeField } from './userFields';

interface UserFieldCardProps {
  kind: UserKind;
  sdkAppId: number;
  setting: Setting;
}

/** Custom fields of users or of friends; of those of users the permissions may change. */
export function UserFieldCard({ kind, sdkAppId, setting }: UserFieldCardProps) {
  const fields = readFields(setting.value);
  return (
    <FieldCard<CustomField>
      kind={kind}
      sdkAppId={sdkAppId}
      setting={setting}
      table={(onChange) => <UserFieldTable kind={kind} fields={fields} onChange={onChange} />}
      dialog={({ onSave, ...ends }) => (
        <UserFieldDialog
          kind={kind}
          fields={fields}
          onSave={(field) => onSave(writeField(kind, field))}
          {...ends}
        />
      )}
    />
  );
}
