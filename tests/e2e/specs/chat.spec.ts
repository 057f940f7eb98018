import { expect, test } from '../support/fixtures.ts';
import { expectAllMeet, watchFrames } from '../support/media.ts';

test('messages reach everyone, and who comes late reads what was said', async ({ crowd, server, person }) => {
  await server();
  const capture = { width: 320, height: 180 };
  const ana = await person(crowd, 'Ana', 'chat', { capture });
  const bo = await person(crowd, 'Bo', 'chat', { capture });
  await bo.button('open-chat').click();
  await ana.say('Good morning');
  await expect(bo.messages().filter({ hasText: 'Good morning' })).toHaveAttribute(
    'data-from',
    await ana.id(),
  );
  await bo.say('Hello <b>Ana</b>, see https://example.org/a?b=c');
  await expect(ana.messages().nth(1)).toContainText('Hello <b>Ana</b>');
  await expect(ana.messages().nth(1).getByRole('link')).toHaveAttribute('href', 'https://example.org/a?b=c');

  const cid = await person(crowd, 'Cid', 'chat', { capture });
  await cid.button('open-chat').click();
  await expect(cid.messages()).toHaveCount(2);
  await expect(cid.messages().first()).toContainText('Good morning');
  await cid.say('I am late');
  for (const one of [ana, bo]) await expect(one.messages().nth(2)).toContainText('I am late');
});

test('the unread count shows while the chat is closed', async ({ chrome, server, person }) => {
  await server();
  const ana = await person(chrome, 'Ana', 'chat');
  const bo = await person(chrome, 'Bo', 'chat');
  await expect(ana.tile('Bo')).toHaveCount(1);
  await ana.say('one');
  await ana.say('two');
  await expect(bo.button('open-chat')).toHaveAccessibleName(/2 unread/u);
  await bo.button('open-chat').click();
  await expect(bo.messages()).toHaveCount(2);
  await expect(bo.button('open-chat')).not.toHaveAccessibleName(/unread/u);
});

test('chat survives a lost WebSocket while pictures and sound go on', async ({ chrome, server, person }) => {
  const parley = await server();
  const { wire, origin } = await parley.wire();
  const ana = await person(chrome, 'Ana', 'chat');
  const bo = await person(chrome, 'Bo', 'chat', { origin });
  await expectAllMeet([ana, bo]);
  await ana.say('before');
  await bo.say('heard');
  await expect(ana.messages()).toHaveCount(2);

  wire.cut();
  await expect(bo.page.getByTestId('connection-banner')).toBeVisible();
  await ana.say('while you were away');
  await bo.say('from the tunnel');
  await watchFrames(ana, bo, 20);
  await watchFrames(bo, ana, 20);
  wire.mend();
  await expect(bo.page.getByTestId('connection-banner')).toHaveCount(0, { timeout: 30_000 });

  const words = ['before', 'heard', 'while you were away', 'from the tunnel'];
  for (const one of [ana, bo]) {
    await expect(one.messages()).toHaveCount(words.length);
    for (const [i, said] of words.entries()) await expect(one.messages().nth(i)).toContainText(said);
  }
  await expectAllMeet([ana, bo]);
});
