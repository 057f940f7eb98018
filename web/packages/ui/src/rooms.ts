// Room names: what people type or paste, and new ones. Pure but for the dice, which are given.

const kRoom = /^[a-z0-9-]{1,64}$/u;

export const isRoomName = (name: string): boolean => kRoom.test(name);

/** A room from a name or a pasted link; null when it is neither. Capitals and spaces are forgiven. */
export function roomFrom(typed: string): string | null {
  const trimmed = typed.trim();
  const link = /(?:^|\/)r\/([^/?#\s]+)/iu.exec(trimmed)?.[1];
  const name = (link ?? trimmed).toLowerCase().replace(/\s+/gu, '-');
  return isRoomName(name) ? name : null;
}

const kFirst =
  'amber azure bold brave bright calm clear cosy crisp early fair fresh gentle glad golden green happy jolly keen kind lively lucky mellow merry misty neat noble proud quick quiet rosy royal silver snug soft solar steady still sunny swift tidy velvet warm wild wise young'.split(
    ' ',
  );
const kSecond =
  'acorn badger beaver birch bison brook cedar clover comet coral crane daisy deer dove eagle elm falcon fern finch fox hare hawk hazel heron iris ivy lark lemon lily linden lotus lynx maple mole moss olive otter owl panda pine plum poppy raven robin sage seal sparrow swan tulip willow wren'.split(
    ' ',
  );
const kThird =
  'arch bay beach bridge canal cape castle coast cove creek dale delta dock dune field fjord forest garden gate glen grove harbor haven hill house island isle lagoon lake lane meadow mill park path peak plain pond port quay reef ridge river road shore spring stone terrace tower trail vale valley view wharf'.split(
    ' ',
  );

function pick(words: readonly string[], dice: number): string {
  return words[Math.floor(dice * words.length)] ?? words[0] ?? '';
}

/** Three short words and a number, as in `calm-otter-hill-42`: easy to say and to type. */
export function newRoomName(random: () => number): string {
  const number = Math.floor(10 + random() * 90);
  return `${pick(kFirst, random())}-${pick(kSecond, random())}-${pick(kThird, random())}-${number}`;
}
