// Made-up people, painted on canvases.

export const kNames = [
  'Ana Barros',
  'Bo Lindqvist',
  'Chidi Okafor',
  'Dana Whitfield',
  'Emre Yıldız',
  'Fatima Zahra El Amrani',
  'Gus',
  'Hana Sato',
  'Ivo Petrov',
  'Jun Park',
  'Kira Novák',
  'Luis Ángel Fernández de la Torre y Mendoza',
  'Mei Lin',
  'Nils Berg',
  'Ola Adeyemi',
  'Priya Raman',
] as const;

function paintPerson(context: CanvasRenderingContext2D, index: number, t: number): void {
  const { width, height } = context.canvas;
  const hue = (index * 67 + 20) % 360;
  const wall = context.createLinearGradient(0, 0, width, height);
  wall.addColorStop(0, `hsl(${hue} 22% 62%)`);
  wall.addColorStop(1, `hsl(${(hue + 40) % 360} 26% 34%)`);
  context.fillStyle = wall;
  context.fillRect(0, 0, width, height);
  context.fillStyle = `hsl(${(hue + 180) % 360} 20% 78% / 35%)`;
  context.fillRect(width * (0.08 + (index % 3) * 0.28), height * 0.08, width * 0.2, height * 0.3);
  const sway = Math.sin(t / 900 + index) * width * 0.012;
  const x = width / 2 + sway;
  const skin = `hsl(${22 + (index % 4) * 4} ${38 + (index % 3) * 8}% ${[72, 58, 44, 32][index % 4] ?? 60}%)`;
  context.fillStyle = `hsl(${(hue + 120) % 360} 34% 36%)`;
  context.beginPath();
  context.ellipse(x, height * 1.08, width * 0.26, height * 0.42, 0, 0, Math.PI * 2);
  context.fill();
  context.fillStyle = skin;
  context.fillRect(x - width * 0.035, height * 0.55, width * 0.07, height * 0.16);
  context.beginPath();
  context.ellipse(x, height * 0.42, height * 0.16, height * 0.21, 0, 0, Math.PI * 2);
  context.fill();
  context.fillStyle = `hsl(${[28, 20, 0, 40][index % 4] ?? 20} 30% ${[18, 10, 8, 46][index % 4] ?? 20}%)`;
  context.beginPath();
  context.ellipse(x, height * 0.32, height * 0.175, height * 0.14, 0, Math.PI, Math.PI * 2);
  context.fill();
}

function paintScreen(context: CanvasRenderingContext2D, _index: number, t: number): void {
  const { width, height } = context.canvas;
  context.fillStyle = '#fbfbf9';
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#23303a';
  context.font = `600 ${height / 16}px Inter Variable`;
  context.fillText('Quarterly plan', width * 0.06, height * 0.14);
  context.font = `400 ${height / 34}px Inter Variable`;
  ['Ship the new client', 'Measure call set-up in six networks', 'Write the upgrade guide'].forEach(
    (line, i) => {
      context.fillText(`•  ${line}`, width * 0.06, height * (0.24 + i * 0.07));
    },
  );
  [0.4, 0.55, 0.5, 0.74, 0.86, 0.95].forEach((part, i) => {
    context.fillStyle = i === Math.floor(t / 600) % 6 ? '#0a7763' : '#7fc9b8';
    context.fillRect(
      width * (0.08 + i * 0.14),
      height * (0.94 - part * 0.4),
      width * 0.1,
      height * part * 0.4,
    );
  });
}

export function paintedTrack(index: number, what: 'person' | 'screen'): MediaStreamTrack {
  const canvas = document.createElement('canvas');
  canvas.width = what === 'screen' ? 1600 : 640;
  canvas.height = what === 'screen' ? 900 : 360;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('This page needs a 2D canvas.');
  const paint = what === 'screen' ? paintScreen : paintPerson;
  paint(context, index, 0);
  setInterval(() => paint(context, index, performance.now()), 100);
  const track = canvas.captureStream(10).getVideoTracks()[0];
  if (track === undefined) throw new Error('This page needs canvas.captureStream().');
  return track;
}
