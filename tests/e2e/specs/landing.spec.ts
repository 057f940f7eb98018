import { expect, test } from '../support/fixtures.ts';
import { expectAllMeet } from '../support/media.ts';
import { openPage } from '../support/page.ts';

test('from the landing page into a new meeting, out, and in again', async ({ chrome, server }) => {
  const parley = await server();
  await using opened = await openPage(chrome, `${parley.origin}/`);
  const { page } = opened;
  await page.getByTestId('new-meeting').click();
  await expect(page).toHaveURL(/\/r\/[a-z0-9-]{1,64}$/u);
  const room = new URL(page.url()).pathname.slice('/r/'.length);

  await expect(page.getByTestId('prejoin-preview')).toHaveAttribute('data-playing', 'true');
  await page.getByTestId('prejoin-mic').click();
  await expect(page.getByTestId('prejoin-mic')).toHaveAttribute('aria-pressed', 'false');
  await page.getByTestId('name-input').fill('');
  await page.getByTestId('join-button').click();
  await expect(page.getByTestId('error')).toContainText('name');
  await page.getByTestId('name-input').fill('Ana María 😀');
  await page.getByTestId('join-button').click();

  const meeting = page.getByTestId('meeting');
  await expect(meeting).toHaveAttribute('data-room', room);
  await expect(meeting).toHaveAttribute('data-topology', 'connecting');
  const self = page.locator('[data-testid="tile"][data-self="true"]');
  await expect(self).toHaveAttribute('data-name', 'Ana María 😀');
  await expect(self).toHaveAttribute('data-playing', 'true');
  await expect(self).toHaveAttribute('data-muted', 'true');
  await expect(page.getByTestId('toggle-mic')).toHaveAttribute('aria-pressed', 'false');

  await page.getByTestId('leave').click();
  await expect(page.getByRole('heading', { name: 'You left the meeting' })).toBeVisible();
  await expect.poll(async () => (await parley.metrics()).sum('parley_participants')).toBe(0);
  await page.getByTestId('rejoin').click();
  await expect(self).toHaveAttribute('data-playing', 'true');
});

// Chromium keeps a camera as large as it was first opened.
test('who is asked for camera and microphone is seen as large as who was asked before', async ({
  chrome,
  server,
}) => {
  const parley = await server();
  await using opened = await openPage(chrome, `${parley.origin}/`);
  const { page } = opened;
  await page.addInitScript(() => {
    const { permissions } = navigator;
    const query = permissions.query.bind(permissions);
    permissions.query = async (wanted) =>
      new Proxy(await query(wanted), {
        get: (status, key) => (key === 'state' ? 'prompt' : Reflect.get(status, key)),
      });
  });
  await page.goto(`${parley.origin}/r/asked`);
  const preview = page.getByTestId('prejoin-preview');
  await expect(preview).toHaveAttribute('data-playing', 'true');
  const picture = preview.locator('video');
  await expect
    .poll(() => picture.evaluate(({ videoWidth, videoHeight }: HTMLVideoElement) => [videoWidth, videoHeight]))
    .toEqual([1280, 720]);
});

test('a room is joined by its name or by a pasted link', async ({ chrome, server }) => {
  const parley = await server();
  await using opened = await openPage(chrome, `${parley.origin}/`);
  const { page } = opened;
  await page.getByTestId('room-input').fill('blue-fox');
  await page.getByTestId('join-room').click();
  await expect(page).toHaveURL(/\/r\/blue-fox$/u);
  await expect(page.getByTestId('name-input')).toBeVisible();
  await page.goto(`${parley.origin}/`);
  await page.getByTestId('room-input').fill(`${parley.origin}/r/green-fox?autojoin=1`);
  await page.getByTestId('room-input').press('Enter');
  await expect(page).toHaveURL(/\/r\/green-fox$/u);
});

test('a room name that cannot be one is refused in words', async ({ chrome, server }) => {
  const parley = await server();
  await using opened = await openPage(chrome, `${parley.origin}/`);
  const { page } = opened;
  await page.getByTestId('room-input').fill('blue_fox!');
  await page.getByTestId('join-room').click();
  await expect(page.getByTestId('error')).toContainText('1 to 64 characters');
  await expect(page).toHaveURL(`${parley.origin}/`);
  await page.getByTestId('room-input').fill('');
  await page.getByTestId('join-room').click();
  await expect(page.getByTestId('error')).toContainText('Type a room name');
  await page.goto(`${parley.origin}/r/blue_fox!`);
  await expect(page.getByTestId('error')).toContainText('1 to 64 characters');
});

test('a full room says so', async ({ chrome, server, person }) => {
  await server({ 'rooms.max_participants': 2 });
  const ana = await person(chrome, 'Ana', 'full');
  const bo = await person(chrome, 'Bo', 'full');
  await expectAllMeet([ana, bo]);
  const cid = await person(chrome, 'Cid', 'full');
  await expect(cid.page.getByTestId('error')).toContainText('full');
  await expect(ana.page.getByTestId('tile')).toHaveCount(2);
  await bo.button('leave').click();
  await expect(ana.page.getByTestId('tile')).toHaveCount(1);
  await cid.button('rejoin').click();
  await expectAllMeet([ana, cid]);
});

test('the keyboard works, and stays out of what is typed', async ({ chrome, server, person }) => {
  await server();
  const ana = await person(chrome, 'Ana', 'keys');
  await expect(ana.tile('Ana')).toHaveAttribute('data-playing', 'true');
  const { keyboard } = ana.page;
  const pressed = async (testId: string, on: boolean): Promise<void> =>
    expect(ana.button(testId), testId).toHaveAttribute('aria-pressed', String(on));

  await pressed('toggle-mic', true);
  await keyboard.press('m');
  await pressed('toggle-mic', false);
  await keyboard.down('Space');
  await pressed('toggle-mic', true);
  await keyboard.up('Space');
  await pressed('toggle-mic', false);
  await keyboard.press('m');
  await pressed('toggle-mic', true);
  await keyboard.press('v');
  await pressed('toggle-camera', false);
  await keyboard.press('v');
  await pressed('toggle-camera', true);
  await keyboard.press('r');
  await pressed('raise-hand', true);
  await keyboard.press('r');
  await pressed('raise-hand', false);
  await keyboard.press('p');
  await expect(ana.page.getByTestId('participant-row')).toHaveCount(1);
  await keyboard.press('Escape'); // the panel's search field had the focus
  await keyboard.press('c');
  const input = ana.page.getByTestId('chat-input');
  await expect(input).toBeFocused();
  await keyboard.type('mv r?');
  await expect(input).toHaveValue('mv r?');
  await pressed('toggle-mic', true);
  await pressed('toggle-camera', true);
  await keyboard.press('Enter');
  await expect(ana.messages()).toHaveCount(1);
  await keyboard.press('Escape');
  await expect(input).toHaveCount(0);
  await keyboard.press('?');
  await expect(ana.page.getByRole('dialog')).toContainText('Keyboard shortcuts');
});
