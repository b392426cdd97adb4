// The cloud's searches: messages, users, groups and members, as far as the one who asks may see them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { World, until } from './world.mjs';

let world;
before(async () => { world = await World.start(); });
after(() => world.stop());

/** Asks again when a user asked often enough: twice a second for the server, twenty times in five seconds for the SDK. */
async function patiently(call) {
  for (;;) {
    try { return (await call()).data; } catch (error) { if (![60018, 2996].includes(error.code)) throw error; }
    await new Promise((done) => setTimeout(done, 300));
  }
}

/** All pages of a search, and what it counted. */
async function pages(user, name, options) {
  const [list, totals] = [[], new Set()];
  for (let cursor = ''; ;) {
    const data = await patiently(() => user.chat[name]({ ...options, cursor }));
    list.push(data.searchResultList);
    totals.add(data.totalCount);
    if (!data.cursor) return { list, total: [...totals] };
    ({ cursor } = data);
  }
}

// The filters by gender and type go out only under the names the SDK has within: it drops those of its manual.
const words = () => `w${Math.random().toString(36).slice(2, 10)}`;

describe('chat', { concurrency: true }, () => {
  test('users: by name, nickname, gender and birthday, page by page', async () => {
    const word = words();
    const alice = await world.user('alice');
    const people = [];
    for (const [number, gender] of ['Gender_Type_Female', 'Gender_Type_Male', 'Gender_Type_Female'].entries()) {
      const user = await world.account('someone');
      await world.rest('profile/portrait_set', { From_Account: user, ProfileItem: [
        { Tag: 'Tag_Profile_IM_Nick', Value: `Nick ${word.toUpperCase()} ${number}` },
        { Tag: 'Tag_Profile_IM_Image', Value: `https://example.org/${number}.png` },
        { Tag: 'Tag_Profile_IM_Gender', Value: gender }, { Tag: 'Tag_Profile_IM_BirthDay', Value: 19900101 + number },
      ] });
      people.push(user);
    }
    const names = async (options) => {
      const { list } = await pages(alice, 'searchCloudUsers', options);
      return list.flat().map(({ userID }) => userID).sort();
    };
    const { list, total } = await pages(alice, 'searchCloudUsers', { keywordList: [word], count: 2 });
    assert.deepEqual(list.map((page) => page.length), [2, 1]);
    assert.deepEqual(total, [3]);
    assert.deepEqual(list.flat().map(({ userID }) => userID).sort(), people.toSorted());
    const first = list.flat().find(({ userID }) => userID === people[0]);
    assert.deepEqual([first.nick, first.avatar, first.gender, first.birthday], [`Nick ${word.toUpperCase()} 0`, 'https://example.org/0.png', 'Gender_Type_Female', 19900101]);
    assert.deepEqual(await names({ keywordList: [people[1]] }), [people[1]], 'a name as a whole');
    assert.deepEqual(await names({ keywordList: [people[1].slice(0, -1)] }), [], 'and not in part');
    assert.deepEqual(await names({ keywordList: [word, 'nick'], keywordListMatchType: 'and' }), people.toSorted());
    assert.deepEqual(await names({ keywordList: [word, people[0]], keywordListMatchType: 'and' }), [people[0]]);
    assert.deepEqual(await names({ keywordList: [`${word} 1`, `${word} 2`] }), people.slice(1).toSorted());
    assert.deepEqual(await names({ keywordList: [word], gender: 'Gender_Type_Male' }), [people[1]]);
    assert.deepEqual(await names({ keywordList: [word], miniBirthday: 19900102 }), people.slice(1).toSorted());
    assert.deepEqual(await names({ keywordList: [word], miniBirthday: 19900102, maxBirthday: 19900102 }), [people[1]]);
  });

  test('groups: those one is in, and those one may apply to', async () => {
    const word = words();
    const [alice, bob] = await world.users('alice bob');
    await alice.chat.updateMyProfile({ nick: 'The Owner' });
    const mine = await alice.found('Private', [], { name: `A ${word}` });
    const open = await alice.found('Public', [], { name: `B ${word}`, introduction: 'about' });
    const meeting = await alice.found('ChatRoom', [], { name: `C ${word}` });
    await alice.found('AVChatRoom', [], { name: `D ${word}` });
    const ids = async (user, options) => (await pages(user, 'searchCloudGroups', options)).list.flat().map(({ groupID }) => groupID).sort();
    assert.deepEqual(await ids(alice, { keywordList: [word] }), [mine, open, meeting].sort());
    assert.deepEqual(await ids(bob, { keywordList: [word] }), [open, meeting].sort());
    assert.deepEqual(await ids(bob, { keywordList: [mine] }), []);
    assert.deepEqual(await ids(bob, { keywordList: [word], groupType: ['Public'] }), [open]);
    const { list: [[found]], total } = await pages(bob, 'searchCloudGroups', { keywordList: [open] });
    assert.deepEqual(total, [1]);
    assert.deepEqual([found.name, found.type, found.introduction, found.ownerID, found.memberCount, found.joinOption],
      [`B ${word}`, 'Public', 'about', alice.id, 1, 'NeedPermission']);
    const { list, total: totals } = await pages(alice, 'searchCloudGroups', { keywordList: [word.toUpperCase()], count: 1 });
    assert.deepEqual([list.map((page) => page.length), totals], [[1, 1, 1], [3]]);
    await alice.chat.dismissGroup(open);
    assert.deepEqual(await ids(bob, { keywordList: [word] }), [meeting]);
  });

  test('members: of one\'s own groups alone', async () => {
    const word = words();
    const [alice, bob, carol] = await world.users('alice bob carol');
    await bob.chat.updateMyProfile({ nick: `Bobby ${word}` });
    const one = await alice.found('Public', [bob, carol]);
    const two = await alice.found('Private', [bob]);
    await alice.chat.setGroupMemberNameCard({ groupID: one, userID: carol.id, nameCard: `card ${word}` });
    const find = async (user, options) => {
      const { list, total } = await pages(user, 'searchCloudGroupMembers', options);
      const rows = list.flat().flatMap(({ groupInfo, memberList }) => memberList.map(({ userID }) => [groupInfo.groupID, userID]));
      return [rows.sort(), total];
    };
    const all = [[one, bob.id], [one, carol.id], [two, bob.id]].sort();
    assert.deepEqual(await find(alice, { keywordList: [word] }), [all, [3]]);
    assert.deepEqual(await find(alice, { keywordList: [word], count: 2 }), [all, [3]]);
    assert.deepEqual(await find(carol, { keywordList: [word] }), [[[one, bob.id], [one, carol.id]].sort(), [2]]);
    assert.deepEqual(await find(carol, { keywordList: [word], groupIDList: [two] }), [[], [0]]);
    assert.deepEqual(await find(alice, { keywordList: [bob.id], groupType: ['Public'] }), [[[one, bob.id]], [1]]);
    const { list } = await pages(alice, 'searchCloudGroupMembers', { keywordList: [`card ${word}`] });
    assert.equal(list[0][0].memberList[0].nameCard, `card ${word}`);
    await carol.chat.quitGroup(one);
    assert.deepEqual(await find(carol, { keywordList: [word] }), [[], [0]]);
  });

  test('messages: in conversations and in groups, not what is deleted, recalled, or was said before one came', async () => {
    const word = words();
    const [alice, bob, carol] = await world.users('alice bob carol');
    const group = await alice.found('Public', [bob]);
    const say = (text) => alice.say(group, `${text} ${word}`);
    const [one, two, three] = [await say('one'), await say('two'), await say('three')];
    const [four] = [await say('four')];
    await alice.send(bob.id, `five ${word}`);
    await world.rest('group_open_http_svc/add_group_member', { GroupId: group, MemberList: [{ Member_Account: carol.id }] });
    await carol.joined(group);
    await bob.say(group, `six ${word.toUpperCase()}`);
    await carol.hears(group, `six ${word.toUpperCase()}`);
    await bob.hears(group, `four ${word}`);

    const search = (user, options) => patiently(() => user.chat.searchCloudMessages({ keywordList: [word], ...options }));
    const within = { conversationID: `GROUP${group}` };
    const inside = async (user, options) => {
      const { list, total } = await pages(user, 'searchCloudMessages', { keywordList: [word], ...within, ...options });
      return [list.flat().flatMap(({ messageList }) => messageList.map(({ payload }) => payload.text.split(' ')[0])), total];
    };
    assert.deepEqual(await inside(bob), [['six', 'four', 'three', 'two', 'one'], [5]]);
    assert.deepEqual(await inside(bob, { count: 2 }), [['six', 'four', 'three', 'two', 'one'], [5]]);
    assert.deepEqual(await inside(carol), [['six'], [1]], 'what was said before is not hers');
    assert.deepEqual(await inside(bob, { keywordList: ['one', word], keywordListMatchType: 'and' }), [['one'], [1]]);
    assert.deepEqual(await inside(bob, { senderUserIDList: [bob.id] }), [['six'], [1]]);
    assert.deepEqual(await inside(bob, { messageTypeList: ['TIMImageElem'] }), [[], [0]]);
    assert.deepEqual((await inside(bob, { messageTypeList: ['TIMTextElem', 'TIMImageElem'] }))[1], [5]);

    const everywhere = await search(bob);
    assert.equal(everywhere.totalCount, 2, 'conversations');
    assert.deepEqual(everywhere.searchResultList.map(({ conversationID, messageCount }) => [conversationID, messageCount]),
      [[`GROUP${group}`, 5], [`C2C${alice.id}`, 1]]);

    await alice.chat.revokeMessage(one);
    const heard = (message) => bob.received.find(({ ID }) => ID === message.ID);
    await bob.chat.deleteMessage([heard(two)]);
    await until('what is left', async () => (await inside(bob))[0].join() === 'six,four,three');
    assert.deepEqual((await inside(alice))[0], ['six', 'four', 'three', 'two']);
    await carol.chat.quitGroup(group);
    assert.equal((await search(carol)).totalCount, 0, 'she left');
    assert.deepEqual(await inside(carol), [[], [0]]);
    assert.ok(three && four);
  });

  test('an app without searches, and requests that are none', async () => {
    const other = await World.start('cloud_search=false');
    const alice = await other.user('alice');
    for (const name of ['searchCloudUsers', 'searchCloudGroups', 'searchCloudGroupMembers', 'searchCloudMessages']) {
      await assert.rejects(alice.chat[name]({ keywordList: ['x'] }), { code: 60020 }, name);
    }
    other.stop();
    const bob = await world.user('bob');
    await assert.rejects(bob.chat.searchCloudUsers({ keywordList: ['x'], cursor: 'made up' }), { code: 27003 });
    const all = await Promise.allSettled(Array.from({ length: 9 }, () => bob.chat.searchCloudUsers({ keywordList: ['x'] })));
    assert.ok(all.some(({ reason }) => reason?.code === 60018), 'more than a user may ask in a second');
  });
});
