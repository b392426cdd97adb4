import { access } from './journeys/access.mjs';
import { apps } from './journeys/apps.mjs';
import { callbacks } from './journeys/callbacks.mjs';
import { configuration } from './journeys/configuration.mjs';
import { features } from './journeys/features.mjs';
import { trying } from './journeys/trying.mjs';
import { findServer } from './server.mjs';
import { startBrowser, Visitor } from './visitor.mjs';

const LANGUAGES = ['zh-CN', 'en-US'];
const journeys = { ...access, ...apps, ...configuration, ...features, ...callbacks, ...trying };

const server = await findServer();
const browser = await startBrowser();
let passed = 0;
let failed = 0;
try {
  for (const language of LANGUAGES) {
    const visitor = await Visitor.arrive(browser, server.url, language);
    const trip = { token: server.token, first: language === LANGUAGES[0] };
    for (const [name, journey] of Object.entries(journeys)) await take(visitor, trip, name, journey);
    await visitor.context.close();
  }
} finally {
  await browser.close();
  await server.stop();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function take(visitor, trip, name, journey) {
  const started = Date.now();
  try {
    await journey(visitor, trip);
    const complaints = visitor.complaints.splice(0);
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
    passed += 1;
    console.log(`ok      ${visitor.language} ${name} (${Date.now() - started} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${visitor.language} ${name}\n${error.stack}`);
    await visitor.shoot(`failed-${name.replaceAll(/\W+/g, '-')}`).catch(() => {});
    await visitor.startAfresh();
  }
}
