// No assertions about looks: pictures of the pages for people to judge, in build/look/. Only with PARLEY_LOOK=1.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/fixtures.ts';
import { expectAllMeet } from '../support/media.ts';
import { openPage } from '../support/page.ts';

const kFolder = fileURLToPath(new URL('../../../build/look/', import.meta.url));
const kSizes = [
  { width: 1280, height: 720 },
  { width: 390, height: 844 },
];

test.skip(process.env['PARLEY_LOOK'] !== '1', 'only with PARLEY_LOOK=1');
test.beforeAll(() => mkdir(kFolder, { recursive: true }));

for (const viewport of kSizes) {
  const size = `${viewport.width}x${viewport.height}`;
  const shoot = async (page: Page, name: string): Promise<void> => {
    await page.mouse.move(viewport.width / 2, viewport.height / 2); // wakes the controls
    const bar = page.getByRole('toolbar');
    if ((await bar.count()) > 0) await expect(bar).toHaveCSS('opacity', '1');
    await page.screenshot({ path: `${kFolder}${name}-${size}.png` });
  };

  test(`the pages at ${size}`, { tag: '@look' }, async ({ chrome, server, person }) => {
    const parley = await server();
    {
      await using opened = await openPage(chrome, `${parley.origin}/`);
      await opened.page.setViewportSize(viewport);
      await expect(opened.page.getByTestId('new-meeting')).toBeVisible();
      await shoot(opened.page, 'landing');
    }
    const ana = await person(chrome, 'Ana', 'blue-fox-hill', { autojoin: false, viewport });
    await expect(ana.button('prejoin-preview')).toHaveAttribute('data-playing', 'true');
    await shoot(ana.page, 'prejoin');
    await ana.button('join-button').click();
    await expect(ana.tile('Ana')).toHaveAttribute('data-playing', 'true');
    await shoot(ana.page, 'alone');

    const bo = await person(chrome, 'Bo', 'blue-fox-hill');
    await expectAllMeet([ana, bo]);
    await ana.expectTopology('p2p');
    await shoot(ana.page, 'two-direct');

    const cid = await person(chrome, 'Cid', 'blue-fox-hill');
    await expectAllMeet([ana, bo, cid]);
    await shoot(ana.page, 'three');

    await bo.say('Can you hear me well?');
    await cid.say('Yes, all fine here. The notes are at https://example.org/notes');
    await ana.say('Then let us begin.');
    await expect(ana.messages()).toHaveCount(3);
    await shoot(ana.page, 'chat');
  });
}
