import assert from 'node:assert/strict';

export const OWNER = { name: 'owner', password: 'correct horse battery' };

export async function signIn(v) {
  await v.field(v.t('signIn.name')).fill(OWNER.name);
  await v.field(v.t('signIn.password')).fill(OWNER.password);
  await v.button('signIn.submit').click();
  await v.page.waitForURL((address) => address.pathname !== '/sign-in');
}

/** Coming in and going out. */
export const access = {
  async 'first run makes the owner'(v, { token, first }) {
    if (!first) {
      await v.go('/setup');
      await v.sees(v.t('setup.done'));
      await v.inspect('setup-done');
      await v.link('signIn.title').click();
      return signIn(v);
    }
    await v.go('/');
    await v.page.waitForURL('**/setup');
    await v.field(v.t('setup.token')).waitFor();
    await v.inspect('setup');
    await v.button('setup.submit').click();
    await v.sees(v.t('setup.wrong.token'));

    await v.go('/setup?token=wrong');
    await v.field(v.t('signIn.name')).fill(OWNER.name);
    await v.field(v.t('signIn.password')).fill('short');
    await v.button('setup.submit').click();
    await v.sees(v.t('setup.wrong.password', { count: 10 }));
    await v.field(v.t('signIn.password')).fill(OWNER.password);
    await v.field(v.t('setup.again')).fill(OWNER.password);
    await v.button('setup.submit').click();
    await v.sees(v.t('problem.SetupTokenWrong'));
    await v.inspect('setup-wrong');

    await v.go(`/setup?token=${token}`);
    await v.field(v.t('signIn.name')).fill(OWNER.name);
    await v.field(v.t('signIn.password')).fill(OWNER.password);
    await v.field(v.t('setup.again')).fill(OWNER.password);
    await v.button('setup.submit').click();
    await v.page.waitForURL('**/apps');
    await v.sees(v.t('apps.none'));
    await v.inspect('apps-empty');
  },

  async 'signing out and in again leads back to the page asked for'(v) {
    await v.go('/apps');
    await v.button('shell.signOut').click();
    await v.page.waitForURL('**/sign-in');
    await v.page.goBack();
    await v.page.waitForURL('**/sign-in**');

    await v.go('/apps?search=nothing+like+it&state=stopped');
    await v.page.waitForURL('**/sign-in?to=**');
    await v.inspect('sign-in');
    await v.field(v.t('signIn.name')).fill(OWNER.name);
    await v.field(v.t('signIn.password')).fill('not the password');
    await v.page.keyboard.press('Enter');
    await v.sees(v.t('problem.SignInFailed'));
    await v.inspect('sign-in-wrong');
    await signIn(v);
    await v.page.waitForURL('**/apps?search=nothing+like+it&state=stopped');
    await v.sees(v.t('apps.nothing'));
  },

  async 'a foreign address is no page to come back to'(v) {
    await v.go('/apps');
    await v.button('shell.signOut').click();
    await v.page.waitForURL('**/sign-in');
    await v.go('/sign-in?to=https%3A%2F%2Fexample.org%2F');
    await signIn(v);
    await v.page.waitForURL('**/apps');
  },

  async 'an unknown page and an unknown app say where to go'(v) {
    await v.go('/no/such/page');
    await v.heading(v.t('shell.missing')).waitFor();
    await v.inspect('missing');
    await v.link('shell.toApps').click();
    await v.page.waitForURL('**/apps');
    await v.go('/apps/1');
    await v.sees(v.t('app.missing'));
  },

  async 'a lost server is told, and comes back'(v) {
    await v.go('/apps');
    await v.heading(v.t('apps.title')).waitFor();
    await v.page.route('**/api/console.app.list', (route) => route.abort());
    await v.go('/apps?search=lost');
    await v.sees(v.t('problem.Unreachable'));
    await v.inspect('unreachable');
    await v.page.unroute('**/api/console.app.list');
    await v.button('part.retry').click();
    await v.sees(v.t('apps.nothing'));
  },

  async 'the other language is one press away, and is remembered'(v) {
    await v.go('/apps');
    const other = v.language === 'zh-CN' ? 'English' : '中文';
    const mine = v.language === 'zh-CN' ? '中文' : 'English';
    await v.page.getByRole('button', { name: other }).click();
    await v.page.getByRole('button', { name: mine }).waitFor();
    await v.page.reload();
    await v.page.getByRole('button', { name: mine }).click();
    await v.heading(v.t('apps.title')).waitFor();
    assert.equal(await v.page.getAttribute('html', 'lang'), v.language);
  },
};
