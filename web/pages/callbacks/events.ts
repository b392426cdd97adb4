import type { CallbackCommand } from '../../api/types';

/** The commands by what they are about; in texts a dot of a name is an underscore. */
export const FAMILIES = [
  { key: 'people', events: ['State_StateChange', 'Profile_CallbackPortraitSet'] },
  {
    key: 'relations',
    events: [
      'Sns_CallbackPrevFriendAdd',
      'Sns_CallbackPrevFriendResponse',
      'Sns_CallbackFriendAdd',
      'Sns_CallbackFriendDelete',
      'Sns_CallbackBlackListAdd',
      'Sns_CallbackBlackListDelete',
    ],
  },
  {
    key: 'c2c',
    events: [
      'C2C_CallbackBeforeSendMsg',
      'C2C_CallbackAfterSendMsg',
      'C2C_CallbackAfterMsgReport',
      'C2C_CallbackAfterMsgWithDraw',
    ],
  },
  {
    key: 'messages',
    events: [
      'Group_CallbackBeforeSendMsg',
      'Group_CallbackAfterSendMsg',
      'Group_CallbackSendMsgException',
      'Group_CallbackAfterRecallMsg',
      'Group_CallbackAfterReadReceipt',
    ],
  },
  {
    key: 'groups',
    events: [
      'Group_CallbackBeforeCreateGroup',
      'Group_CallbackAfterCreateGroup',
      'Group_CallbackBeforeApplyJoinGroup',
      'Group_CallbackBeforeInviteJoinGroup',
      'Group_CallbackAfterNewMemberJoin',
      'Group_CallbackAfterMemberExit',
      'Group_CallbackAfterGroupFull',
      'Group_CallbackAfterGroupDestroyed',
      'Group_CallbackAfterGroupInfoChanged',
      'Group_CallbackAfterMemberFieldChanged',
      'Group_CallbackAfterGroupAttrChanged',
      'Group_CallbackAfterChangeGroupOwner',
    ],
  },
  {
    key: 'topics',
    events: [
      'Group_CallbackBeforeCreateTopic',
      'Group_CallbackAfterCreateTopic',
      'Group_CallbackAfterTopicDestroyed',
      'Group_CallbackAfterTopicInfoChanged',
    ],
  },
  { key: 'robots', events: ['Bot_OnC2CMessage', 'Bot_OnGroupMessage'] },
] as const;

export type FamilyKey = (typeof FAMILIES)[number]['key'];
export type EventKey = (typeof FAMILIES)[number]['events'][number];

const KEYS: readonly EventKey[] = FAMILIES.flatMap(({ events }): readonly EventKey[] => events);

/** The key of a command's texts, when the console has some. */
export function eventKey(command: string): EventKey | undefined {
  const key = command.replace('.', '_');
  return KEYS.find((one) => one === key);
}

/** The commands of the server by families; those without texts here come last. */
export function byFamily(commands: readonly CallbackCommand[]) {
  const find = (events: readonly EventKey[]) =>
    events.flatMap((event) => commands.filter(({ name }) => eventKey(name) === event));
  const known = FAMILIES.map(({ key, events }) => ({ key, commands: find(events) }));
  const rest = commands.filter(({ name }) => !eventKey(name));
  const all: { key: FamilyKey | 'other'; commands: CallbackCommand[] }[] = [
    ...known,
    { key: 'other', commands: rest },
  ];
  return all.filter((family) => family.commands.length > 0);
}
