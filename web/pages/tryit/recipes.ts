import { socketOrigin } from '../../api/frames';

interface Sender {
  sdkAppId: number;
  /** The origin of this page, which is also the server's. */
  origin: string;
  userId: string;
  userSig: string;
  to: string;
}

/** The ten lines that join the conversation from a page of one's own with the official web SDK. */
export function sdkRecipe({ sdkAppId, origin, userId, userSig, to }: Sender, hello: string): string {
  return `// npm install @tencentcloud/chat
import TencentCloudChat from '@tencentcloud/chat';

const chat = TencentCloudChat.create({ SDKAppID: ${sdkAppId}, proxyServer: '${socketOrigin(origin)}' });
chat.on(TencentCloudChat.EVENT.MESSAGE_RECEIVED, ({ data }) => data.forEach((m) => console.log(m.from, m.payload.text)));
chat.on(TencentCloudChat.EVENT.SDK_READY, () => {
  chat.sendMessage(chat.createTextMessage({ to: ${quote(to)}, conversationType: 'C2C', payload: { text: ${quote(hello)} } }));
});
chat.login({ userID: ${quote(userId)}, userSig: '${userSig}' });
`;
}

/** One command that sends as an administrator of the app. */
export function curlRecipe(sender: Sender, hello: string, random: number): string {
  const query = new URLSearchParams({
    sdkappid: String(sender.sdkAppId),
    identifier: sender.userId,
    usersig: sender.userSig,
    random: String(random),
    contenttype: 'json',
  });
  const body = {
    To_Account: sender.to,
    MsgRandom: random,
    MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: hello } }],
  };
  return `curl '${sender.origin}/v4/openim/sendmsg?${query}' \\
  -H 'Content-Type: application/json' \\
  -d ${shellQuote(JSON.stringify(body))}
`;
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
